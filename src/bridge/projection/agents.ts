import { type Agent, type AgentEvent, type AgentKind, agent } from "../../domain/agent.ts";
import { idOf, type Recorded } from "../../domain/event.ts";

/** Who is registered or invited, what they can do, when they were last seen, and whose credential a token is. */
export const agentDirectory = () => {
  const agents = new Map<string, { readonly state: Agent; readonly revision: number }>();
  const byToken = new Map<string, string>();
  const byInvitation = new Map<string, string>();

  const fold = (event: Recorded): void => {
    if (!event.stream.startsWith("agent/")) return;
    const name = idOf(event.stream);
    const before = agents.get(name)?.state ?? agent.initial;
    const state = agent.evolve(before, event as Recorded & AgentEvent);
    agents.set(name, { state, revision: event.revision });
    place(byToken, name, tokenOf(before), tokenOf(state));
    place(byInvitation, name, invitationOf(before), invitationOf(state));
  };

  return {
    fold,
    snapshot: (name: string) => agents.get(name) ?? unknown,
    get: (name: string): Agent => agents.get(name)?.state ?? agent.initial,
    /** The active agent that this token's hash belongs to. */
    byTokenHash: (hash: string): string | undefined => byToken.get(hash),
    /** Who may enrol with the one-time token that this is the hash of, if it is not too late. */
    byInvitation: (hash: string): string | undefined => byInvitation.get(hash),
    list: (filter: AgentFilter = {}): readonly ListedAgent[] => {
      const listed: ListedAgent[] = [];
      for (const [name, { state }] of agents) {
        if (state.status === "none") continue;
        const { kind, roles, expertise } = state.status === "invited" ? state.invitation : state.profile;
        if (filter.expertise !== undefined && !expertise.includes(filter.expertise)) continue;
        listed.push({
          name,
          kind,
          roles,
          expertise,
          status: state.status,
          lastSeen: state.status === "active" || state.status === "suspended" ? state.lastSeen : null,
        });
      }
      return listed;
    },
    count: (): number => agents.size,
  };
};

export type AgentDirectory = ReturnType<typeof agentDirectory>;

export interface AgentFilter {
  readonly expertise?: string;
}

export interface ListedAgent {
  readonly name: string;
  readonly kind: AgentKind;
  readonly roles: readonly string[];
  readonly expertise: readonly string[];
  readonly status: "invited" | "active" | "suspended" | "revoked";
  readonly lastSeen: number | null;
}

/** Suspended, it keeps its token, which is worth nothing until it is resumed. */
const tokenOf = (state: Agent): string | undefined =>
  state.status === "active" || state.status === "suspended" ? state.profile.tokenHash : undefined;

const invitationOf = (state: Agent): string | undefined =>
  state.status === "invited" || state.status === "active" ? state.invitation?.tokenHash : undefined;

const place = (index: Map<string, string>, name: string, before: string | undefined, now: string | undefined): void => {
  if (before === now) return;
  if (before !== undefined) index.delete(before);
  if (now !== undefined) index.set(now, name);
};

const unknown = { state: agent.initial, revision: -1 } as const;
