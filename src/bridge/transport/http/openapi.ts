import type { TSchema } from "typebox";
import { Type } from "typebox";
import { JwkSchema, KeySchema } from "../key-view.ts";
import type { ServedOpenOperation } from "../open/operation.ts";
import { openOperations } from "../open/operations.ts";
import type { ServedOperation } from "../operation.ts";
import { InquirySchema } from "../operations/inquiries.ts";
import { operations } from "../operations.ts";
import { OpeningSchema } from "../session-opening.ts";
import { ElicitationSchema, EventSchema, JwsSchema, OfferSchema, ReachSchema } from "../views.ts";
import { healthPages } from "./health.ts";
import { PROBLEM_MEDIA_TYPE, ProblemSchema } from "./problem.ts";
import { STREAM_PATH } from "./stream.ts";

interface Document {
  readonly openapi: "3.1.0";
  readonly [member: string]: unknown;
}

/** The OpenAPI 3.1 description of the HTTP door, from the schemas that guard it. */
export const openApi = (version: string): Document => ({
  openapi: "3.1.0",
  info: {
    title: "Lighthouse bridge",
    version,
    summary: "Agents ask each other questions through a bridge that never loses one.",
    description: [
      "Every call needs an agent's bearer credential; who is asking is in the credential and never in an argument. The " +
        "exceptions are how one comes by a credential: a challenge, an enrolment, signing in.",
      "Every refusal is an RFC 9457 problem with a stable `code`, and lists all that is wrong at once.",
      "The same operations are served over WebSocket at `/ws`, as JSON-RPC 2.0 methods named like the `operationId`.",
    ].join("\n\n"),
    license: { name: "Apache-2.0", identifier: "Apache-2.0" },
  },
  servers: [{ url: "/", description: "the bridge that serves this document" }],
  security: [{ bearer: [] }],
  tags: Object.entries(tags).map(([name, description]) => ({ name, description })),
  paths: paths(),
  components: {
    securitySchemes: {
      bearer: {
        type: "http",
        scheme: "bearer",
        description: "what `lighthouse agent add` issues, or what `sessions.open` gave for a signature",
      },
      enrolment: {
        type: "http",
        scheme: "bearer",
        description: "the one-time token that `agents.invite` gave",
      },
    },
    schemas: Object.fromEntries(Object.entries(named).map(([name, schema]) => [name, referring(schema, name)])),
    responses: { problem: problemResponse("Why it was refused.") },
  },
});

/**
 * The document as it is committed. It describes this version of the protocol, not of the package, so that a release
 * does not change it.
 */
export const openApiText = (): string => `${JSON.stringify(openApi(PROTOCOL_VERSION), null, 2)}\n`;

const PROTOCOL_VERSION = "1";

/** By the first word of an operation's name. */
const tags = {
  elicitations: "Questions, answers, and what became of them.",
  inbox: "What waits for an agent's answer.",
  messages: "The mailbox: questions that wait until their target polls, and come again until it says that it has them.",
  forms: "A question as a one-time web page, for the person behind an agent.",
  webhook: "Questions posted to an agent that is not connected.",
  inquiries: "One question to several agents, or to whoever has an expertise.",
  budgets: "What a story of causes may cost, and who lets it go on.",
  agents: "Who is registered, and how one comes to be.",
  sessions: "Signing in with a key, where a bearer credential is needed.",
  keys: "What keys are worth.",
  master: "The secret that MAC keys derive from.",
  conditions: "What a review found wanting, and its mending.",
  rollouts: "One gradual rollout at a time, led under a lease.",
  rollbacks: "Taking a rollout back, step by step, each with what proves it.",
  flags: "Switches that are set while the bridge runs, for a share of the agents or for some.",
  arms: "The two ways of delivery, and what is in flight by each.",
  mode: "How much of its work the bridge does.",
  events: "The log, and applications' own events in it.",
  stream: "What happens, as it happens.",
  health: "How the bridge is. Needs no credential.",
} as const;

/** Schemas that have a name of their own in the document. */
const named: Readonly<Record<string, TSchema>> = {
  Elicitation: ElicitationSchema,
  Offer: OfferSchema,
  Jws: JwsSchema,
  Jwk: JwkSchema,
  Key: KeySchema,
  Reach: ReachSchema,
  Event: EventSchema,
  Inquiry: InquirySchema,
  Problem: ProblemSchema,
};

const paths = () => {
  const byPath: Record<string, Record<string, unknown>> = {};
  const add = (path: string, method: string, described: object): void => {
    byPath[path] = { ...byPath[path], [method.toLowerCase()]: described };
  };
  for (const op of operations) add(op.http.path.replace(/:(\w+)/g, "{$1}"), op.http.method, describe(op));
  for (const op of openOperations) add(op.http.path, op.http.method, describeOpen(op));
  add(STREAM_PATH, "GET", describeStream());
  for (const page of healthPages) add(page.path, "GET", describeHealth(page));
  return byPath;
};

const describe = (op: ServedOperation) => {
  const properties = propertiesOf(op.input);
  const inPath = [...op.http.path.matchAll(/:(\w+)/g)].map((match) => match[1] as string);
  const rest = Object.keys(properties).filter((name) => !inPath.includes(name));
  const isGet = op.http.method === "GET";
  const parameters = [
    ...inPath.map((name) => parameter("path", name, properties[name], true)),
    ...(isGet
      ? rest.map((name) => parameter("query", name, properties[name], requiredOf(op.input).includes(name)))
      : []),
    ...(rest.includes("key") ? [idempotencyKey(properties["key"])] : []),
    traceparent,
  ];
  return {
    operationId: op.name,
    summary: op.summary,
    tags: [tagOf(op.name)],
    parameters,
    ...(isGet || rest.length === 0 ? {} : { requestBody: bodyOf(op.input, rest) }),
    responses: {
      [op.http.status]: {
        ...jsonResponse("Done, and on disk where it changed something.", op.output),
        ...(op.charge === undefined ? {} : { headers: rateHeaders }),
      },
      ...refusals,
    },
  };
};

