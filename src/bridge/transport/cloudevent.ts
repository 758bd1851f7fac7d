import type { Type } from "typebox";
import { eventId, type Recorded } from "../../domain/event.ts";
import type { Json } from "../../domain/json.ts";
import type { EventSchema } from "./views.ts";

export type CloudEvent = Type.Static<typeof EventSchema>;

/** A recorded event under its CloudEvents 1.0 attributes; ours beside them are extension attributes. */
export const cloudEvent = (event: Recorded, source: string): CloudEvent => ({
  specversion: "1.0",
  id: eventId(event),
  source,
  type: event.type,
  subject: event.stream,
  time: new Date(event.time).toISOString(),
  position: event.position,
  revision: event.revision,
  actor: event.actor,
  correlation: event.correlation,
  causation: event.causation,
  ...(event.trace === null ? {} : { traceparent: event.trace }),
  data: shown(event),
});

/**
 * Hashes of credentials that are good now stay in the log: nobody needs them to follow it. That of an invitation which was
 * used up belongs to the proof that a key is held.
 */
const shown = (event: Recorded): Json => {
  switch (event.type) {
    case "agent.registered":
    case "agent.invited":
    case "login.opened": {
      const { tokenHash: _, ...data } = event.data;
      return data;
    }
    default:
      return event.data as Json;
  }
};
