import type { EventData, EventTypeName, Fact } from "./event.ts";
import { macKidOf } from "./key.ts";

/**
 * An identity with keys, roles and expertise. A name is given out once and never again.
 *
 *     none ─► registered (a bearer token, for scripts) ─────────────► active ◄─► suspended
 *       └───► invited ─► enrolled (a key that only the agent holds) ──┘  └───────────┴────► revoked
 */
export type Agent =
  | { readonly status: "none" }
  | { readonly status: "invited"; readonly invitation: Invitation }
  | ({ readonly status: "active" } & Member)
  | ({ readonly status: "suspended"; readonly reason: string } & Member)
  | {
      readonly status: "revoked";
      readonly profile: Profile;
      readonly keys: readonly AgentKey[];
      readonly reason: string;
    };

interface Member {
  readonly profile: Profile;
  readonly keys: readonly AgentKey[];
  /** A further key may be enrolled with it: the old one was lost, or there was none. */
  readonly invitation: Invitation | null;
  readonly lastSeen: number | null;
}

/** `tokenHash` is the bearer token's; an agent that signs in with its own key has none. */
export type Profile = Omit<EventData<"agent.registered">, "tokenHash"> & { readonly tokenHash?: string };
export type Invitation = EventData<"agent.invited">;
export type AgentKind = Profile["kind"];
export type AgentFact = Fact<Extract<EventTypeName, `agent.${string}`>>;
/** `evolve` needs to know when things happened; every recorded event carries that. */
export type AgentEvent = AgentFact & { readonly time: number };

/** A key as far as deciding needs it. What it was worth at a place of the log is `KeyHistory`. */
export interface AgentKey {
  readonly kid: string;
  /** Ed25519, and nobody else's; otherwise the MAC key that the bridge can derive too. */
  readonly isOwn: boolean;
  /** When it came to be in this state, in milliseconds since 1970. */
  readonly since: number;
  readonly state:
    | { readonly name: "pending" | "active" }
    | { readonly name: "retiring"; readonly until: number }
    | { readonly name: "revoked"; readonly compromisedSince: number | null };
}

export const evolve = (state: Agent, event: AgentEvent): Agent => {
  switch (event.type) {
    case "agent.registered": {
      const mac = freshKey(macKidOf(event.data.agent, event.data.epoch), false, event.time);
      return { status: "active", profile: event.data, keys: [mac], invitation: null, lastSeen: null };
    }
    case "agent.invited":
      return state.status === "active"
        ? { ...state, invitation: event.data }
        : { status: "invited", invitation: event.data };
    case "agent.enrolled":
      return enrolled(state, event);
    case "agent.revoked":
      return revoked(state, event.data.reason);
    default:
      // The log cannot hold these of a stranger: `decide` states no other fact about somebody who is not there.
      return state.status === "none" || state.status === "invited" ? state : changed(state, event);
  }
};

type Known = Extract<Agent, { readonly profile: Profile }>;
type Change = Exclude<AgentFact["type"], "agent.registered" | "agent.invited" | "agent.enrolled" | "agent.revoked">;

const changed = (state: Known, event: Extract<AgentEvent, { readonly type: Change }>): Agent => {
  const { keys } = state;
  switch (event.type) {
    case "agent.key_added": {
      const pending = { ...freshKey(event.data.kid, true, event.time), state: { name: "pending" } } as const;
      return { ...state, keys: [...keys, pending] };
    }
    case "agent.key_activated": {
      const { kid } = event.data;
      const active = keys.map((key) => (key.kid === kid ? freshKey(kid, key.isOwn, event.time) : key));
      return { ...state, keys: retire(active, event.data, event.time) };
    }
    case "agent.mac_renewed": {
      const { epoch } = event.data;
      const mac = freshKey(macKidOf(state.profile.agent, epoch), false, event.time);
      return {
        ...state,
        profile: { ...state.profile, epoch },
        keys: [...retire(keys, event.data, event.time), mac],
      };
    }
    case "agent.key_revoked": {
      const { kid, compromisedSince = null } = event.data;
      const revoked = { name: "revoked", compromisedSince } as const;
      return {
        ...state,
        keys: keys.map((key) => (key.kid === kid ? { ...key, since: event.time, state: revoked } : key)),
      };
    }
    case "agent.suspended":
      return state.status === "active" ? { ...state, status: "suspended", reason: event.data.reason } : state;
    case "agent.resumed":
      return state.status === "suspended" ? resumed(state) : state;
    case "agent.seen":
      return state.status === "active" ? { ...state, lastSeen: event.time } : state;
  }
};

/** With its own key, an agent needs the bearer token no more, and it stops working. */
const enrolled = (state: Agent, { data, time }: Extract<AgentEvent, { readonly type: "agent.enrolled" }>): Agent => {
  if (state.status !== "invited" && state.status !== "active") return state;
  const own = freshKey(data.kid, true, time);
  if (state.status === "invited") {
    const { agent, kind, roles, expertise } = state.invitation;
    const profile: Profile = { agent, kind, roles, expertise, epoch: data.epoch };
    const mac = freshKey(macKidOf(agent, data.epoch), false, time);
    return { status: "active", profile, keys: [own, mac], invitation: null, lastSeen: null };
  }
  const { tokenHash: _, ...profile } = state.profile;
  const mac = macKidOf(profile.agent, data.epoch);
  const keys = [...retire(state.keys, data, time), own];
  const all = keys.some((key) => key.kid === mac) ? keys : [...keys, freshKey(mac, false, time)];
  return { ...state, profile: { ...profile, epoch: data.epoch }, keys: all, invitation: null };
};

const revoked = (state: Agent, reason: string): Agent => {
  if (state.status === "none") return state;
  if (state.status !== "invited") return { status: "revoked", profile: state.profile, keys: state.keys, reason };
  const { agent, kind, roles, expertise } = state.invitation;
  return { status: "revoked", profile: { agent, kind, roles, expertise, epoch: 0 }, keys: [], reason };
};

const resumed = ({
  reason: _,
  ...member
}: Extract<Agent, { readonly status: "suspended" }>): Extract<Agent, { readonly status: "active" }> => ({
  ...member,
  status: "active",
});

const freshKey = (kid: string, isOwn: boolean, since: number): AgentKey => ({
  kid,
  isOwn,
  since,
  state: { name: "active" },
});

const retire = (
  keys: readonly AgentKey[],
  { retiring, until }: { readonly retiring: readonly string[]; readonly until: number },
  time: number,
): readonly AgentKey[] =>
  keys.map((key) =>
    retiring.includes(key.kid) ? { ...key, since: time, state: { name: "retiring", until } as const } : key,
  );
