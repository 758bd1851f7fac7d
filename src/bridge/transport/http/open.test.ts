import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type HttpDoor, httpDoor } from "../../../../test/support/http-door.ts";
import { enrolled, stamp, testKey } from "../../../../test/support/key-agent.ts";
import { enrolmentRequest, ownKey, signedLogin, signedRotation } from "../../../client/proof.ts";
import { openOperations } from "../open/operations.ts";
import { PROBLEM_MEDIA_TYPE, problemCodes } from "./problem.ts";

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const challengeAt = async (door: HttpDoor) =>
  (await door.call({ method: "POST", url: "/v1/challenges", body: {} })).json<{ challenge: string }>().challenge;

test("an agent's life over HTTP: invited, enrolled, signed in, rotated, signed out", async () => {
  const door = await httpDoor();
  const admin = await door.register("admin", ["admin"]);
  const invited = await door.call({ url: "/v1/invitations", as: admin, body: { name: "bob", expertise: ["sql"] } });
  expect(invited.status).toBe(201);
  const { token, audience } = invited.json<{ token: string; audience: string }>();

  const now = { agent: "bob", iat: Math.floor(door.bridge.now() / 1_000) };
  const request = enrolmentRequest(audience, token, testKey(1), { ...now, challenge: await challengeAt(door) });
  const enrolment = await door.call({ url: "/v1/enrolments", headers: bearer(token), body: request });
  expect([enrolment.status, enrolment.json()]).toMatchObject([201, { agent: "bob", macKid: "bob#mac1", audience }]);

  const login = signedLogin(audience, testKey(1), { ...now, challenge: await challengeAt(door) });
  const opened = await door.call({ url: "/v1/sessions", body: { login } });
  expect(opened.status).toBe(201);
  const session = opened.json<{ token: string; expiresAt: number; idleMs: number }>();
  expect(session).toMatchObject({ agent: "bob", idleMs: 900_000, macEpoch: 1, epoch: 1 });
  expect(session.expiresAt - door.bridge.now()).toBe(43_200_000);
  const me = { headers: bearer(session.token) };
  expect((await door.call({ url: "/v1/inbox", ...me })).status).toBe(200);

  const shown = await door.call({ url: "/v1/agents/bob", ...me });
  expect(shown.json()).toMatchObject({
    ...{ name: "bob", status: "active", expertise: ["sql"] },
    keys: [
      { alg: "Ed25519", state: "active", jwk: { crv: "Ed25519" } },
      { kid: "bob#mac1", alg: "HS256", state: "active", epoch: 1 },
    ],
  });

  await door.clock.advance(60_000);
  const keys = [ownKey(testKey(1)), ownKey(testKey(2))];
  const later = { agent: "bob", iat: Math.floor(door.bridge.now() / 1_000), challenge: await challengeAt(door) };
  const rotation = signedRotation(audience, keys, testKey(2), later);
  expect(await door.call({ url: "/v1/keys/rotate", ...me, body: { rotation } })).toMatchObject({ status: 200 });
  expect((await door.call({ url: "/v1/inbox", ...me })).status).toBe(401);

  const anew = signedLogin(audience, testKey(2), { ...later, challenge: await challengeAt(door) });
  const second = (await door.call({ url: "/v1/sessions", body: { login: anew } })).json<{ token: string }>();
  expect((await door.call({ method: "POST", url: "/v1/sessions/close", headers: bearer(second.token) })).status).toBe(
    200,
  );
  expect((await door.call({ url: "/v1/inbox", headers: bearer(second.token) })).status).toBe(401);
});

test("the operator's acts over HTTP: suspend, resume, revoke a key, show what became of it", async () => {
  const door = await httpDoor();
  const admin = await door.register("admin", ["admin"]);
  const bob = await enrolled(door, "bob", testKey(1));
  const act = (url: string, body: object) => door.call({ url, as: admin, body });
  expect((await act("/v1/agents/bob/suspend", { reason: "loop" })).json()).toEqual({
    name: "bob",
    status: "suspended",
  });
  expect((await door.call({ url: "/v1/agents/bob", as: admin })).json()).toMatchObject({ reason: "loop" });
  expect((await act("/v1/agents/bob/resume", {})).json()).toEqual({ name: "bob", status: "active" });
  expect((await act("/v1/agents/admin/suspend", {})).problem().code).toBe("forbidden");
  const revoked = await act("/v1/agents/bob/keys/revoke", { kid: bob.kid, reason: "stolen", compromisedSince: 2 });
  expect(revoked.json()).toMatchObject({
    ...{ kid: bob.kid, agent: "bob", state: "revoked" },
    revoked: { reason: "stolen", compromisedSince: 2 },
  });
  expect((await act("/v1/agents/bob/keys/revoke", { kid: "nobody's" })).problem().code).toBe("not_found");
  expect((await door.call({ url: "/v1/agents/nobody", as: admin })).problem().code).toBe("agent_unknown");
});

test("a suspended agent's bearer token is told that it is suspended, and a stranger's nothing", async () => {
  const door = await httpDoor();
  const [admin, bob] = [await door.register("admin", ["admin"]), await door.register("bob")];
  await door.call({ url: "/v1/agents/bob/suspend", as: admin, body: { reason: "it floods" } });
  const knock = async (token: string) => (await door.call({ url: "/v1/inbox", headers: bearer(token) })).problem();
  expect(await knock(bob.token)).toMatchObject({ status: 403, code: "agent_suspended", detail: "it floods" });
  expect(await knock(`lht_${"A".repeat(43)}`)).toMatchObject({ status: 401, code: "unauthenticated" });
  expect(await knock(`lhs_${"A".repeat(43)}`)).toMatchObject({ status: 401, code: "unauthenticated" });
});

