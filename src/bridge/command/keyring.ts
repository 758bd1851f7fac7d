import { type KeyHistory, keyStateAt, signs } from "../../domain/key.ts";
import { hmacKeyOf, publicKeyFromJwk, type VerifyKey } from "../../signing/keys.ts";

export interface KeyringPorts {
  readonly now: () => number;
  readonly historyOf: (kid: string) => KeyHistory | undefined;
  /** The master secret of an epoch; undefined when this bridge was not given it. */
  readonly masterOf: (epoch: number) => Uint8Array | undefined;
}

/** Prepared keys kept at hand: a MAC key takes 9 µs to derive, a public one 20 µs to read. */
const KEYS_KEPT_MAX = 20_000;

/**
 * The keys that signatures are checked with, now. What is appended next is judged by the keys' state at its place, and
 * that place is after everything that was given to the log before: so a key is barred from the moment its revocation is
 * given to the log, and not only from when it is on disk.
 */
export const keyring = ({ now, historyOf, masterOf }: KeyringPorts) => {
  const prepared = new Map<string, VerifyKey>();
  const barred = new Map<string, number>();

  const usable = (agent: string, kid: string): KeyHistory | undefined => {
    const history = historyOf(kid);
    if (history === undefined || history.agent !== agent) return undefined;
    if (barred.size > 0 && (barred.has(kid) || barred.has(agent) || barred.has(everyKey))) return undefined;
    if (history.retiring === null && history.revoked === null && history.active !== null) return history;
    return signs(keyStateAt(history, { position: Number.MAX_SAFE_INTEGER, time: now() })) ? history : undefined;
  };

  const prepare = ({ kid, agent, material }: KeyHistory): VerifyKey | undefined => {
    switch (material.alg) {
      case "HS256": {
        const master = masterOf(material.epoch);
        return master === undefined ? undefined : hmacKeyOf(master, agent, material.epoch);
      }
      case "Ed25519": {
        const publicKey = publicKeyFromJwk(material.jwk);
        return publicKey === undefined ? undefined : { alg: "Ed25519", kid, publicKey };
      }
    }
  };

  const prepareOnce = (history: KeyHistory): VerifyKey | undefined => {
    const known = prepared.get(history.kid);
    if (known !== undefined) return known;
    const key = prepare(history);
    if (key === undefined) return undefined;
    if (prepared.size >= KEYS_KEPT_MAX) prepared.clear();
    prepared.set(history.kid, key);
    return key;
  };

  return {
    /** The key that `kid` names, if it is this agent's and signs now. */
    keyOf: (agent: string, kid: string): VerifyKey | undefined => {
      const history = usable(agent, kid);
      return history === undefined ? undefined : prepareOnce(history);
    },
    /** A key as it was, whatever it is worth now. Undefined when this bridge cannot make it. */
    everOf: (kid: string): VerifyKey | undefined => {
      const history = historyOf(kid);
      return history === undefined ? undefined : prepareOnce(history);
    },
    isUsable: (agent: string, kid: string): boolean => usable(agent, kid) !== undefined,
    /** Keeps a key (by kid), all of an agent (by name) or every key from signing while `work` is under way. */
    barring: async <T>(name: string, work: () => Promise<T>): Promise<T> => {
      barred.set(name, (barred.get(name) ?? 0) + 1);
      try {
        return await work();
      } finally {
        const left = (barred.get(name) ?? 1) - 1;
        if (left === 0) barred.delete(name);
        else barred.set(name, left);
      }
    },
  };
};

/** For `barring`: no agent and no key is called so. */
export const everyKey = "";

export type Keyring = ReturnType<typeof keyring>;
