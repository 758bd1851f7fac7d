import { refusal } from "../../domain/refusal.ts";
import type { Clock } from "../../domain/world.ts";
import type { Bridge } from "../bridge.ts";

/** Notes that somebody without a valid credential was turned away at a door. */
export type RecordStranger = (door: "http" | "ws" | "mcp" | "enrol" | "login") => void;

/**
 * Strangers written into the log for one door in one minute. They cost nothing to be, and every event is kept for ever
 * and synced to disk: without a bound, anyone who can connect could fill the disk.
 */
const RECORDED_PER_MINUTE_MAX = 60;
const MINUTE_MS = 60_000;

export const strangerRecorder = (bridge: Bridge, clock: Clock, onFault: (fault: unknown) => void): RecordStranger => {
  let minute = Number.NEGATIVE_INFINITY;
  let recorded = 0;
  return (door) => {
    const now = clock.monotonic();
    if (now - minute >= MINUTE_MS) {
      minute = now;
      recorded = 0;
    }
    if (recorded >= RECORDED_PER_MINUTE_MAX) return;
    recorded++;
    bridge.violation({ actor: "anonymous", trace: null }, refusal("unauthenticated", ""), door).catch(onFault);
  };
};
