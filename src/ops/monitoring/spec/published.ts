import { isMap } from "./check.ts";
import { schema } from "./schema.ts";

/**
 * The JSON Schema (2020-12) of monitoring.yaml, for editors; kept in docs/monitoring.schema.json. Point an editor at it
 * with `# yaml-language-server: $schema=…`. What has a default need not be written, so it is not required here.
 */
export const publishedSchema = (): Readonly<Record<string, unknown>> => ({
  $schema: "https://json-schema.org/draft/2020-12/schema",
  title: "monitoring.yaml",
  ...(withoutDefaulted(schema) as object),
});

const withoutDefaulted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutDefaulted);
  if (!isMap(value)) return value;
  const { required, ...rest } = value;
  const kept = Object.fromEntries(Object.entries(rest).map(([key, item]) => [key, withoutDefaulted(item)]));
  if (!Array.isArray(required)) return required === undefined ? kept : { ...kept, required };
  const properties = isMap(value["properties"]) ? value["properties"] : {};
  const needed = required.filter((key) => !hasDefault(properties[String(key)]));
  return needed.length === 0 ? kept : { ...kept, required: needed };
};

const hasDefault = (shape: unknown): boolean => isMap(shape) && shape["default"] !== undefined;
