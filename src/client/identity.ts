import { answerTyp } from "../domain/answer.ts";
import type { Jws } from "../domain/elicitation.ts";
import type { Json } from "../domain/json.ts";
import { rotationCore, rotationTyp } from "../domain/proof.ts";
import { type Credential, clientKeyOf, hasOwnKey, type KeyCredential, keysOf, type OwnKey } from "./credential.ts";
import { newKey } from "./enrol.ts";
import { challengeFor, isUnauthenticated, type Login, type LoginPorts, signIn } from "./login.ts";
import { type ClientKey, publicOf } from "./suite.ts";

export interface IdentityPorts extends LoginPorts {
  /** Keys older than this are replaced, in milliseconds. */
  readonly keyAgeMsMax: number;
  /** Told of every change, before the bridge is: whoever keeps the credential keeps this one from now on. */
  readonly onCredential: (credential: KeyCredential) => void | Promise<void>;
  /** The credential as it is kept now: another process may have changed its keys. */
  readonly reread: () => Credential | undefined | Promise<Credential | undefined>;
}

/** Calls an operation of the bridge as this agent. */
type Call = <T>(operation: string, input: object) => Promise<T>;

interface Rotated {
  readonly macKid: string;
  readonly macSecret: string;
}

/**
 * Who this client is, over key changes: what it connects with, what it signs with, and when its keys are due. A bearer
 * token stays as it is; an own key signs in whenever a login is missing or worn out.
 */
export const identity = (given: Credential, ports: IdentityPorts) => {
  const { clock, suite } = ports;
  let credential = given;
  let keys: readonly ClientKey[] = keysOf(given);
  let login: (Login & { usedAt: number }) | undefined;
  let turnedAway: unknown;

  const become = async (next: KeyCredential): Promise<void> => {
    await ports.onCredential(next);
    credential = next;
    keys = keysOf(next);
  };

  const isWorn = ({ expiresAt, idleMs, usedAt }: Login & { readonly usedAt: number }): boolean =>
    clock.now() >= expiresAt || clock.now() - usedAt >= idleMs;

  const token = (): string | Promise<string> => {
    if (!hasOwnKey(credential)) return credential.token;
    if (login !== undefined && !isWorn(login)) return login.token;
    return freshLogin(credential);
  };

  const freshLogin = async (mine: KeyCredential): Promise<string> => {
    login = undefined;
    const signed = await signIn(mine, ports).catch(async (error: unknown) => {
      const kept = isUnauthenticated(error) ? await ports.reread() : undefined;
      if (kept !== undefined && hasOwnKey(kept) && kept.kid !== mine.kid) {
        credential = kept;
        keys = keysOf(kept);
        return signIn(kept, ports);
      }
      turnedAway = error;
      throw error;
    });
    const now = credential as KeyCredential;
    if (signed.by.kid !== now.kid) await become(without(now, signed.by));
    login = { ...signed.login, usedAt: clock.now() };
    return login.token;
  };

  /** With an own key, both sign for the next; without one, the MAC key asks for the one of the newest epoch. */
  const rotateNow = async (call: Call, what: "keys" | "mac"): Promise<void> => {
    const mine = credential;
    const next = what === "keys" && hasOwnKey(mine) ? (mine.next ?? (await newKey(suite))) : undefined;
    // Kept before anybody hears of it: the bridge may take it and its reply be lost.
    if (next !== undefined && hasOwnKey(mine)) await become({ ...mine, next });
    const rotation = await signedRotation(mine, next);
    const { macKid, macSecret } = await call<Rotated>("agents.rotate", { rotation });
    if (!hasOwnKey(mine)) {
      credential = { ...mine, macKid, macSecret };
      keys = keysOf(credential);
    } else {
      await become({ ...(next === undefined ? mine : without(mine, next)), macKid, macSecret });
    }
    // Its logins die with a key that was replaced.
    if (next !== undefined) login = undefined;
  };

  let turn: Promise<unknown> = Promise.resolve();
  /** One after the other: what the key before has signed is refused once the next is in its place. */
  const rotate = (call: Call, what: "keys" | "mac"): Promise<void> => {
    const mine = turn.then(() => rotateNow(call, what));
    turn = mine.catch(() => undefined);
    return mine;
  };

  const signedRotation = async (mine: Credential, next: OwnKey | undefined): Promise<Jws> => {
    const challenge = await challengeFor(mine, ports);
    const jwk = next === undefined ? null : publicOf(next.privateKey);
    const core = { agent: mine.agent, challenge, iat: Math.floor(clock.now() / 1_000), jwk };
    const by: ClientKey[] = hasOwnKey(mine) ? [clientKeyOf(mine)] : [...keysOf(mine)];
    if (next !== undefined) by.push(clientKeyOf(next));
    return suite.sign(rotationCore(mine.audience, core), by, rotationTyp);
  };

  return {
    token,
    /** A connection was refused or ended for want of a good credential: whether signing in anew may give one. */
    isRenewable: (why: Error): boolean => {
      if (!hasOwnKey(credential) || !isUnauthenticated(why) || why === turnedAway) return false;
      login = undefined;
      return true;
    },
    /** The connection is in use, which keeps the login alive. */
    used: (): void => {
      if (login !== undefined) login.usedAt = clock.now();
    },
    credential: (): Credential => credential,
    hasOwnKey: (): boolean => hasOwnKey(credential),
    /** Signs an answer, or whatever `typ` says, with all keys that there are. */
    sign: (payload: Json, typ: string = answerTyp): Jws | Promise<Jws> => suite.sign(payload, keys, typ),
    digest: suite.digest,
    rotate,
    /** Replaces what is due: an own key of age, a MAC key of an older epoch. */
    rotateDue: async (call: Call): Promise<void> => {
      if (login === undefined) return;
      const isOld = clock.now() - login.keySince >= ports.keyAgeMsMax;
      if (isOld || epochOf(credential.macKid) < login.epoch) await rotate(call, isOld ? "keys" : "mac");
    },
  };
};

export type Identity = ReturnType<typeof identity>;

/** `bob#mac3` is of epoch 3. What the client has counts, not what it was given: that reply may have been lost. */
const epochOf = (macKid: string): number => Number(/#mac(\d+)$/.exec(macKid)?.[1] ?? 0);

/** With the next key in the place of the old one. */
const without = ({ next: _, ...mine }: KeyCredential, by: OwnKey): KeyCredential => ({ ...mine, ...by });
