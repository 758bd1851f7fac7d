import type { KeyObject } from "node:crypto";
import { enrolmentRequest, ownKey, signedLogin } from "../../client/proof.ts";
import { answerCore, answerTyp, type Offer, type Reply } from "../../domain/answer.ts";
import type { Jws } from "../../domain/elicitation.ts";
import type { Rng } from "../../domain/world.ts";
import { fromBase64url } from "../../signing/digest.ts";
import { signJws } from "../../signing/jws.ts";
import { ed25519FromSeed, type HmacKey, type SigningKey } from "../../signing/keys.ts";
import type { Call, Door } from "./door.ts";

/** An agent of the attack's own, with everything that the bridge handed out for it. */
export interface Actor {
  readonly name: string;
  readonly token: string;
  readonly mac: HmacKey;
  /** Its own key, once it has enrolled one. */
  readonly privateKey?: KeyObject;
  readonly audience: string;
  /** Counts up with every answer that it signs. */
  readonly nextSeq: () => number;
}

/** What agents of attacks are called by, so that whoever reads the log knows them for what they are. */
export const NAME_PREFIX = "attack-";

/** Makes agents for the attacks through the administrator's door, and revokes them all. */
export const casting = (door: Door, admin: string, rng: Rng, now: () => number) => {
  const run = Buffer.from(rng.bytes(5)).toString("hex");
  const made: string[] = [];
  let count = 0;

  const freshName = (role: string): string => {
    const name = `${NAME_PREFIX}${run}-${role}-${++count}`;
    made.push(name);
    return name;
  };

  const asAdmin = async <T>(what: string, call: Call): Promise<T> => {
    const reply = await door.call({ ...call, token: admin });
    if (reply.status < 200 || reply.status > 299)
      throw new Unprepared(`${what}: ${reply.status} ${reply.code}`, reply.status);
    return reply.json as T;
  };

  const actorOf = (name: string, token: string, given: Handed, privateKey?: KeyObject): Actor => {
    const secret = fromBase64url(given.macSecret);
    if (secret === undefined) throw new Unprepared(`${name} was given a MAC key that is not base64url`);
    door.redactor.know(token, `token of ${name}`);
    door.redactor.know(given.macSecret, `MAC key of ${name}`);
    let seq = 0;
    return {
      name,
      token,
      mac: { alg: "HS256", kid: given.macKid, secret },
      ...(privateKey === undefined ? {} : { privateKey }),
      audience: given.audience,
      nextSeq: () => ++seq,
    };
  };

  /** Registers an agent under a fresh name. */
  const register = async (role: string, roles: readonly string[]): Promise<Actor> => {
    const name = freshName(role);
    const given = await asAdmin<Handed & { readonly token: string }>(`an agent cannot be registered`, {
      path: "/v1/agents",
      body: { name, kind: "service", roles },
    });
    return actorOf(name, given.token, given);
  };

  const invite = async (role: string, roles: readonly string[] = ["expert"]): Promise<Invitation> => {
    const name = freshName(role);
    const invitation = await asAdmin<Omit<Invitation, "name">>("an agent cannot be invited", {
      path: "/v1/invitations",
      body: { name, kind: "service", roles },
    });
    door.redactor.know(invitation.token, `invitation of ${name}`);
    return { ...invitation, name };
  };

  const challenge = async (): Promise<string> => {
    const reply = await door.call({ path: "/v1/challenges", body: {} });
    const { challenge: text } = (reply.json ?? {}) as { readonly challenge?: string };
    if (text === undefined) throw new Unprepared(`no challenge was given: ${reply.status} ${reply.code}`);
    return text;
  };

  const iat = (): number => Math.floor(now() / 1_000);

  /** The body that enrols a key with an invitation. */
  const enrolmentOf = async ({ name, token, audience }: Invitation, key: KeyObject) =>
    enrolmentRequest(audience, token, key, { agent: name, challenge: await challenge(), iat: iat() });

  const loginOf = async (audience: string, agent: string, key: KeyObject): Promise<Jws> =>
    signedLogin(audience, key, { agent, challenge: await challenge(), iat: iat() });

  const newKey = (): KeyObject => ed25519FromSeed(rng.bytes(32));

  /** Signs in; the token of the login takes the place of a bearer credential. */
  const signIn = async (audience: string, agent: string, key: KeyObject): Promise<string> => {
    const reply = await door.call({ path: "/v1/sessions", body: { login: await loginOf(audience, agent, key) } });
    const { token } = (reply.json ?? {}) as { readonly token?: string };
    if (token === undefined) throw new Unprepared(`nobody can sign in: ${reply.status} ${reply.code}`);
    return token;
  };

  /** Invites, enrols a key of its own and signs in. */
  const enrol = async (
    role: string,
    roles?: readonly string[],
  ): Promise<Actor & { readonly privateKey: KeyObject }> => {
    const invitation = await invite(role, roles);
    const privateKey = newKey();
    const reply = await door.call({
      path: "/v1/enrolments",
      token: invitation.token,
      body: await enrolmentOf(invitation, privateKey),
    });
    if (reply.status !== 201) throw new Unprepared(`a key cannot be enrolled: ${reply.status} ${reply.code}`);
    const token = await signIn(invitation.audience, invitation.name, privateKey);
    return { ...actorOf(invitation.name, token, reply.json as Handed, privateKey), privateKey };
  };

  return {
    run,
    register,
    invite,
    enrol,
    enrolmentOf,
    loginOf,
    signIn,
    newKey,
    freshName,
    iat,
    challenge,
    asAdmin,
    /** Revokes every agent that was made; gives back the names of those that could not be. */
    cleanUp: async (): Promise<readonly string[]> => {
      const left: string[] = [];
      for (const name of made) {
        const call = { path: `/v1/agents/${name}/revoke`, body: { reason: "the attack is over" }, token: admin };
        const { status, code } = await door.call(call);
        // A bridge that hangs or is gone is not asked once for each of them.
        if (status === 0) return [...left, ...made.slice(made.indexOf(name))];
        if (status !== 200 && code !== "agent_unknown" && code !== "agent_revoked") left.push(name);
      }
      return left;
    },
  };
};

export type Casting = ReturnType<typeof casting>;

/** The signed answer of whoever was asked, as the client would make it. */
export const signedAnswer = (actor: Actor, offer: Offer, reply: Reply, iat: number, typ = answerTyp): Jws =>
  signJws(answerCore(offer, reply, actor.nextSeq(), iat), keysOf(actor), typ);

export const keysOf = ({ mac, privateKey }: Actor): readonly SigningKey[] =>
  privateKey === undefined ? [mac] : [mac, ownKey(privateKey)];

/** The scene for an attack could not be set: nothing can be said about the control. */
export class Unprepared extends Error {
  override readonly name = "Unprepared";
  /** Of the reply that was not the one it takes; 0: none. */
  readonly status: number | undefined;

  constructor(message: string, status?: number) {
    super(message);
    this.status = status;
  }
}

export interface Invitation {
  readonly name: string;
  readonly token: string;
  readonly audience: string;
  /** Milliseconds since 1970. */
  readonly notAfter: number;
}

interface Handed {
  readonly macKid: string;
  readonly macSecret: string;
  readonly audience: string;
}
