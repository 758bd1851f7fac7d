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
  data: event.data as Json,
});
