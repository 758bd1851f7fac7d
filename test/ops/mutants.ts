import { type Signal, signals } from "../../src/domain/signal.ts";
import { foreign } from "../../src/ops/monitoring/foreign.ts";
import { type Piece, piecesOf } from "./promql.ts";

/** What a rule says, as far as it is changed here. */
export interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

export type Operator =
  | "threshold"
  | "window"
  | "metric"
  | "for"
  | "comparison"
  | "boundary"
  | "matcher"
  | "logic"
  | "function";

/** One rule, wrong in one place. */
export interface Mutant {
  readonly operator: Operator;
  readonly was: string;
  readonly now: string;
  readonly rule: Rule;
}

/** Every single change that a slip of the hand could make to a rule, by the grammar of Prometheus. */
export const mutantsOf = (rule: Rule, recorded: readonly string[]): readonly Mutant[] => [
  ...piecesOf(rule.expr).flatMap((piece) =>
    changes(piece, recorded).map(([operator, now]) => ({
      operator,
      was: `${piece.text} at ${piece.from}`,
      now,
      rule: { ...rule, expr: rule.expr.slice(0, piece.from) + now + rule.expr.slice(piece.to) },
    })),
  ),
  ...(rule.alert === undefined ? [] : holds(rule)),
];

type Change = readonly [Operator, string];

const changes = (piece: Piece, recorded: readonly string[]): readonly Change[] => {
  const { kind, text, within } = piece;
  switch (kind) {
    case "NumberDurationLiteral":
      return numbers(Number(text)).map((now) => ["threshold", now]);
    case "NumberDurationLiteralInDurationContext":
      return [2, 0.5].map((factor) => ["window", `${seconds(text) * factor}s`]);
    case "Identifier":
      return within[0] === "VectorSelector" ? others(text, recorded).map((now) => ["metric", now]) : [];
    case "UnquotedLabelMatcher":
      return [["matcher", negated(text)]];
    default:
      return (exchanges[kind] ?? []).map(([operator, now]) => [operator, now]);
  }
};

const exchanges: Readonly<Record<string, readonly Change[]>> = {
  Gtr: [
    ["comparison", "<"],
    ["boundary", ">="],
  ],
  Lss: [
    ["comparison", ">"],
    ["boundary", "<="],
  ],
  Gte: [
    ["boundary", ">"],
    ["comparison", "<"],
  ],
  Lte: [
    ["boundary", "<"],
    ["comparison", ">"],
  ],
  Eql: [["comparison", "!="]],
  And: [["logic", "unless"]],
  Unless: [["logic", "and"]],
  Or: [["logic", "unless"]],
  Sum: [["function", "min"]],
  Max: [["function", "count"]],
};

/** A fifth up and a fifth down; small counts one up and one down, because nothing lies between. */
const numbers = (value: number): readonly string[] =>
  Number.isInteger(value) && value < 5
    ? [String(value + 1), String(value - 1)]
    : [1.2, 0.8].map((factor) => String(Number((value * factor).toPrecision(12))));

const units: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400 };
const seconds = (text: string): number => {
  const [, count = "0", unit = "s"] = /^([0-9]+)([a-z]+)$/.exec(text) ?? [];
  return Number(count) * (units[unit] ?? 1);
};

const negated = (matcher: string): string =>
  matcher.includes("!=")
    ? matcher.replace("!=", "=")
    : matcher.replace(/=~|=/, (found) => (found === "=~" ? "!~" : "!="));

/** The next metric of the same type, with the same suffix; the next recorded name; the next name from elsewhere. */
const others = (metric: string, recorded: readonly string[]): readonly string[] => {
  const all = Object.values(signals) as readonly Signal[];
  const suffix = /_(bucket|count|sum)$/.exec(metric)?.[0] ?? "";
  const own = all.find(({ name, type }) => metric === (type === "histogram" ? `${name}${suffix}` : name));
  if (own !== undefined) {
    const alike = all
      .filter(({ type }) => type === own.type)
      .map(({ name }) => (own.type === "histogram" ? `${name}${suffix}` : name));
    return [after(alike, metric)];
  }
  return [after(recorded.includes(metric) ? recorded : Object.keys(foreign), metric)];
};

const after = (list: readonly string[], item: string): string => list[(list.indexOf(item) + 1) % list.length] ?? item;

const holds = (rule: Rule): readonly Mutant[] => {
  const was = rule.for ?? "none";
  const held = rule.for === undefined ? ["1m"] : [`${seconds(rule.for) * 2}s`, `${seconds(rule.for) / 2}s`, "0s"];
  return held.map((now) => ({ operator: "for", was, now, rule: { ...rule, for: now } }));
};
