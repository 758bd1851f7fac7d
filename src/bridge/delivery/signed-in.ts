import { idOf, type Recorded } from "../../domain/event.ts";
import { refusal } from "../../domain/refusal.ts";
import type { Scheduler } from "../../domain/world.ts";
import type { HeldLogin, LoginView } from "../projection/logins.ts";
import type { Delivery } from "./deliver.ts";

export interface SignedInPorts {
  readonly now: () => number;
  readonly scheduler: Scheduler;
  readonly logins: LoginView;
  readonly deliver: Pick<Delivery, "evict" | "evictLogins" | "isConnectedBy">;
}

/**
 * How long the connections of a key that was replaced go on, in milliseconds: long enough for the reply that says so.
 * New requests with its logins are refused at once.
 */
const KEY_CHANGE_GRACE_MS = 1_000;

/** Keeps logins to their time: they die unused, they die of age, and their connections with them. */
export const signedIn = ({ now, scheduler, logins, deliver }: SignedInPorts) => {
  const sweep = (agent: string, why: string): void =>
    deliver.evictLogins(agent, (id) => logins.get(id) === undefined, refusal("unauthenticated", why));

  const endInTime = ({ id, agent, notAfter }: HeldLogin): void => {
    scheduler.after(Math.max(0, notAfter - now()), () => {
      logins.forget(id);
      sweep(agent, "the login is as old as one may be: sign in again");
    });
  };

  /** An open connection is a use, however silent it is. */
  const isIdle = (held: HeldLogin, time: number): boolean =>
    time - held.usedAt >= held.idleMs && !deliver.isConnectedBy(held.agent, held.id);

  return {
    /** The login of this token if it is still good; that is a use of it. */
    use: (tokenHash: string): HeldLogin | undefined => {
      const held = logins.byTokenHash(tokenHash);
      if (held === undefined) return undefined;
      const time = now();
      if (time >= held.notAfter || isIdle(held, time)) {
        logins.forget(held.id);
        return undefined;
      }
      held.usedAt = time;
      return held;
    },
    /** How many logins of this agent are good; those that died unused are forgotten here. */
    openOf: (agent: string): number => {
      const time = now();
      for (const held of logins.of(agent)) if (time >= held.notAfter || isIdle(held, time)) logins.forget(held.id);
      return logins.of(agent).length;
    },
    left: (id: string): void => {
      const held = logins.get(id);
      if (held !== undefined) held.usedAt = now();
    },
    start: (): void => {
      for (const held of logins.all()) endInTime(held);
    },
    /** Told after the projections have folded the same events. */
    onCommitted: (events: readonly Recorded[]): void => {
      for (const event of events) {
        const name = idOf(event.stream);
        switch (event.type) {
          case "login.opened": {
            const held = logins.get(name);
            if (held !== undefined) endInTime(held);
            break;
          }
          case "login.closed":
            // In a later turn: the connection that asked for it is to have its reply.
            scheduler.after(0, () => sweep(event.parties[0] ?? "", "signed out"));
            break;
          case "agent.key_revoked":
            sweep(name, "the key that signed in was revoked");
            break;
          case "agent.enrolled":
          case "agent.key_activated":
            if (event.data.retiring.length > 0) {
              scheduler.after(KEY_CHANGE_GRACE_MS, () => sweep(name, "the key that signed in was replaced"));
            }
            break;
          case "agent.suspended":
            deliver.evict(name, refusal("agent_suspended", event.data.reason));
            break;
        }
      }
    },
  };
};

export type SignedIn = ReturnType<typeof signedIn>;
