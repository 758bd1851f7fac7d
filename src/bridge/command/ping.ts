import { streamOf } from "../../domain/event.ts";
import type { Pinged } from "../../domain/ping.ts";
import { type Refusal, refusal } from "../../domain/refusal.ts";
import { type Log, LogUnavailable } from "../log/log.ts";
import { unavailable } from "./handle.ts";
import { type Caller, draft } from "./world.ts";

export interface PingCommandPorts {
  readonly log: Log;
  readonly now: () => number;
  readonly isActive: (agent: string) => boolean;
  readonly ping: (agent: string, via?: Pinged["via"]) => Promise<Pinged>;
}

/** Measures whether an agent can be reached, and takes what came of it on record. */
export const pingCommand =
  ({ log, now, isActive, ping }: PingCommandPorts) =>
  async (
    agent: string,
    via: Pinged["via"] | undefined,
    caller: Caller,
  ): Promise<
    | { readonly ok: true; readonly pinged: Pinged; readonly at: number }
    | { readonly ok: false; readonly refusal: Refusal }
  > => {
    if (!isActive(agent)) return { ok: false, refusal: refusal("agent_unknown", `there is no active agent ${agent}`) };
    const pinged = await ping(agent, via);
    const stream = streamOf.reach(agent);
    const at = now();
    const event = draft(
      { type: "reach.measured", data: { agent, ...pinged } },
      { stream, time: at, caller, parties: [], correlation: stream },
    );
    try {
      await log.append([{ stream, expect: "any", events: [event] }]);
    } catch (fault) {
      if (fault instanceof LogUnavailable) return unavailable();
      throw fault;
    }
    return { ok: true, pinged, at };
  };
