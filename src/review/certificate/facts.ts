import type { Draft } from "../../domain/event.ts";
import type { Json } from "../../domain/json.ts";
import { upcast } from "../../domain/upcast.ts";
import { verifyCheckpoint } from "../../signing/checkpoint.ts";
import { leafHash } from "../../signing/merkle.ts";
import type { NoteVerifier } from "../../signing/note.ts";
import { verifyInclusion } from "../../signing/proof.ts";
import type { LogFacts } from "./statement.ts";

/** An event that is proven to be in the log. */
export type ProvenEvent = Draft & { readonly position: number };

/** A log fact that does not hold; `pointer` is into the `log` member. */
export interface FactProblem {
  readonly code: "log-checkpoint" | "log-proof" | "log-record";
  readonly pointer: string;
  readonly detail: string;
}

export type Proving =
  | { readonly ok: true; readonly events: readonly ProvenEvent[]; readonly size: number }
  | { readonly ok: false; readonly problems: readonly FactProblem[] };

/** The events that these proofs show under a checkpoint signed by one of `keys`. In order, each once. */
export const provenEvents = ({ origin, checkpoint, records }: LogFacts, keys: readonly NoteVerifier[]): Proving => {
  const signed = verifyCheckpoint(
    checkpoint,
    keys.filter(({ name }) => name === origin),
  );
  if (!signed.ok)
    return { ok: false, problems: [{ code: "log-checkpoint", pointer: "/checkpoint", detail: signed.reason }] };
  if (signed.checkpoint.origin !== origin)
    return { ok: false, problems: [{ code: "log-checkpoint", pointer: "/origin", detail: "is another log's" }] };
  const { size, root } = signed.checkpoint;
  const problems: FactProblem[] = [];
  const events: ProvenEvent[] = [];
  let last = 0;
  for (const [i, { position, record, path }] of records.entries()) {
    const at = `/records/${i}`;
    if (position <= last) problems.push({ code: "log-record", pointer: `${at}/position`, detail: "is out of order" });
    last = position;
    const hashes = path.map((hash) => Buffer.from(hash, "base64"));
    if (!record.isWellFormed() || !verifyInclusion(position - 1, size, leafHash(record), hashes, root)) {
      const detail = `the record is not event ${position} of the log that the checkpoint was signed for`;
      problems.push({ code: "log-proof", pointer: at, detail });
      continue;
    }
    const event = eventOf(record, position);
    if (event === undefined) problems.push({ code: "log-record", pointer: `${at}/record`, detail: "is no event" });
    else events.push(event);
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, events, size };
};

/** The bytes were written by the bridge and checked by it then; what this build does not know is not used. */
const eventOf = (record: string, position: number): ProvenEvent | undefined => {
  try {
    const raw = JSON.parse(record) as Draft;
    const { type, version, stream, actor, time, data } = raw;
    if (typeof stream !== "string" || typeof actor !== "string" || !Number.isSafeInteger(time)) return undefined;
    return { ...raw, data: upcast(type, version, data as Json), position } as ProvenEvent;
  } catch {
    return undefined;
  }
};
