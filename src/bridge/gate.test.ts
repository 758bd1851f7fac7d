import { expect, test } from "vitest";
import { httpDoor } from "../../test/support/http-door.ts";
import { testBridge } from "../../test/support/test-bridge.ts";
import { defaultPolicy } from "./command/policy.ts";

const scene = async (options: Parameters<typeof httpDoor>[0] = {}) => {
  const door = await httpDoor(options);
  return {
    ...door,
    alice: await door.register("alice"),
    bob: await door.register("bob"),
    admin: await door.register("root", ["admin"]),
  };
};

const seedRates = { asksPerMinute: 10, answersPerMinute: 20, burst: 3 };
const question = (to: string) => ({ to, message: "which port?" });

test("an agent has ten questions a minute and three at once on top; then it is told when to come back", async () => {
  const t = await scene({ limits: seedRates });
  const ask = () => t.call({ url: "/v1/elicitations", as: t.alice, body: question("bob") });
  const first = await ask();
  expect(first.headers).toMatchObject({ "ratelimit-policy": '"ask";q=10;w=60', ratelimit: '"ask";r=12;t=6' });
  for (let i = 1; i < 13; i++) expect((await ask()).status).toBe(201);
  const refused = await ask();
  expect(refused.status).toBe(429);
  expect(refused.problem().code).toBe("rate_limited");
  expect(refused.headers["retry-after"]).toBe("6");
  await t.clock.advance(6_000);
  expect((await ask()).status).toBe(201);
  await t.close();
});

test("a flood is one violation in the log, whoever else is asking is not slowed down", async () => {
  const t = await scene({ limits: seedRates });
  for (let i = 0; i < 50; i++) await t.call({ url: "/v1/elicitations", as: t.alice, body: question("bob") });
  const violations = (await t.events()).filter((e) => e.type === "security.violation");
  expect(violations).toHaveLength(1);
  expect(violations[0]).toMatchObject({ actor: "alice", data: { kind: "rate_limit_exceeded", severity: "medium" } });
  expect((await t.call({ url: "/v1/elicitations", as: t.bob, body: question("alice") })).status).toBe(201);
  await t.close();
});

test("a restart is no way around a limit", async () => {
  const t = await scene({ limits: seedRates });
  for (let i = 0; i < 13; i++) await t.call({ url: "/v1/elicitations", as: t.alice, body: question("bob") });
  await t.close();
  const again = await testBridge({ disk: t.disk, limits: seedRates });
  const asked = again.bridge.gate.admit(
    { actor: "alice", trace: null },
    { action: "ask", target: "bob", charge: "ask" },
  );
  expect(await asked).toMatchObject({ ok: false, refusal: { code: "rate_limited" } });
  await again.close();
});

test("a restart takes nothing either: an inquiry of two costs one question before it and after", async () => {
  const t = await scene({ limits: seedRates });
  await t.register("carol");
  const body = { to: ["bob", "carol"], quorum: { kind: "all" }, message: "which port?" };
  const asked = await t.call({ url: "/v1/inquiries", as: t.alice, body });
  expect(asked.headers["ratelimit"]).toBe('"ask";r=12;t=6');
  await t.close();
  const again = await testBridge({ disk: t.disk, limits: seedRates });
  const caller = { actor: "alice", trace: null };
  const admitted = await again.bridge.gate.admit(caller, { action: "ask", target: "bob", charge: "ask" });
  expect(admitted).toMatchObject({ ok: true, allowance: { left: 11 } });
  await again.close();
});

test("a role raises its agents' rates", async () => {
  const t = await scene({ limits: seedRates });
  const worker = await t.register("worker", ["system"]);
  for (let i = 0; i < 100; i++) {
    expect((await t.call({ url: "/v1/elicitations", as: worker, body: question("bob") })).status).toBe(201);
  }
  await t.close();
});

