import { type LabelsOf, type Signal, signals } from "../../domain/signal.ts";
import type { Duration } from "./spec/parts.ts";

/** The few forms of PromQL that rules are made of. Names of metrics come from the list of signals, never from a string. */

type Matchers<S extends Signal> = { readonly [K in keyof LabelsOf<S>]?: string };

/** `name{label="value"}`. A value that begins with `!` is excluded, one with `|` is an alternative. */
export const select = <S extends Signal>({ name }: S, matchers: Matchers<S> = {}, suffix = ""): string => {
  const written = Object.entries(matchers).map(([label, value]) => matcher(label, String(value)));
  return `${name}${suffix}${written.length === 0 ? "" : `{${written.join(", ")}}`}`;
};

const matcher = (label: string, value: string): string => {
  if (value.startsWith("!")) return `${label}!="${value.slice(1)}"`;
  return value.includes("|") ? `${label}=~"${value}"` : `${label}="${value}"`;
};

/** Sum of a counter's increase per second. */
export const rate = (selector: string, window: Duration, by = ""): string =>
  `sum${by === "" ? "" : ` by (${by}) `}(rate(${selector}[${window}]))`;

export const increase = (selector: string, window: Duration, by = ""): string =>
  `sum${by === "" ? "" : ` by (${by}) `}(increase(${selector}[${window}]))`;

/**
 * Part of whole. Nothing of the part is 0, not absent; nothing of the whole is no data, not 0/0, because an idle night
 * is neither good nor bad.
 */
export const ratio = (part: string, whole: string): string => `(${part} or vector(0)) / (${whole} > 0)`;

/** A quantile of the time that the bridge spends on one elicitation: that of its two legs, added. In seconds. */
export const overheadQuantile = (quantile: number, window: Duration): string => {
  const buckets = select(signals.bridgeOverhead, {}, "_bucket");
  // A leg that nobody walked has NaN for a quantile, and NaN would swallow the other: >= 0 leaves it out.
  return `sum(histogram_quantile(${quantile}, ${rate(buckets, window, "le, leg")}) >= 0)`;
};

/** The label of a bucket. Prometheus 3 writes whole numbers as 1.0 where clients and 2.x write 1. */
export const le = (bound: number): string => (Number.isInteger(bound) ? `le=~"${bound}(\\\\.0)?"` : `le="${bound}"`);
