import type { Limits } from "../../domain/limit.ts";
import type { Pinged, PingVia } from "../../domain/ping.ts";
import type { Scheduler } from "../../domain/world.ts";
import type { Presence } from "./presence.ts";

export interface PingPorts {
  readonly monotonic: () => number;
  readonly scheduler: Scheduler;
  readonly limits: Pick<Limits, "pingMs">;
  readonly presence: Pick<Presence, "of">;
  /** Posts a canary to the agent's webhook; undefined when it has none, or this bridge posts none. */
  readonly post: (agent: string) => Promise<{ readonly ok: boolean; readonly says: string }> | undefined;
}

/**
 * Sends a canary along the strongest way to an agent on which an answer can come back, and waits for it. What is not
 * answered is not reached, and where no answer could come nothing is sent and nothing is claimed.
 */
export const pinger = ({ monotonic, scheduler, limits, presence, post }: PingPorts) => {
  const timed = async (
    via: PingVia,
    work: Promise<{ readonly ok: boolean; readonly says: string }>,
  ): Promise<Pinged> => {
    const started = monotonic();
    const outcome = await work;
    return { via, ...outcome, tookMs: Math.round(monotonic() - started) };
  };

  const throughConnections = (agent: string): Promise<{ readonly ok: boolean; readonly says: string }> | undefined => {
    const pings = [...presence.of(agent)].flatMap(({ ping }) => ping ?? []);
    if (pings.length === 0) return undefined;
    return new Promise((resolve) => {
      const late = { ok: false, says: `did not answer within ${limits.pingMs} ms` };
      const cancel = scheduler.after(limits.pingMs, () => resolve(late));
      // Any one of its connections will do: an agent reads from all of them.
      for (const ping of pings) {
        ping(() => {
          cancel();
          resolve({ ok: true, says: "answered on its connection" });
        });
      }
    });
  };

  return (agent: string, wanted?: PingVia): Promise<Pinged> => {
    const connected = wanted === "webhook" ? undefined : throughConnections(agent);
    if (connected !== undefined) return timed("websocket", connected);
    const posted = wanted === "websocket" ? undefined : post(agent);
    if (posted !== undefined) return timed("webhook", posted);
    const says = [...presence.of(agent)].some(({ offer }) => offer !== null)
      ? "it has a stream, which carries nothing back"
      : "it has no connection and no webhook: it is heard of when it next acts";
    return Promise.resolve({ via: "none", ok: false, says, tookMs: 0 });
  };
};
