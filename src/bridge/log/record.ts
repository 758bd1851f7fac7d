import type { Draft, Recorded } from "../../domain/event.ts";
import type { Json } from "../../domain/json.ts";
import { upcast } from "../../domain/upcast.ts";

/**
 * The bytes of one event: what is stored, hashed as a Merkle leaf and exported. Position and revision are not in them,
 * because both follow from the order of the leaves, which the tree fixes.
 */
export const encodeRecord = (draft: Draft): string =>
  JSON.stringify({
    stream: draft.stream,
    type: draft.type,
    version: draft.version,
    time: draft.time,
    actor: draft.actor,
    parties: draft.parties,
    correlation: draft.correlation,
    causation: draft.causation,
    trace: draft.trace,
    data: draft.data,
  });

/** Today's shape of a stored event, whatever version wrote it. */
export const decodeRecord = (text: string, position: number, revision: number): Recorded => {
  const raw = JSON.parse(text) as Draft;
  return { ...raw, data: upcast(raw.type, raw.version, raw.data as Json), position, revision } as Recorded;
};