const describeOpen = (op: ServedOpenOperation) => {
  const names = Object.keys(propertiesOf(op.input));
  return {
    operationId: op.name,
    summary: op.summary,
    tags: [tagOf(op.name)],
    security: op.credential === "none" ? [] : [{ enrolment: [] }],
    parameters: [traceparent],
    ...(names.length === 0 ? {} : { requestBody: bodyOf(op.input, names) }),
    responses: {
      [op.http.status]: jsonResponse("Done, and on disk where it changed something.", op.output),
      ...refusals,
    },
  };
};

const describeStream = () => ({
  operationId: "stream.open",
  summary: "Server-sent events: offers, outcomes and events as they happen, resuming by `Last-Event-ID`.",
  description:
    "Events are `open`, `offer` (`{offer, position}`), `ended` (`{elicitation}`), `event` (`{event}`) and `closing` " +
    "(`{code, title, detail}`), with the same members as over WebSocket. The id of an event is a position in the log: " +
    "everything up to it has been told. Offers have no id, because what is open is offered again by every new stream.",
  tags: ["stream"],
  parameters: [
    ...Object.entries(propertiesOf(OpeningSchema)).map(([name, schema]) => parameter("query", name, schema, false)),
    parameter("header", "Last-Event-ID", Type.Integer({ minimum: 0, description: "goes before `after`" }), false),
    traceparent,
  ],
  responses: {
    200: {
      description: "A stream that ends when either side has gone.",
      content: { "text/event-stream": { schema: { type: "string" } } },
    },
    ...refusals,
  },
});

const describeHealth = ({ name, summary, output }: (typeof healthPages)[number]) => ({
  operationId: name,
  summary,
  tags: ["health"],
  security: [],
  responses: {
    200: jsonResponse("It is well.", output),
    503: jsonResponse("It is not, and this is why.", output),
    "4XX": { $ref: "#/components/responses/problem" },
  },
});

/** As the IETF's httpapi group drafts them. */
const rateHeaders = {
  RateLimit: { description: "what is left of a rate, and in how many seconds it is whole", schema: { type: "string" } },
  "RateLimit-Policy": { description: "the rate that this call was charged to", schema: { type: "string" } },
};

const refusals = {
  "4XX": { $ref: "#/components/responses/problem" },
  "5XX": { $ref: "#/components/responses/problem" },
};

const jsonResponse = (description: string, schema: TSchema) => ({
  description,
  content: { "application/json": { schema: referring(schema) } },
});

const problemResponse = (description: string) => ({
  description,
  headers: {
    "Retry-After": { description: "seconds, with what may pass by itself", schema: { type: "integer" } },
    "WWW-Authenticate": { description: "with 401", schema: { type: "string" } },
  },
  content: { [PROBLEM_MEDIA_TYPE]: { schema: { $ref: "#/components/schemas/Problem" } } },
});

const parameter = (place: "path" | "query" | "header", name: string, schema: unknown, required: boolean) => {
  const { description, ...rest } = schema as { readonly description?: string };
  return { name, in: place, required, ...(description === undefined ? {} : { description }), schema: referring(rest) };
};

const idempotencyKey = (schema: unknown) => ({
  ...parameter("header", "Idempotency-Key", schema, false),
  description: "the member `key`, said as a header; bare or quoted",
});

const traceparent = {
  name: "traceparent",
  in: "header",
  required: false,
  description: "W3C trace context; kept with every event that this call leads to. One that is none is passed over",
  schema: { type: "string" },
};

const bodyOf = (input: TSchema, names: readonly string[]) => {
  const properties = propertiesOf(input);
  const required = requiredOf(input).filter((name) => names.includes(name));
  const schema = {
    type: "object",
    properties: Object.fromEntries(names.map((name) => [name, referring(properties[name])])),
    ...(required.length === 0 ? {} : { required }),
    additionalProperties: false,
  };
  return { required: required.length > 0, content: { "application/json": { schema } } };
};

const propertiesOf = (schema: TSchema): Readonly<Record<string, unknown>> =>
  (schema as { readonly properties?: Readonly<Record<string, unknown>> }).properties ?? {};

const requiredOf = (schema: TSchema): readonly string[] =>
  (schema as { readonly required?: readonly string[] }).required ?? [];

const tagOf = (operationId: string): string => operationId.slice(0, operationId.indexOf("."));

const namesByText: ReadonlyMap<string, string> = new Map(
  Object.entries(named).map(([name, schema]) => [JSON.stringify(schema), name]),
);

/** The schema as plain JSON, with what has a name replaced by a reference to it. */
const referring = (schema: unknown, self?: string): unknown => {
  const walk = (value: unknown): unknown => {
    if (typeof value !== "object" || value === null) return value;
    const name = namesByText.get(JSON.stringify(value));
    if (name !== undefined && name !== self) return { $ref: `#/components/schemas/${name}` };
    if (Array.isArray(value)) return value.map(walk);
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, walk(member)]));
  };
  return walk(schema);
};