test("only admins invite, suspend, resume, revoke keys and rotate the master", async () => {
  const door = await httpDoor();
  const alice = await door.register("alice", ["agent", "expert", "system"]);
  for (const [url, body] of [
    ["/v1/invitations", { name: "eve" }],
    ["/v1/agents/alice/suspend", {}],
    ["/v1/agents/alice/resume", {}],
    ["/v1/agents/alice/keys/revoke", { kid: "k" }],
    ["/v1/master/rotate", {}],
  ] as const) {
    expect([url, (await door.call({ url, as: alice, body })).problem().code]).toEqual([url, "forbidden"]);
  }
});

describe("strangers", () => {
  test("learn the same about a name that exists and one that does not, and leave a trace", async () => {
    const door = await httpDoor();
    await enrolled(door, "bob", testKey(1));
    const said: string[] = [];
    for (const name of ["bob", "nobody"]) {
      const token = `lhe_${"A".repeat(43)}`;
      const body = enrolmentRequest(door.bridge.audience, token, testKey(2), stamp(door, name));
      const enrolment = await door.call({ url: "/v1/enrolments", headers: bearer(token), body });
      const login = signedLogin(door.bridge.audience, testKey(3), stamp(door, name));
      const opened = await door.call({ url: "/v1/sessions", body: { login } });
      said.push(enrolment.text + opened.text);
    }
    expect(said[0]).toBe(said[1]);
    const subjects = (await door.events())
      .filter(({ type }) => type === "security.violation")
      .map(({ actor, data }) => [actor, (data as { subject: string }).subject]);
    expect(subjects).toEqual(
      [1, 2].flatMap(() => [
        ...[
          ["anonymous", "enrol"],
          ["anonymous", "login"],
        ],
      ]),
    );
  });

  test("have a rate of their own, which costs agents nothing", async () => {
    const door = await httpDoor({ limits: { strangersPerMinute: 5, strangersBurst: 0 } });
    const alice = await door.register("alice");
    const codes = [];
    for (let n = 0; n < 7; n++) codes.push((await door.call({ method: "POST", url: "/v1/challenges" })).status);
    expect(codes).toEqual([201, 201, 201, 201, 201, 429, 429]);
    const refused = await door.call({ method: "POST", url: "/v1/challenges" });
    expect([refused.problem().code, refused.headers["retry-after"]]).toEqual(["rate_limited", "12"]);
    expect((await door.call({ url: "/v1/inbox", as: alice })).status).toBe(200);
    await door.clock.advance(12_000);
    expect((await door.call({ method: "POST", url: "/v1/challenges" })).status).toBe(201);
  });

  test("cost no memory for a challenge, and their sign-ins fill no log", async () => {
    const door = await httpDoor({ limits: { strangersPerMinute: 10_000, strangersPerMinuteOfAll: 10_000 } });
    const login = signedLogin(door.bridge.audience, testKey(3), stamp(door, "bob"));
    for (let n = 0; n < 100; n++) expect((await door.call({ url: "/v1/sessions", body: { login } })).status).toBe(401);
    const violations = (await door.events()).filter(({ type }) => type === "security.violation");
    expect(violations).toHaveLength(60);
  });

  test("with an agent's credential, or none, enrol nobody", async () => {
    const door = await httpDoor();
    const bob = await door.register("bob");
    const body = enrolmentRequest(door.bridge.audience, bob.token, testKey(2), stamp(door, "bob"));
    for (const headers of [{}, bob.headers]) {
      expect((await door.call({ url: "/v1/enrolments", headers, body })).problem().code).toBe("unauthenticated");
    }
  });

  test("are told nothing when the bridge is stopping but that", async () => {
    const door = await httpDoor();
    await door.bridge.stop({ code: "shutting_down", detail: "for an update" });
    expect((await door.call({ method: "POST", url: "/v1/challenges" })).problem().code).toBe("shutting_down");
  });
});

test("whatever a stranger sends to what is open: a success or a problem with a known code, no fault, no crash", async () => {
  const door = await httpDoor({
    limits: { strangersPerMinute: 1_000_000, strangersPerMinuteOfAll: 1_000_000 },
  });
  const properties = openOperations.flatMap((op) =>
    Object.keys((op.input as unknown as { properties: object }).properties),
  );
  const login = signedLogin(door.bridge.audience, testKey(1), stamp(door, "bob"));
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    fc.constantFrom<unknown>(
      login,
      { ...login, signatures: [{ protected: "e30", signature: "" }] },
      "lhe_",
      null,
      [],
      -0,
    ),
  );
  const body = fc.oneof(
    fc.jsonValue({ maxDepth: 5 }),
    fc.dictionary(fc.constantFrom(...properties, "__proto__", "agent", ""), value, { maxKeys: 6 }),
  );
  const header = fc.constantFrom({}, bearer("lhe_x"), bearer(`lhe_${"A".repeat(43)}`), { authorization: "Basic x" });
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...openOperations), body, header, async ({ http }, sent, headers) => {
      const answer = await door.call({ method: "POST", url: http.path, headers, body: JSON.stringify(sent) });
      expect(answer.status).toBeLessThan(500);
      if (answer.status < 400) return;
      expect(answer.headers["content-type"]).toBe(PROBLEM_MEDIA_TYPE);
      expect(problemCodes).toContain(answer.problem().code);
    }),
    { numRuns: 1_000 },
  );
  expect(door.faults).toEqual([]);
}, 60_000);
