import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type HttpDoor, httpDoor } from "../../../../test/support/http-door.ts";
import type { TestAgent } from "../../../../test/support/test-bridge.ts";
import { operations } from "../operations.ts";
import { PROBLEM_MEDIA_TYPE, problemCodes } from "./problem.ts";

/**
 * Whatever comes in, what goes out is a success or a problem with a known code: no 500, no crash, no broken reply. Each
 * reply is held against the OpenAPI document on the way.
 */

let door: HttpDoor;
let admin: TestAgent;
let question: string;

beforeAll(async () => {
  door = await httpDoor();
  admin = await door.register("admin", ["admin"]);
  await door.register("bob");
  question = await door.ask("bob", "admin", { timeoutMs: door.limits.timeoutMsMax });
});
afterAll(() => expect(door.faults).toEqual([]));

const check = async (call: Parameters<HttpDoor["call"]>[0]): Promise<void> => {
  const answering = door.call({ as: admin, ...call });
  // Who waits, waits for the clock.
  if (/\/wait|\/v1\/inbox/.test(call.url)) await door.clock.advance(door.limits.longPollMsMax);
  const answer = await answering;
  expect(answer.status).toBeGreaterThanOrEqual(200);
  expect(answer.status).toBeLessThan(500);
  if (answer.status < 400) return;
  expect(answer.headers["content-type"]).toBe(PROBLEM_MEDIA_TYPE);
  expect(problemCodes).toContain(answer.problem().code);
  expect(answer.problem().status).toBe(answer.status);
};

const op = fc.constantFrom(...operations);
const urlOf = (path: string): string => path.replace(":id", question).replace(":name", "nobody");

/** Inputs near the real ones: the right names with values of any kind, and a few wrong names. */
const nearly = (properties: readonly string[]) =>
  fc.dictionary(
    fc.oneof(...properties.map((name) => fc.constant(name)), fc.constantFrom("__proto__", "constructor", "from", "")),
    fc.oneof(
      fc.jsonValue({ maxDepth: 3 }),
      fc.integer(),
      fc.constantFrom("bob", "admin", question, "", "el_", "-1", 1e308, -0, null, [], {}, "\u0000", "\ud800"),
    ),
    { maxKeys: 6 },
  );
const propertiesOf = (one: (typeof operations)[number]): readonly string[] =>
  Object.keys((one.input as unknown as { properties: object }).properties);

const RUNS = { numRuns: 300 };
/** For a machine that is busy with other things; in milliseconds. */
const TIMEOUT = { timeout: 60_000 };

test("JSON of any kind at any operation", TIMEOUT, async () => {
  await fc.assert(
    fc.asyncProperty(op, fc.jsonValue({ maxDepth: 6 }), async ({ http }, body) => {
      await check(
        http.method === "GET" ? { url: urlOf(http.path) } : { method: http.method, url: urlOf(http.path), body },
      );
    }),
    RUNS,
  );
});

test("bodies and queries that are almost right", TIMEOUT, async () => {
  const almost = op.chain((one) => fc.tuple(fc.constant(one), nearly(propertiesOf(one))));
  await fc.assert(
    fc.asyncProperty(almost, async ([{ http }, members]) => {
      if (http.method !== "GET")
        return check({ method: http.method, url: urlOf(http.path), body: JSON.stringify(members) });
      const query = Object.entries(members).map(([name, value]) =>
        [name, typeof value === "string" ? value : JSON.stringify(value)].map(encode).join("="),
      );
      return check({ url: `${urlOf(http.path)}?${query.join("&")}` });
    }),
    RUNS,
  );
});

test("schemas of any kind in a question", TIMEOUT, async () => {
  const schema = fc.dictionary(
    fc.constantFrom("type", "properties", "items", "$ref", "pattern", "enum", "anyOf", "$defs", "minimum", "required"),
    fc.jsonValue({ maxDepth: 4 }),
    { maxKeys: 5 },
  );
  await fc.assert(
    fc.asyncProperty(fc.oneof(schema, fc.jsonValue()), (asked) =>
      check({ url: "/v1/elicitations", body: { to: "bob", message: "m", schema: asked } }),
    ),
    RUNS,
  );
});

test("envelopes of any kind as an answer", TIMEOUT, async () => {
  const text = fc.oneof(fc.string(), fc.base64String(), fc.json());
  const envelope = fc.record({
    payload: text,
    signatures: fc.array(fc.record({ protected: text, signature: text }), { maxLength: 5 }),
  });
  await fc.assert(
    fc.asyncProperty(envelope, (answer) => check({ url: `/v1/elicitations/${question}/answer`, body: { answer } })),
    RUNS,
  );
});

test("bytes of any kind as a body", TIMEOUT, async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 2_000 }), (body) => check({ url: "/v1/elicitations", body })),
    RUNS,
  );
});

test("paths and methods of any kind", TIMEOUT, async () => {
  const path = fc.array(
    fc.oneof(fc.webSegment(), fc.constantFrom("v1", "elicitations", "inbox", "%00", "..", "%2e%2e")),
    { maxLength: 5 },
  );
  const method = fc.constantFrom("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS");
  await fc.assert(
    fc.asyncProperty(path, method, (segments, verb) => check({ method: verb as "GET", url: `/${segments.join("/")}` })),
    RUNS,
  );
});

test("header values of any kind, the credential's own included", TIMEOUT, async () => {
  const value = fc.string({
    unit: fc.integer({ min: 0x20, max: 0xff }).map((c) => String.fromCharCode(c)),
    maxLength: 300,
  });
  const names = [
    "authorization",
    "idempotency-key",
    "traceparent",
    "content-type",
    "content-encoding",
    "origin",
    "accept",
  ];
  await fc.assert(
    fc.asyncProperty(fc.dictionary(fc.constantFrom(...names), value), (headers) =>
      check({ url: "/v1/elicitations", body: { to: "bob", message: "m" }, headers }),
    ),
    RUNS,
  );
});

/** A lone surrogate has no percent-encoding. */
const encode = (text: string): string => encodeURIComponent(text.toWellFormed());
