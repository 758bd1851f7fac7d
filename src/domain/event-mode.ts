import { object, strings, text } from "./event-shape.ts";

/** What puts a bridge into an emergency. */
export const emergencyTriggers = ["operator", "disk", "append_latency", "error_rate"] as const;

export const modeEvents = {
  /** From here on the bridge takes no new work. */
  "mode.emergency_entered": {
    version: 1,
    shape: object(
      {
        trigger: { type: "string", enum: emergencyTriggers },
        detail: { type: "string", description: "what was measured, against which limit; or an operator's reason" },
      },
      ["trigger", "detail"],
    ),
  },
  /** Somebody is at work on it. */
  "mode.recovery_begun": { version: 1, shape: object({ reason: text }, ["reason"]) },
  "mode.normal_resumed": {
    version: 1,
    shape: object({ reason: text, checks: { ...strings, description: "what was verified, and passed" } }, [
      "reason",
      "checks",
    ]),
  },
} as const;
