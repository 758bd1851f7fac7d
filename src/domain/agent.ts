import { absent, enrol, type KeyCommand, renewMac, revokeKey, rotate } from "./agent-keys.ts";
import { type Agent, type AgentEvent, type AgentFact, evolve, type Invitation } from "./agent-state.ts";
import { type Decider, type Decision, decided, refused } from "./decider.ts";
import type { EventData } from "./event.ts";
import { refusal } from "./refusal.ts";

export type { Agent, AgentEvent, AgentFact, AgentKey, AgentKind, Invitation, Profile } from "./agent-state.ts";

export type AgentCommand =
  | { readonly type: "register"; readonly profile: EventData<"agent.registered"> }
  | { readonly type: "invite"; readonly invitation: Invitation }
  | KeyCommand
  | { readonly type: "suspend"; readonly reason: string }
  | { readonly type: "resume"; readonly reason: string }
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
    case "invite":
      return invite(state, command.invitation);
    case "enrol":
      return enrol(state, command);
    case "rotate":
      return rotate(state, command);
    case "renewMac":
      return renewMac(state, command);
    case "revokeKey":
      return revokeKey(state, command);
    case "suspend":
      if (state.status === "suspended") return decided();
      return state.status === "active"
        ? decided({ type: "agent.suspended", data: { reason: command.reason } })
        : refused(absent(state));
    case "resume":
      if (state.status === "active") return decided();
      return state.status === "suspended"
        ? decided({ type: "agent.resumed", data: { reason: command.reason } })
        : refused(absent(state));
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

/** A second invitation takes the place of the first. Who is a member keeps kind, roles and expertise. */
const invite = (state: Agent, invitation: Invitation): Decision<AgentFact> => {
  switch (state.status) {
    case "none":
    case "invited":
      return decided({ type: "agent.invited", data: invitation });
    case "active": {
      const { kind, roles, expertise } = state.profile;
      return decided({ type: "agent.invited", data: { ...invitation, kind, roles, expertise } });
    }
    case "suspended":
    case "revoked":
      return refused(absent(state));
  }
};

export const agent: Decider<Agent, AgentCommand, AgentFact, AgentEvent> = {
  initial: { status: "none" },
  decide,
  evolve,
};
