import Type, { type TProperties, type TSchema, type TUnsafe } from "typebox";

/** The kinds of value that monitoring.yaml is made of. Descriptions are shown by editors, through the JSON Schema. */

/** A length of time as Prometheus writes it: one number, one unit. */
export type Duration = `${number}${"ms" | "s" | "m" | "h" | "d" | "w"}`;

const unitSeconds: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

export const inSeconds = (length: Duration): number => {
  const [, count = "0", unit = "s"] = /^([0-9]+)([a-z]+)$/.exec(length) ?? [];
  return Number(count) * (unitSeconds[unit] ?? 1);
};

/** A length of time times a factor, to whole milliseconds, never less than one of them unless it was 0. */
export const scaled = (length: Duration, factor: number): Duration => {
  if (factor === 1) return length;
  const ms = Math.round(inSeconds(length) * factor * 1000);
  if (ms === 0) return inSeconds(length) === 0 ? "0s" : "1ms";
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`;
};

export const duration = (description: string, byDefault: Duration): TUnsafe<Duration> =>
  Type.Unsafe<Duration>({ type: "string", pattern: "^[0-9]+(ms|s|m|h|d|w)$", description, default: byDefault });

/** A reference to a secret: the name of an environment variable, `${LIKE_THIS}`. The secret itself never stands here. */
export type SecretRef = `\${${string}}`;
export const secretPattern = "^\\$\\{[A-Z_][A-Z0-9_]*\\}$";
export const secret = (description: string, variable?: string): TUnsafe<SecretRef> =>
  Type.Unsafe<SecretRef>({
    type: "string",
    pattern: secretPattern,
    description: `${description} Write the name of an environment variable: \${NAME}.`,
    "x-secret": true,
    ...(variable === undefined ? {} : { default: `\${${variable}}` }),
  });

/** Host and port, no scheme: `localhost:9090`. */
export const address = (description: string, byDefault?: string) =>
  text(description, byDefault, "^[^\\s/:@]+:[0-9]{1,5}$");
/** An http or https address. User names and passwords inside it are refused: they are secrets in clear. */
export const url = (description: string, byDefault?: string) => text(description, byDefault, "^https?://[^\\s@]+$");

export const text = (description: string, byDefault?: string, pattern = "\\S") =>
  Type.String({ description, pattern, maxLength: 1024, ...(byDefault === undefined ? {} : { default: byDefault }) });

export const flag = (description: string, byDefault: boolean) => Type.Boolean({ description, default: byDefault });

export const choice = <const T extends readonly string[]>(description: string, values: T, byDefault?: T[number]) =>
  Type.Unsafe<T[number]>({
    type: "string",
    enum: values,
    description,
    ...(byDefault === undefined ? {} : { default: byDefault }),
  });

/** A map with known keys only. */
export const section = <P extends TProperties>(description: string, properties: P) =>
  Type.Object(properties, { description, additionalProperties: false, default: {} });

/** A section that is off until it is written down: it needs something that only its owner has, a key or a server. */
export const optIn = <P extends TProperties>(description: string, properties: P) =>
  Type.Object(
    {
      enabled: flag("Writing the section down switches it on; false keeps it and switches it off.", true),
      ...properties,
    },
    { description, additionalProperties: false, default: { enabled: false } },
  );

/** An entry of a list, or of a map, that nobody fills in for you. */
export const entry = <P extends TProperties>(description: string, properties: P) =>
  Type.Object(properties, { description, additionalProperties: false });

export const list = <T extends TSchema>(description: string, items: T, byDefault: readonly unknown[] = []) =>
  Type.Array(items, { description, default: byDefault, maxItems: 200 });
