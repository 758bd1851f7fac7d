import { type Decider, type Decision, decided, refused } from "./decider.ts";
import type { EventData, EventTypeName, Fact } from "./event.ts";
import { refusal } from "./refusal.ts";

/** An identity with a credential, a key, roles and expertise. A name is given out once and never again. */
export type Agent =
  | { readonly status: "none" }
  | { readonly status: "active"; readonly profile: Profile; readonly lastSeen: number | null }
  | { readonly status: "revoked"; readonly profile: Profile; readonly reason: string };

export type Profile = EventData<"agent.registered">;
export type AgentKind = Profile["kind"];
export type AgentFact = Fact<Extract<EventTypeName, `agent.${string}`>>;
/** `evolve` needs to know when an agent was seen; every recorded event carries that. */
export type AgentEvent = AgentFact & { readonly time: number };

export type AgentCommand =
  | { readonly type: "register"; readonly profile: Profile }
  | { readonly type: "revoke"; readonly reason: string }
  | { readonly type: "see"; readonly via: string; readonly now: number; readonly everyMs: number };

/** Names go into streams, headers and terminals: one plain word, no separator that another format could trip over. */
export const agentNamePattern = "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$";
/** The bridge itself acts under this name, so no agent may. */
export const bridgeActor = "bridge";

const decide = (state: Agent, command: AgentCommand): Decision<AgentFact> => {
  switch (command.type) {
    case "register":
      return state.status === "none"
        ? decided({ type: "agent.registered", data: command.profile })
        : refused(refusal("agent_exists", `${command.profile.agent} is ${state.status}`));
    case "revoke":
      if (state.status === "none") return refused(refusal("agent_unknown", "nobody to revoke"));
      return state.status === "revoked"
        ? decided()
        : decided({ type: "agent.revoked", data: { reason: command.reason } });
    case "see":
      return state.status === "active" && command.now - (state.lastSeen ?? Number.NEGATIVE_INFINITY) >= command.everyMs
        ? decided({ type: "agent.seen", data: { via: command.via } })
        : decided();
  }
};

const evolve = (state: Agent, event: AgentEvent): Agent => {
  switch (event.type) {
    case "agent.registered":
      return { status: "active", profile: event.data, lastSeen: null };
    case "agent.revoked":
      return state.status === "none" ? state : { status: "revoked", profile: state.profile, reason: event.data.reason };
    case "agent.seen":
      return state.status === "active" ? { ...state, lastSeen: event.time } : state;
  }
};

export const agent: Decider<Agent, AgentCommand, AgentFact, AgentEvent> = {
  initial: { status: "none" },
  decide,
  evolve,
};
