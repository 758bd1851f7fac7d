import type { SloName } from "../slo.ts";
import type { Given } from "./series.ts";

/** A value that comes out of recording rules for a known stream. Rounded where servers differ in the last digits. */
export interface RecordingProof {
  readonly name: string;
  /** Whose rules are looked at: those of a promise, or the gauges. */
  readonly subject: SloName | "gauges";
  readonly every: 60 | 600 | 3600;
  readonly given: Given;
  /** No value means no series at all. */
  readonly expect: readonly { readonly at: number; readonly expr: string; readonly value?: number }[];
}
