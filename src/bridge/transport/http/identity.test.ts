import { describe, expect, test } from "vitest";
import { httpDoor } from "../../../../test/support/http-door.ts";
import { operations } from "../operations.ts";
import { STREAM_PATH } from "./stream.ts";

const routes = [
  ...operations.map(({ http }) => ({ method: http.method, url: http.path.replace(/:\w+/, "x") })),
  { method: "GET" as const, url: STREAM_PATH },
];

describe.each(routes)("$method $url", ({ method, url }) => {
  test.each([
    ["no credential", {}],
    ["a made-up credential", { authorization: `Bearer lht_${"A".repeat(43)}` }],
    ["a credential under another scheme", { authorization: "Basic YWxpY2U6c2VjcmV0" }],
    ["an endless credential", { authorization: `Bearer ${"A".repeat(4_096)}` }],
  ])("with %s is 401 and says how to authenticate", async (_what, headers: Record<string, string>) => {
    const door = await httpDoor();
    const refused = await door.call({ method, url, headers });
    expect([refused.status, refused.problem().code]).toEqual([401, "unauthenticated"]);
    expect(refused.headers["www-authenticate"]).toBe('Bearer realm="lighthouse"');
    expect((await door.events()).at(-1)).toMatchObject({
      type: "security.violation",
      actor: "anonymous",
      data: { kind: "invalid_credential", severity: "high", subject: "http" },
    });
  });
});

test("a stranger's body is not read: its size and its form make no difference to the 401", async () => {
  const door = await httpDoor();
  const big = await door.call({ url: "/v1/elicitations", body: "x".repeat(2_000_000) });
  expect(big.status).toBe(401);
});

test("strangers are written down sixty times a minute and no more, and turned away every time", async () => {
  const door = await httpDoor();
  const knock = async () => expect((await door.call({ url: "/v1/inbox" })).status).toBe(401);
  const recorded = async () => (await door.events()).filter(({ type }) => type === "security.violation").length;
  for (let n = 0; n < 100; n++) await knock();
  expect(await recorded()).toBe(60);
  await door.clock.advance(60_000);
  await knock();
  expect(await recorded()).toBe(61);
});

test("who is asking is in the credential: an argument that names somebody is no member of any operation", async () => {
  const door = await httpDoor();
  const mallory = await door.register("mallory", ["admin"]);
  const selves = ["from", "from_agent", "agent_id", "as", "actor", "by", "responding_agent", "role", "sender", "who"];
  for (const { http, input } of operations) {
    const url = http.path.replace(/:id/, `el_${"0".repeat(26)}`).replace(/:name/, "mallory");
    const known = Object.keys((input as unknown as { properties: object }).properties);
    for (const self of selves) {
      expect(known).not.toContain(self);
      const refused = await door.call(
        http.method === "GET"
          ? { url: `${url}?${self}=alice`, as: mallory }
          : { method: http.method, url, as: mallory, body: { [self]: "alice" } },
      );
      expect([http.path, self, refused.status]).toEqual([http.path, self, 400]);
      expect(refused.problem().problems).toContainEqual({ pointer: `/${self}`, message: "is not a known member" });
    }
  }
});

test("a revoked agent's credential is nobody's from that moment on", async () => {
  const door = await httpDoor();
  const [admin, bob] = [await door.register("admin", ["admin"]), await door.register("bob")];
  expect((await door.call({ url: "/v1/inbox", as: bob })).status).toBe(200);
  await door.call({ url: "/v1/agents/bob/revoke", as: admin, body: {} });
  expect((await door.call({ url: "/v1/inbox", as: bob })).status).toBe(401);
});

test("a role is what the registry says: an agent cannot register another, nor revoke one", async () => {
  const door = await httpDoor();
  const alice = await door.register("alice");
  const attempts = [
    { url: "/v1/agents", body: { name: "eve", roles: ["admin"] } },
    { url: "/v1/agents/alice/revoke", body: {} },
  ];
  for (const attempt of attempts) expect((await door.call({ ...attempt, as: alice })).status).toBe(403);
});

test("a new agent's credential works, and is in the reply and in no event", async () => {
  const door = await httpDoor();
  const admin = await door.register("admin", ["admin"]);
  const added = (await door.call({ url: "/v1/agents", as: admin, body: { name: "dora" } })).json<{
    token: string;
    macSecret: string;
  }>();
  const inbox = await door.call({ url: "/v1/inbox", headers: { authorization: `Bearer ${added.token}` } });
  expect(inbox.status).toBe(200);
  const log = JSON.stringify(await door.events());
  expect(log).not.toContain(added.token);
  expect(log).not.toContain(added.macSecret);
});

test("no question carries its asker's idempotency key, no reply carries a credential of anybody", async () => {
  const door = await httpDoor();
  const [alice, bob] = [await door.register("alice"), await door.register("bob")];
  await door.call({ url: "/v1/elicitations", as: alice, body: { to: "bob", message: "m", key: "my-key-42" } });
  for (const url of ["/v1/inbox", "/v1/agents", "/v1/events"]) {
    const { text } = await door.call({ url, as: bob });
    for (const secret of [alice.token, bob.token, Buffer.from(alice.credential.macSecret).toString("base64url")]) {
      expect(text).not.toContain(secret);
    }
  }
  expect((await door.call({ url: "/v1/inbox", as: bob })).text).not.toContain("my-key-42");
});