test("wrong answers are charged like right ones: nobody gets a free oracle", async () => {
  const t = await scene({ limits: seedRates });
  const id = await t.ask("alice", "bob");
  const mallory = await t.register("mallory");
  const jws = mallory.sign(t.bob.offer(id), { action: "accept", content: 1 });
  const answers = [];
  for (let i = 0; i < 40; i++) {
    answers.push((await t.call({ url: `/v1/elicitations/${id}/answer`, as: mallory, body: { answer: jws } })).status);
  }
  expect(answers.filter((status) => status !== 429)).toHaveLength(23);
  await t.close();
});

test("a denial is an event that says who, what and by which policy; a permission that is a privilege too", async () => {
  const t = await scene();
  const guest = await t.register("guest", ["guest"]);
  const denied = await t.call({ url: "/v1/elicitations", as: guest, body: question("bob") });
  expect(denied.status).toBe(403);
  expect(denied.problem().code).toBe("forbidden");
  await t.call({ url: "/v1/agents", as: t.admin, body: { name: "carol" } });
  const rulings = (await t.events()).filter((e) => e.type === "authorization.decided");
  expect(rulings).toMatchObject([
    { actor: "guest", data: { action: "ask", resource: "agent/bob", decision: "deny", policies: [] } },
    {
      actor: t.admin.name,
      data: { action: "register", resource: "bridge", decision: "allow", policies: ["admins-register"] },
    },
  ]);
  await t.close();
});

test("a story that has spent its budget goes on after a person with the role admin says so, and nobody else", async () => {
  const t = await scene({ limits: { storyPairAsksMax: 1 } });
  const root = await t.ask("alice", "bob");
  const back = { to: "alice", message: "which one?", causedBy: root };
  const ask = () => t.call({ url: "/v1/elicitations", as: t.bob, body: back });
  expect((await ask()).status).toBe(201);
  expect((await ask()).problem().code).toBe("budget_spent");
  const reset = (as: typeof t.bob) =>
    t.call({ url: `/v1/budgets/${root}/reset`, as, body: { reason: "they are close" } });
  expect((await reset(t.bob)).status).toBe(403);
  const person = await t.register("hana", ["admin"], { kind: "human" });
  expect((await reset(person)).status).toBe(200);
  expect((await ask()).status).toBe(201);
  await t.close();
});

test("a circle of agents is stopped where it closes", async () => {
  const t = await scene();
  const carol = await t.register("carol");
  const ask = async (as: typeof carol, to: string, causedBy?: string) =>
    t.call({
      url: "/v1/elicitations",
      as,
      body: { to, message: "?", ...(causedBy === undefined ? {} : { causedBy }) },
    });
  const ab = (await ask(t.alice, "bob")).json<{ id: string }>().id;
  const bc = (await ask(t.bob, "carol", ab)).json<{ id: string }>().id;
  const ca = (await ask(carol, "alice", bc)).json<{ id: string }>().id;
  expect((await ask(t.alice, "bob", ca)).problem().code).toBe("loop_detected");
  await t.close();
});

test("whom one may not ask, one may not inquire of: named, it is a denial in the log; known for it, it is passed over", async () => {
  const policy = `${defaultPolicy}\n@id("not-hana") forbid (principal, action == Action::"ask", resource == Agent::"hana");`;
  const t = await scene({ policy });
  await t.register("hana", ["agent"], { expertise: ["sql"] });
  await t.register("carol", ["agent"], { expertise: ["sql"] });
  const inquire = (body: object) => t.call({ url: "/v1/inquiries", as: t.alice, body: { message: "?", ...body } });
  const named = await inquire({ to: ["bob", "hana"] });
  expect([named.status, named.problem().code]).toEqual([403, "forbidden"]);
  const rulings = (await t.events()).filter((e) => e.type === "authorization.decided");
  expect(rulings).toMatchObject([
    { actor: "alice", data: { action: "ask", resource: "agent/hana", decision: "deny", policies: ["not-hana"] } },
  ]);
  const known = await inquire({ expertise: "sql", quorum: { kind: "all" } });
  expect(known.json()).toMatchObject({ status: "open", attempts: [{ to: "carol" }] });
  await t.close();
});
