import { compactRange, HASH_BYTES, leafHash } from "../../signing/merkle.ts";
import { type Files, rowsOf } from "./files.ts";
import type { How, Place, Value } from "./how.ts";
import { boundRank, drawnQuantiles, quantile } from "./quantile.ts";
import { allHold, evaluate, NotThere, numberOf, same, valueAt } from "./term.ts";

/** What raw evidence says, and from how many rows. */
export interface Recomputed {
  readonly value: Value;
  readonly n: number;
  /** The quantile itself, of which `value` is the upper bound; absent when it is endless. */
  readonly estimate?: number;
  /** For the picture: [q, value], rising; endless ones left out. */
  readonly quantiles?: readonly (readonly [q: number, value: number])[];
}

export type Recomputing =
  | { readonly ok: true; readonly value: Recomputed }
  | { readonly ok: false; readonly kind: "error" | "insufficient-samples"; readonly detail: string };

/** A bound that more samples failed than it allows for. */
export const ENDLESS = "endless";

/** The number that `how` makes of these files: always the same one. Never throws because of what is in them. */
export const recompute = (how: How, files: Files): Recomputing => {
  try {
    return work(how, files);
  } catch (error) {
    if (!(error instanceof NotThere) && !(error instanceof TypeError) && !(error instanceof RangeError)) throw error;
    return { ok: false, kind: "error", detail: error.message };
  }
};

const work = (how: How, files: Files): Recomputing => {
  switch (how.kind) {
    case "percentile":
      return percentile(how, files);
    case "ratio": {
      const rows = rowsOf(how.rows, files);
      if (rows.length === 0) return { ok: false, kind: "insufficient-samples", detail: "there is no row" };
      return made(rows.filter((row) => allHold(how.that, row)).length / rows.length, rows.length);
    }
    case "count": {
      const rows = rowsOf(how.rows, files);
      const { that } = how;
      return made(that === undefined ? rows.length : rows.filter((row) => allHold(that, row)).length, rows.length);
    }
    case "all": {
      const rows = rowsOf(how.rows, files);
      return made(rows.length > 0 && rows.every((row) => allHold(how.that, row)), rows.length);
    }
    case "matched": {
      const [rows, among] = [rowsOf(how.rows, files), rowsOf(how.among, files)];
      if (rows.length === 0) return { ok: false, kind: "insufficient-samples", detail: "there is no row" };
      if (rows.length * among.length > PAIRS_MAX) throw new NotThere(`there are over ${PAIRS_MAX} pairs of rows`);
      const matched = rows.filter((row) => among.some((other) => allHold(how.that, [row, other])));
      return made(matched.length / rows.length, rows.length);
    }
    case "max":
    case "min":
    case "sum": {
      const numbers = rowsOf(how.rows, files).map((row) => numberOf(how.of, row, `a row of ${how.rows.file}`));
      if (numbers.length === 0) return { ok: false, kind: "insufficient-samples", detail: "there is no row" };
      return made(numbers.reduce(folds[how.kind]), numbers.length);
    }
    case "value": {
      const value = evaluate(how.of, files.json(how.file));
      if (typeof value !== "number" && typeof value !== "boolean" && typeof value !== "string")
        throw new NotThere(`${how.file} does not say it`);
      if (typeof value === "string" && value.length > VALUE_CHARS_MAX) throw new NotThere("the text is too long");
      return made(value, 1);
    }
    case "equal":
      return made(same(at(how.left, files), at(how.right, files)), 1);
    case "merkle": {
      const lines = files.lines("lines" in how ? how.lines : how.leaves);
      const leafOf = "lines" in how ? leafHash : readLeaf;
      const tree = compactRange();
      for (const line of lines) tree.append(leafOf(line));
      return made(Buffer.from(tree.root()).toString("base64") === at(how.root, files), lines.length);
    }
  }
};

const readLeaf = (line: string): Uint8Array => {
  const leaf = Buffer.from(line, "base64");
  if (leaf.byteLength !== HASH_BYTES || leaf.toString("base64") !== line) throw new NotThere("a line is no leaf hash");
  return leaf;
};

const VALUE_CHARS_MAX = 1_024;

/** Three hundred rules against as many are 90,000; a configuration of two thousand places against as many, four million. */
const PAIRS_MAX = 16_000_000;

const folds = {
  max: (a: number, b: number) => Math.max(a, b),
  min: (a: number, b: number) => Math.min(a, b),
  sum: (a: number, b: number) => a + b,
} as const;

const percentile = (how: Extract<How, { kind: "percentile" }>, files: Files): Recomputing => {
  const { only = [], q, confidence } = how;
  const rows = rowsOf(how.rows, files);
  const where = `a row of ${how.rows.file}`;
  const samples = new Float64Array(rows.length);
  for (let i = 0; i < rows.length; i++)
    samples[i] = allHold(only, rows[i]) ? numberOf(how.of, rows[i], where) : Number.POSITIVE_INFINITY;
  samples.sort();
  const rank = boundRank(samples.length, q, confidence);
  if (rank === undefined)
    return { ok: false, kind: "insufficient-samples", detail: `${samples.length} samples bound no such quantile` };
  const bound = samples[rank - 1] as number;
  const estimate = quantile(samples, q);
  return {
    ok: true,
    value: {
      value: Number.isFinite(bound) ? bound : ENDLESS,
      n: samples.length,
      ...(Number.isFinite(estimate) ? { estimate } : {}),
      quantiles: drawnQuantiles
        .map((drawn) => [drawn, quantile(samples, drawn)] as const)
        .filter(([, value]) => Number.isFinite(value)),
    },
  };
};

const at = (place: Place, files: Files) => {
  const found = valueAt(files.json(place.file), place.at);
  if (found === undefined) throw new NotThere(`${place.file}#${place.at} is not there`);
  return found;
};

const made = (value: Value, n: number): Recomputing => ({ ok: true, value: { value, n } });
