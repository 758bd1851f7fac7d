import { idOf, type Recorded } from "../../domain/event.ts";
import { type Login, type LoginFact, login } from "../../domain/login.ts";

/** One signing in that may still be good. Whether it is also depends on its key and its agent, now. */
export interface HeldLogin {
  readonly id: string;
  readonly agent: string;
  readonly kid: string;
  /** Milliseconds since 1970. */
  readonly notAfter: number;
  readonly idleMs: number;
  /** When it was last used. Uses are in no log, so after a restart this is when it was opened: never too late. */
  usedAt: number;
}

/** Who is signed in. Only what has not expired by the log's time is kept. */
export const loginView = () => {
  const byToken = new Map<string, HeldLogin>();
  const tokenOf = new Map<string, string>();
  const byAgent = new Map<string, Set<string>>();

  const forget = (tokenHash: string): void => {
    const held = byToken.get(tokenHash);
    if (held === undefined) return;
    byToken.delete(tokenHash);
    tokenOf.delete(held.id);
    const mine = byAgent.get(held.agent);
    mine?.delete(tokenHash);
    if (mine?.size === 0) byAgent.delete(held.agent);
  };

  /** A login dies with its key's going out of use, and with whatever stops its agent. It does not come back with it. */
  const endBy = (event: Recorded): void => {
    const mine = byAgent.get(idOf(event.stream)) ?? [];
    for (const tokenHash of [...mine]) {
      const { kid } = byToken.get(tokenHash) as HeldLogin;
      if (endsLogins(event, kid)) forget(tokenHash);
    }
  };

  const fold = (event: Recorded): void => {
    if (event.type === "login.opened") {
      const { agent, kid, tokenHash, notAfter, idleMs } = event.data;
      // Oldest first, because all of them last equally long and the log's time never decreases.
      for (const [hash, other] of byToken) {
        if (other.notAfter > event.time) break;
        forget(hash);
      }
      const id = idOf(event.stream);
      byToken.set(tokenHash, { id, agent, kid, notAfter, idleMs, usedAt: event.time });
      tokenOf.set(id, tokenHash);
      const mine = byAgent.get(agent);
      if (mine === undefined) byAgent.set(agent, new Set([tokenHash]));
      else mine.add(tokenHash);
    }
    if (event.type === "login.closed") forget(tokenOf.get(idOf(event.stream)) ?? "");
    if (byAgent.size > 0 && event.stream.startsWith("agent/")) endBy(event);
  };

  return {
    fold,
    byTokenHash: (tokenHash: string): HeldLogin | undefined => byToken.get(tokenHash),
    get: (id: string): HeldLogin | undefined => byToken.get(tokenOf.get(id) ?? ""),
    of: (agent: string): readonly HeldLogin[] =>
      Array.from(byAgent.get(agent) ?? [], (tokenHash) => byToken.get(tokenHash) as HeldLogin),
    /** For the decider: one that was forgotten is as good as closed. */
    forget: (id: string): void => forget(tokenOf.get(id) ?? ""),
    /** Those that were opened before now and may still be good, oldest first. */
    all: (): Iterable<HeldLogin> => byToken.values(),
    snapshot: (id: string): { readonly state: Login; readonly revision: number } => {
      const held = byToken.get(tokenOf.get(id) ?? "");
      if (held === undefined) return { state: login.initial, revision: -1 };
      const { agent, kid, notAfter, idleMs } = held;
      const opened: LoginFact = {
        type: "login.opened",
        data: { agent, kid, tokenHash: tokenOf.get(id) ?? "", notAfter, idleMs },
      };
      return { state: login.evolve(login.initial, opened), revision: 0 };
    },
  };
};

const endsLogins = (event: Recorded, kid: string): boolean => {
  switch (event.type) {
    case "agent.suspended":
    case "agent.revoked":
      return true;
    case "agent.key_revoked":
      return event.data.kid === kid;
    case "agent.enrolled":
    case "agent.key_activated":
      return event.data.retiring.includes(kid);
    default:
      return false;
  }
};

export type LoginView = ReturnType<typeof loginView>;
