import { nearest } from "./nearest.ts";

/** A finding before it has a line. */
export interface Finding {
  readonly path: readonly (string | number)[];
  /** The finding is about the key itself and not about its value. */
  readonly key?: true;
  readonly message: string;
  readonly fix: string;
}

/** As much of JSON Schema as monitoring.yaml uses. */
export interface Shape {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly patternProperties?: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
  readonly items?: Shape;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly "x-secret"?: true;
}

type Path = Finding["path"];

/**
 * Every way in which a value does not fit a shape. Validators stop after a few errors and speak of schemas; this one
 * goes on to the end, says what to write, and never repeats a value that stands where a secret goes.
 */
export const check = (shape: Shape, value: unknown, path: Path = []): readonly Finding[] => {
  if (typeof value === "string" && shape["x-secret"] !== true && value.includes("${"))
    return [misplacedReference(path)];
  if (!isOf(shape, value)) return [wrongType(shape, value, path)];
  if (typeof value === "string") return ofString(shape, value, path);
  if (typeof value === "number") return ofNumber(shape, value, path);
  if (Array.isArray(value)) return ofArray(shape, value, path);
  if (isMap(value)) return ofMap(shape, value, path);
  return [];
};

export const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isOf = ({ type }: Shape, value: unknown): boolean => {
  if (type === "object") return isMap(value);
  if (type === "array") return Array.isArray(value);
  if (type === "integer") return Number.isInteger(value);
  if (type === "number") return typeof value === "number" && Number.isFinite(value);
  return type === undefined || typeof value === type;
};

const wrongType = (shape: Shape, value: unknown, path: Path): Finding => ({
  path,
  message: `expected ${nameOf(shape)}, found ${kindOf(value)}`,
  fix: shape.type === "string" && typeof value !== "object" ? quotedOr(shape, String(value)) : about(shape),
});

/** `15` where `15s` goes is not mended by quotes. */
const quotedOr = (shape: Shape, text: string): string =>
  shape.pattern === undefined || new RegExp(shape.pattern).test(text) ? "Put it in quotes." : expectedForm(shape);

const nameOf = ({ type }: Shape): string =>
  ({ object: "a section", array: "a list", string: "text", number: "a number", integer: "a whole number" })[
    type ?? ""
  ] ?? "true or false";

const kindOf = (value: unknown): string => {
  if (value === null) return "nothing";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object"
    ? "a section"
    : ({ string: "text", number: "a number" }[String(typeof value)] ?? "true or false");
};

const ofString = (shape: Shape, value: string, path: Path): readonly Finding[] => {
  if (shape["x-secret"] === true) return new RegExp(shape.pattern ?? "").test(value) ? [] : [secretInClear(path)];
  if (shape.enum !== undefined && !shape.enum.includes(value)) return [notOneOf(shape.enum, value, path)];
  if (shape.maxLength !== undefined && value.length > shape.maxLength)
    return [{ path, message: `longer than ${shape.maxLength} characters`, fix: "Shorten it." }];
  if (shape.pattern !== undefined && !new RegExp(shape.pattern).test(value))
    return [{ path, message: "not of the expected form", fix: expectedForm(shape) }];
  return [];
};

const secretInClear = (path: Path): Finding => ({
  path,
  message: "a secret in clear",
  fix: "Put it into an environment variable and write that variable's name here, as $ and the name in braces. If this file was shared, replace the secret.",
});

const misplacedReference = (path: Path): Finding => ({
  path,
  message: "a reference to the environment, where no secret goes",
  fix: "Write the value itself: only secrets are taken from the environment, so that everything else can be reviewed.",
});

const notOneOf = (known: readonly string[], value: string, path: Path): Finding => {
  const meant = nearest(value, known);
  return {
    path,
    message: `unknown value ${JSON.stringify(value.slice(0, 60))}`,
    fix: `${meant === undefined ? "" : `Did you mean ${JSON.stringify(meant)}? `}Known: ${known.join(", ")}.`,
  };
};

const expectedForm = (shape: Shape): string => {
  if (shape.pattern?.includes("(ms|s|m|h|d|w)")) return "Write one number and one unit, such as 30s, 5m or 30d.";
  if (shape.pattern === "^[0-9]+(s|m|h)$") return "Write one number and one unit, such as 30s or 5m.";
  if (shape.pattern?.startsWith("^https?"))
    return "Write an address that starts with http:// or https://, without user name or password.";
  if (shape.pattern?.endsWith(":[0-9]{1,5}$")) return "Write host and port, without http://, such as localhost:8765.";
  return about(shape);
};

const about = ({ description, default: byDefault }: Shape): string =>
  [
    description,
    typeof byDefault === "object" || byDefault === undefined ? undefined : `By default ${String(byDefault)}.`,
  ]
    .filter(Boolean)
    .join(" ") || "See docs/monitoring.schema.json.";

const ofNumber = (shape: Shape, value: number, path: Path): readonly Finding[] => {
  const { minimum = -Infinity, exclusiveMinimum = -Infinity, maximum = Infinity } = shape;
  if (value >= minimum && value > exclusiveMinimum && value <= maximum) return [];
  const lower = exclusiveMinimum === -Infinity ? `at least ${minimum}` : `more than ${exclusiveMinimum}`;
  return [
    {
      path,
      message: `${value} is out of range`,
      fix: `Write ${lower}${maximum === Infinity ? "" : `, at most ${maximum}`}.`,
    },
  ];
};

const ofArray = (shape: Shape, value: readonly unknown[], path: Path): readonly Finding[] => [
  ...(value.length > (shape.maxItems ?? Infinity)
    ? [{ path, message: `more than ${shape.maxItems} entries`, fix: "Shorten the list." }]
    : []),
  ...value.flatMap((item, index) => check(shape.items ?? {}, item, [...path, index])),
];

const ofMap = (shape: Shape, value: Readonly<Record<string, unknown>>, path: Path): readonly Finding[] => {
  const known = shape.properties ?? {};
  const missing = (shape.required ?? []).filter(
    (key) => !Object.hasOwn(value, key) && known[key]?.default === undefined,
  );
  return [
    ...missing.map((key) => ({ path, message: `${key} is missing`, fix: about(known[key] ?? {}) })),
    ...Object.entries(value).flatMap(([key, item]) => {
      const of = Object.hasOwn(known, key) ? known[key] : patternFor(shape, key);
      return of === undefined ? [unknownKey(shape, key, path)] : check(of, item, [...path, key]);
    }),
  ];
};

const patternFor = ({ patternProperties = {} }: Shape, key: string): Shape | undefined =>
  Object.entries(patternProperties).find(([pattern]) => new RegExp(pattern).test(key))?.[1];

/** Keys that older files have, and what became of them. */
const moved: Readonly<Record<string, string>> = {
  condition: "PagerDuty evaluates no conditions. Write threshold: and a number; the rule is rendered for Prometheus.",
  path: "Where samples are kept is a flag of the Prometheus server. Leave it out.",
};

const unknownKey = ({ properties = {} }: Shape, key: string, path: Path): Finding => {
  const names = Object.keys(properties);
  const meant = nearest(key, names);
  const known = names.length > 12 ? "" : `Known here: ${names.join(", ")}.`;
  return {
    path: [...path, key],
    key: true,
    message: `unknown key ${JSON.stringify(key.slice(0, 60))}`,
    fix:
      moved[key] ??
      (meant === undefined
        ? known || "See docs/monitoring.schema.json."
        : `Did you mean ${JSON.stringify(meant)}? ${known}`.trim()),
  };
};
