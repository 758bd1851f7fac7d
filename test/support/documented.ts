import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { openApi } from "../../src/bridge/transport/http/openapi.ts";

/** What was said over HTTP. */
export interface Said {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly contentType: string;
  readonly body: unknown;
}

/**
 * Holds replies against the OpenAPI document: what is not documented, and what differs from its documentation. Members
 * that the document does not name count as differences, so that it cannot fall behind.
 */
export const undocumented = (said: Said): readonly string[] => {
  const path = paths.find(({ pattern }) => pattern.test(said.path));
  const operation = path?.methods[said.method.toLowerCase()];
  if (path === undefined || operation === undefined) return [];
  const key = [String(said.status), `${Math.floor(said.status / 100)}XX`].find((one) => one in operation.responses);
  if (key === undefined) return [`${said.method} ${path.name} has no response ${said.status}`];
  const response = operation.responses[key]?.$ref === undefined ? operation.responses[key] : problemResponse;
  const media = Object.keys(response?.content ?? {}).find((type) => said.contentType.startsWith(type));
  if (media === undefined) return [`${said.method} ${path.name} ${key} has no content ${said.contentType}`];
  const schema = response?.content?.[media]?.schema;
  return check(schema ?? {}, said.body).map((problem) => `${said.method} ${path.name} ${said.status}: ${problem}`);
};

interface Response {
  readonly $ref?: string;
  readonly content?: Readonly<Record<string, { readonly schema: object }>>;
}
interface DocumentedOperation {
  readonly responses: Readonly<Record<string, Response>>;
}

/** Every object says all of its members. */
const closed = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.fromEntries(Object.entries(value).map(([key, member]) => [key, closed(member)]));
  const isObject = members["type"] === "object" && "properties" in members && !("additionalProperties" in members);
  return isObject ? { ...members, additionalProperties: false } : members;
};

const document = closed(openApi("test")) as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, DocumentedOperation>>>>;
  readonly components: { readonly responses: Readonly<Record<string, Response>> };
};
const problemResponse = document.components.responses["problem"];

const paths = Object.entries(document.paths).map(([name, methods]) => ({
  name,
  methods,
  pattern: new RegExp(`^${name.replace(/\{\w+\}/g, "[^/]+")}$`),
}));

const ajv = new Ajv2020({ allErrors: true, strict: false });
ajv.addSchema({ ...document, $id: "lighthouse://document" });
const validators = new Map<object, ValidateFunction>();

const check = (schema: object, body: unknown): readonly string[] => {
  let validate = validators.get(schema);
  if (validate === undefined) {
    const text = JSON.stringify(schema).replaceAll('"#/components/', '"lighthouse://document#/components/');
    validate = ajv.compile(JSON.parse(text) as object);
    validators.set(schema, validate);
  }
  return validate(body)
    ? []
    : (validate.errors ?? []).map(
        ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
      );
};
