import Value from "typebox/value";
import { type Document, isNode, isScalar, isMap as isYamlMap, LineCounter, parseDocument } from "yaml";
import { check, type Finding, isMap, type Shape } from "./spec/check.ts";
import type { Problem } from "./spec/problem.ts";
import { type Spec, schema } from "./spec/schema.ts";
import { sense } from "./spec/sense.ts";

/** A file of monitoring settings is a few kilobytes; one that is larger than this is something else. */
const fileLimitBytes = 1_048_576;

const shape = schema as unknown as Shape;

export type Reading =
  /** `notices` are things that were understood, and that somebody should know about. */
  | { readonly ok: true; readonly spec: Spec; readonly notices: readonly Problem[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Reads a monitoring.yaml. Reports every problem at once, each with its line, and what to do. */
export const readSpec = (text: string): Reading => {
  if (text.length > fileLimitBytes)
    return refused({ line: 1, path: "", message: "larger than 1 MiB", fix: "Is this the right file?" });
  const lines = new LineCounter();
  const file = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (file.errors.length > 0)
    return refused(
      ...file.errors.map(({ pos, message }) => ({
        line: lines.linePos(pos[0]).line,
        path: "",
        message: `not YAML: ${message}`,
        fix: "Mend the line.",
      })),
    );
  const place = (finding: Finding): Problem => placed(file, lines, finding);

  const written = contentOf(file);
  if (written instanceof Error)
    return refused({ line: 1, path: "", message: written.message, fix: "Write the value out." });
  const given = withEmptySections(shape, written ?? {});
  const findings = check(shape, given);
  if (findings.length > 0) return refused(...findings.map(place));

  const spec = frozen(Value.Default(schema, structuredClone(given))) as Spec;
  const { problems, notices } = sense(spec);
  if (problems.length > 0) return refused(...problems.map(place));
  return { ok: true, spec, notices: notices.map(place) };
};

const refused = (...problems: readonly Problem[]): Reading => ({
  ok: false,
  problems: [...problems].sort((a, b) => a.line - b.line),
});

/** Aliases are limited by the parser (a few lines could otherwise unfold into gigabytes); it throws when there are more. */
const contentOf = (file: Document): unknown => {
  try {
    return file.toJS({ maxAliasCount: 100 });
  } catch (error) {
    return error;
  }
};

/** `slack:` with nothing behind it is a section with its defaults, not an absence. */
const withEmptySections = (shape: Shape, value: unknown): unknown => {
  if (value === null && shape.type === "object") return {};
  if (!isMap(value) || shape.properties === undefined) return value;
  const entries = Object.entries(value).map(([key, item]) => [
    key,
    withEmptySections(shape.properties?.[key] ?? {}, item),
  ]);
  return Object.fromEntries(entries);
};

const placed = (file: Document, lines: LineCounter, { path, key, message, fix }: Finding): Problem => ({
  line: lineOf(file, lines, path, key === true),
  path: path.map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`).join(""),
  message,
  fix,
});

/** The line of a key or a value; where a default is at fault, of the nearest section that is written down. */
const lineOf = (file: Document, lines: LineCounter, path: Finding["path"], atKey: boolean): number => {
  for (let depth = path.length; depth > 0; depth--) {
    const holder = file.getIn(path.slice(0, depth - 1), true);
    const step = path[depth - 1];
    const pair = isYamlMap(holder) ? holder.items.find(({ key }) => isScalar(key) && key.value === step) : undefined;
    const value = file.getIn(path.slice(0, depth), true);
    const node = pair !== undefined && (atKey || !isScalar(value)) ? pair.key : value;
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
};

const frozen = (value: unknown): unknown => {
  if (typeof value !== "object" || value === null) return value;
  for (const item of Object.values(value)) frozen(item);
  return Object.freeze(value);
};
