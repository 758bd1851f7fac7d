import { describe, expect, test } from "vitest";
import { type Call, httpDoor } from "../../../../test/support/http-door.ts";
import { PROBLEM_MEDIA_TYPE } from "./problem.ts";

const json = { "content-type": "application/json" };

interface Row {
  readonly what: string;
  readonly call: Omit<Call, "as">;
  readonly status: number;
  readonly code: string;
  readonly allow?: string;
}

const rows: readonly Row[] = [
  {
    what: "malformed JSON",
    call: { url: "/v1/elicitations", body: '{"to": "bob",}' },
    status: 400,
    code: "invalid_input",
  },
  { what: "half a JSON value", call: { url: "/v1/elicitations", body: '{"to"' }, status: 400, code: "invalid_input" },
  {
    what: "bytes that are not UTF-8",
    call: { url: "/v1/elicitations", body: new Uint8Array([0x22, 0xff, 0x22]) },
    status: 400,
    code: "invalid_input",
  },
  { what: "a JSON list", call: { url: "/v1/elicitations", body: "[]" }, status: 400, code: "invalid_input" },
  { what: "JSON null", call: { url: "/v1/elicitations", body: "null" }, status: 400, code: "invalid_input" },
  { what: "a JSON text", call: { url: "/v1/elicitations", body: '"to"' }, status: 400, code: "invalid_input" },
  { what: "no body at all", call: { method: "POST", url: "/v1/elicitations" }, status: 400, code: "invalid_input" },
  {
    what: "a form",
    call: { url: "/v1/elicitations", body: "to=bob", headers: { "content-type": "application/x-www-form-urlencoded" } },
    status: 415,
    code: "media_type_unsupported",
  },
  {
    what: "plain text, which a page of any origin may send",
    call: { url: "/v1/elicitations", body: "{}", headers: { "content-type": "text/plain" } },
    status: 415,
    code: "media_type_unsupported",
  },
  {
    what: "a compressed body",
    call: { url: "/v1/elicitations", body: "{}", headers: { "content-encoding": "gzip" } },
    status: 415,
    code: "media_type_unsupported",
  },
  {
    what: "more bytes than a message may have",
    call: { url: "/v1/elicitations", body: `"${"x".repeat(1_048_576)}"` },
    status: 413,
    code: "too_large",
  },
  { what: "an unknown path", call: { url: "/v2/elicitations" }, status: 404, code: "route_unknown" },
  { what: "the root", call: { url: "/" }, status: 404, code: "route_unknown" },
  { what: "a path that is not UTF-8", call: { url: "/v1/elicitations/%ff" }, status: 400, code: "invalid_input" },
  { what: "a broken percent-encoding", call: { url: "/v1/elicitations/%zz" }, status: 400, code: "invalid_input" },
  { what: "an id of the wrong form", call: { url: "/v1/elicitations/el_1" }, status: 400, code: "invalid_input" },
  {
    what: "an endless id",
    call: { url: `/v1/elicitations/el_${"0".repeat(1_000)}` },
    status: 400,
    code: "invalid_input",
  },
  {
    what: "GET on a POST",
    call: { method: "GET", url: "/v1/agents/bob/revoke" },
    status: 405,
    code: "method_not_allowed",
    allow: "POST",
  },
  {
    what: "PUT on the questions",
    call: { method: "PUT", url: "/v1/elicitations", body: "{}" },
    status: 405,
    code: "method_not_allowed",
    allow: "POST",
  },
  {
    what: "DELETE on the events",
    call: { method: "DELETE", url: "/v1/events" },
    status: 405,
    code: "method_not_allowed",
    allow: "POST, GET",
  },
  {
    what: "QUERY on the events, a method of 2024",
    call: { method: "QUERY" as "GET", url: "/v1/events" },
    status: 405,
    code: "method_not_allowed",
    allow: "POST, GET",
  },
  {
    what: "TRACE",
    call: { method: "TRACE", url: "/v1/events" },
    status: 405,
    code: "method_not_allowed",
    allow: "POST, GET",
  },
  {
    what: "POST on health",
    call: { method: "POST", url: "/health" },
    status: 405,
    code: "method_not_allowed",
    allow: "GET, HEAD",
  },
  {
    what: "POST on the stream",
    call: { method: "POST", url: "/v1/stream" },
    status: 405,
    code: "method_not_allowed",
    allow: "GET",
  },
  {
    what: "OPTIONS that asks for nothing",
    call: { method: "OPTIONS", url: "/v1/inbox" },
    status: 405,
    code: "method_not_allowed",
    allow: "GET",
  },
];

