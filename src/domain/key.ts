import { type EventData, idOf, type Recorded } from "./event.ts";

/** The public half of an agent's own key. */
export type PublicJwk = EventData<"agent.enrolled">["jwk"];

/** A moment of the log, by which a signature is judged: never by the state of its key today. */
export interface Place {
  readonly position: number;
  /** Milliseconds since 1970. */
  readonly time: number;
}

/**
 * One key of one agent, with every change of what it is worth.
 *
 *     pending ─► active ─► retiring (verifies until `until`) ─► retired
 *        └─────────┴──────────┴───────────────────────────────► revoked (suspect from `compromisedSince` on)
 */
export interface KeyHistory {
  readonly kid: string;
  readonly agent: string;
  readonly material:
    | { readonly alg: "Ed25519"; readonly jwk: PublicJwk }
    | { readonly alg: "HS256"; readonly epoch: number };
  readonly added: Place;
  readonly active: Place | null;
  readonly retiring: (Place & { readonly until: number }) | null;
  readonly revoked: (Place & { readonly reason: string; readonly compromisedSince: number | null }) | null;
}

export type KeyState = "unknown" | "pending" | "active" | "retiring" | "retired" | "revoked";

/** What a key was worth to an event at this place of the log. */
export const keyStateAt = (key: KeyHistory, at: Place): KeyState => {
  if (at.position < key.added.position) return "unknown";
  if (key.revoked !== null && at.position >= key.revoked.position) return "revoked";
  if (key.active === null || at.position < key.active.position) return "pending";
  if (key.retiring === null || at.position < key.retiring.position) return "active";
  return at.time < key.retiring.until ? "retiring" : "retired";
};

/** Whether a signature by a key in this state counts. */
export const signs = (state: KeyState): boolean => state === "active" || state === "retiring";

/** Whether what this key signed at a position can have been signed by a thief. */
export const isSuspect = ({ revoked }: KeyHistory, position: number): boolean =>
  revoked !== null && revoked.compromisedSince !== null && position >= revoked.compromisedSince;

/** The id of an agent's MAC key in one epoch of the master secret. Own keys are called by their thumbprint. */
export const macKidOf = (agent: string, epoch: number): string => `${agent}#mac${epoch}`;

/** The keys whose history an event changes, as they are after it. `keys` holds everything before it, by kid. */
export const keysAfter = (keys: ReadonlyMap<string, KeyHistory>, event: Recorded): readonly KeyHistory[] => {
  const here: Place = { position: event.position, time: event.time };
  const agent = idOf(event.stream);
  const born = (kid: string, material: KeyHistory["material"], isActive: boolean): KeyHistory => ({
    ...{ kid, agent, material, added: here, active: isActive ? here : null, retiring: null, revoked: null },
  });
  const own = (kid: string, jwk: PublicJwk, isActive: boolean): KeyHistory =>
    born(kid, { alg: "Ed25519", jwk }, isActive);
  /** A key that was given out before stays the key it is. */
  const mac = (epoch: number): readonly KeyHistory[] => {
    const kid = macKidOf(agent, epoch);
    return keys.has(kid) ? [] : [born(kid, { alg: "HS256", epoch }, true)];
  };
  const changed = (kid: string, change: Partial<KeyHistory>): readonly KeyHistory[] => {
    const key = keys.get(kid);
    return key === undefined ? [] : [{ ...key, ...change }];
  };
  const retired = ({ retiring, until }: { readonly retiring: readonly string[]; readonly until: number }) =>
    retiring.flatMap((kid) => changed(kid, { retiring: { ...here, until } }));

  switch (event.type) {
    case "agent.registered":
      return mac(event.data.epoch);
    case "agent.enrolled":
      return [own(event.data.kid, event.data.jwk, true), ...mac(event.data.epoch), ...retired(event.data)];
    case "agent.key_added":
      return [own(event.data.kid, event.data.jwk, false)];
    case "agent.key_activated":
      return [...changed(event.data.kid, { active: here }), ...retired(event.data)];
    case "agent.mac_renewed":
      return [...mac(event.data.epoch), ...retired(event.data)];
    case "agent.key_revoked": {
      const { kid, reason, compromisedSince = null } = event.data;
      // Revoked again means that the theft was found to be older: the key was worth nothing from the first time on.
      const first = keys.get(kid)?.revoked ?? here;
      return changed(kid, { revoked: { position: first.position, time: first.time, reason, compromisedSince } });
    }
    case "agent.revoked":
      return revokedAll(
        [...keys.values()].filter((key) => key.agent === agent),
        here,
        "the agent was revoked",
      );
    case "master.rotated":
      return event.data.older === "accepted"
        ? []
        : revokedAll(
            [...keys.values()].filter(({ material }) => material.alg === "HS256" && material.epoch < event.data.epoch),
            here,
            "the master secret of its epoch was revoked",
          );
    default:
      return [];
  }
};

const revokedAll = (keys: readonly KeyHistory[], here: Place, reason: string): readonly KeyHistory[] =>
  keys
    .filter(({ revoked }) => revoked === null)
    .map((key) => ({ ...key, revoked: { ...here, reason, compromisedSince: null } }));
