import { parser } from "@prometheus-io/lezer-promql";

/** PromQL as Prometheus' own grammar sees it. Syntax only: whether types fit is for promtool to say. */

/** A node of the tree: what it is, where it stands, and what it says. */
export interface Piece {
  readonly kind: string;
  readonly from: number;
  readonly to: number;
  readonly text: string;
  /** Kinds of the nodes around it, the nearest first. */
  readonly within: readonly string[];
}

export const piecesOf = (expr: string): readonly Piece[] => {
  const pieces: Piece[] = [];
  const around: string[] = [];
  parser.parse(expr).iterate({
    enter: ({ name, from, to, type }) => {
      if (type.isError) throw new Error(`not PromQL near character ${from}: ${expr}`);
      pieces.push({ kind: name, from, to, text: expr.slice(from, to), within: [...around].reverse() });
      around.push(name);
    },
    leave: () => {
      around.pop();
    },
  });
  return pieces;
};

export interface Matcher {
  readonly label: string;
  readonly operator: string;
  readonly value: string;
}
export interface Selector {
  readonly metric: string;
  readonly matchers: readonly Matcher[];
}

/** Every selector of an expression: the metric that it reads, and the labels that it asks for. */
export const selectorsOf = (expr: string): readonly Selector[] => {
  const pieces = piecesOf(expr);
  const inside = (outer: Piece, kind: string) =>
    pieces.filter((piece) => piece.kind === kind && piece.from >= outer.from && piece.to <= outer.to);
  return pieces
    .filter(({ kind }) => kind === "VectorSelector")
    .map((selector) => ({
      metric: inside(selector, "Identifier")[0]?.text ?? "",
      matchers: inside(selector, "UnquotedLabelMatcher").map((matcher) => ({
        label: inside(matcher, "LabelName")[0]?.text ?? "",
        operator: inside(matcher, "MatchOp")[0]?.text ?? "",
        value: JSON.parse(inside(matcher, "StringLiteral")[0]?.text ?? '""') as string,
      })),
    }));
};

/** Labels that an expression groups by or joins on. */
export const groupingsOf = (expr: string): readonly string[] =>
  piecesOf(expr)
    .filter(({ kind, within }) => kind === "LabelName" && within[0] === "GroupingLabels")
    .map(({ text }) => text);