describe.each(rows)("$what", ({ call, status, code, allow }) => {
  test(`is ${status} ${code}`, async () => {
    const door = await httpDoor();
    const alice = await door.register("alice");
    const refused = await door.call({ ...call, as: alice });
    expect([refused.status, refused.problem().code]).toEqual([status, code]);
    expect(refused.headers["content-type"]).toBe(PROBLEM_MEDIA_TYPE);
    const words = expect.stringMatching(/./);
    expect(refused.problem()).toMatchObject({ status, title: words, detail: words, remedy: words });
    expect(refused.headers["allow"]).toBe(allow);
    expect(door.faults).toEqual([]);
  });
});

test("a HEAD takes no inbox away: it is refused, and nothing is noted as offered", async () => {
  const door = await httpDoor();
  await door.register("alice");
  const bob = await door.register("bob");
  await door.ask("alice", "bob");
  const refused = await door.call({ method: "HEAD", url: "/v1/inbox", as: bob });
  expect([refused.status, refused.headers["allow"]]).toEqual([405, "GET"]);
  expect((await door.events()).map(({ type }) => type)).not.toContain("elicitation.offered");
});

test("a body without a content type is refused, and an empty one is none", async () => {
  const door = await httpDoor();
  const [alice] = [await door.register("alice"), await door.register("bob")];
  const url = `/v1/elicitations/${await door.ask("alice", "bob")}/cancel`;
  const untyped = await door.app.inject({ method: "POST", url, headers: alice.headers, payload: Buffer.from("{}") });
  expect(untyped.statusCode).toBe(415);
  const empty = await door.app.inject({ method: "POST", url, headers: { ...alice.headers, ...json } });
  expect(empty.statusCode).toBe(200);
});

test("`application/json; charset=utf-8` is JSON too", async () => {
  const door = await httpDoor();
  const [alice] = [await door.register("alice"), await door.register("bob")];
  const asked = await door.call({
    url: "/v1/elicitations",
    as: alice,
    body: { to: "bob", message: "m" },
    headers: { "content-type": "application/json; charset=utf-8" },
  });
  expect(asked.status).toBe(201);
});

test("a fault is a 500 without a stack or a word of what happened, and the operator hears all of it", async () => {
  const door = await httpDoor();
  const alice = await door.register("alice");
  const fault = new Error("secret detail of the inside");
  door.bridge.agents.list = () => {
    throw fault;
  };
  const failed = await door.call({ url: "/v1/agents", as: alice });
  expect([failed.status, failed.problem().code]).toEqual([500, "internal"]);
  expect(failed.text).not.toContain("secret detail");
  expect(failed.text).not.toContain(".ts");
  expect(door.faults).toEqual([fault]);
});

test("a log that is closed under a read is 503, not a fault", async () => {
  const door = await httpDoor();
  const alice = await door.register("alice");
  await door.log.close();
  const failed = await door.call({ url: "/v1/events", as: alice });
  expect([failed.status, failed.problem().code]).toEqual([503, "log_unavailable"]);
});

test("every reply carries the headers that keep it from being framed, guessed at, cached or read by a stranger's page", async () => {
  const door = await httpDoor();
  const alice = await door.register("alice");
  for (const call of [
    { url: "/health" },
    { url: "/v1/agents", as: alice },
    { url: "/nowhere" },
    { url: "/v1/inbox" },
  ]) {
    expect((await door.call(call)).headers).toMatchObject({
      "x-content-type-options": "nosniff",
      "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
      "cross-origin-resource-policy": "same-origin",
      "cache-control": "no-store",
    });
  }
});

test("a socket that takes nothing and sends nothing is closed after two minutes, longer than any poll", async () => {
  const door = await httpDoor();
  expect(door.app.server.timeout).toBe(120_000);
  expect(door.app.server.timeout).toBeGreaterThan(2 * door.limits.longPollMsMax);
  await door.close();
});
