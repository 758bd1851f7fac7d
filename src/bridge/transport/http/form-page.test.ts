import { describe, expect, test } from "vitest";
import { type HttpDoor, httpDoor } from "../../../../test/support/http-door.ts";
import type { TestAgent } from "../../../../test/support/test-bridge.ts";
import { fixedForm } from "../form/document.ts";

const nested = {
  type: "object",
  properties: { ship: { type: "boolean" }, steps: { type: "array", items: { type: "object" } } },
  required: ["ship"],
};

const scene = async () => {
  const door = await httpDoor();
  const alice = await door.register("alice");
  const bob = await door.register("bob");
  const id = await door.ask("alice", "bob", { message: "<script>Ship?</script>", schema: nested });
  return { door, alice, bob, id };
};
const openForm = async (door: HttpDoor, as: TestAgent, id: string): Promise<string> => {
  const opened = await door.call({ method: "POST", url: `/v1/elicitations/${id}/form`, as, body: {} });
  expect(opened.status).toBe(201);
  const [path, token = ""] = opened.json<{ path: string }>().path.split("#");
  expect(path).toBe("/form");
  return token;
};
const show = (door: HttpDoor, token: string) => door.call({ url: "/v1/forms/show", body: { token } });
const say = (door: HttpDoor, key: string, said: object) => door.call({ url: "/v1/forms/say", body: { key, said } });
const state = async (door: HttpDoor, as: TestAgent, id: string) =>
  (await door.call({ url: `/v1/elicitations/${id}/form`, as })).json();

describe("the page", () => {
  test("is the same for everybody, runs only the bridge's own script, and can be framed by nobody", async () => {
    const { door } = await scene();
    const replies = await Promise.all(["/form", "/form.js", "/form.css"].map((url) => door.app.inject({ url })));
    expect(replies.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200]);
    for (const { headers } of replies) {
      const policy = String(headers["content-security-policy"]);
      for (const rule of ["default-src 'none'", "script-src 'self'", "form-action 'none'", "frame-ancestors 'none'"])
        expect(policy).toContain(rule);
      expect(policy).not.toContain("unsafe");
      expect(headers).toMatchObject({ "referrer-policy": "no-referrer", "cache-control": "no-store" });
    }
    const [html, script] = replies.map(({ body }) => body);
    expect(html).toBe(fixedForm);
    expect(html).not.toMatch(/<script>|onclick|style=/);
    // What others wrote can only become text.
    expect(script).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b/);
    expect(() => new Function(script as string)).not.toThrow();
  });
});

describe("a one-time form", () => {
  test("is opened once with its token, and answered once by the page that opened it", async () => {
    const { door, bob, id } = await scene();
    const token = await openForm(door, bob, id);
    expect(await state(door, bob, id)).toMatchObject({ state: "sent" });
    const shown = await show(door, token);
    expect(shown.json()).toMatchObject({ id, from: "alice", message: "<script>Ship?</script>", schema: nested });
    expect((await show(door, token)).problem()).toMatchObject({ code: "not_found" });
    expect(await state(door, bob, id)).toMatchObject({ state: "shown" });

    const { key } = shown.json<{ key: string }>();
    const wrong = await say(door, key, { action: "accept", content: { ship: "yes", steps: [1] } });
    expect(wrong.status).toBe(422);
    expect(wrong.problem().problems?.map(({ pointer }) => pointer)).toEqual(["/ship", "/steps/0"]);
    expect((await say(door, key, { action: "accept", content: { ship: true } })).status).toBe(200);
    expect((await say(door, key, { action: "cancel" })).problem()).toMatchObject({ code: "not_found" });
    expect(await state(door, bob, id)).toEqual({
      state: "said",
      said: { action: "accept", content: { ship: true } },
    });
    // What a person says at a form is not yet an answer: their agent signs it.
    expect(door.bridge.elicitations.find(id)?.state.status).toBe("open");
  });

  test("is nobody's but the addressee's to make, and another form of the question ends it", async () => {
    const { door, alice, bob, id } = await scene();
    const theirs = await door.call({ method: "POST", url: `/v1/elicitations/${id}/form`, as: alice, body: {} });
    expect(theirs.problem()).toMatchObject({ code: "not_found" });
    const first = await openForm(door, bob, id);
    const second = await openForm(door, bob, id);
    expect((await show(door, first)).status).toBe(404);
    expect((await show(door, second)).status).toBe(200);
  });

  test("is over after ten minutes, and when its question is due", async () => {
    const { door, bob, id } = await scene();
    const token = await openForm(door, bob, id);
    await door.clock.advance(door.bridge.limits.formMs);
    expect((await show(door, token)).status).toBe(404);
    expect(await state(door, bob, id)).toEqual({ state: "none" });
    const soon = await door.ask("alice", "bob", { timeoutMs: 5_000 });
    const short = await openForm(door, bob, soon);
    await door.clock.advance(5_000);
    expect((await show(door, short)).status).toBe(404);
  });

  test("ends its agent's wait with what was said, and leaves neither token nor key in the log", async () => {
    const { door, bob, id } = await scene();
    const token = await openForm(door, bob, id);
    const { key } = (await show(door, token)).json<{ key: string }>();
    const waiting = door.call({ url: `/v1/elicitations/${id}/form?waitMs=30000`, as: bob });
    await door.call({ url: "/v1/inbox", as: bob });
    await say(door, key, { action: "decline", reason: "not on a Friday" });
    expect((await waiting).json()).toEqual({
      state: "said",
      said: { action: "decline", reason: "not on a Friday" },
    });
    const log = JSON.stringify(await door.events());
    for (const secret of [token, key]) expect(log).not.toContain(secret);
  });

  test("so many may be open at once", async () => {
    const { door, bob } = await scene();
    for (let n = 0; n < door.bridge.limits.formsPerAgentMax; n++)
      await openForm(door, bob, await door.ask("alice", "bob", { message: `${n}?` }));
    const more = await door.ask("alice", "bob", { message: "one more?" });
    const refused = await door.call({ method: "POST", url: `/v1/elicitations/${more}/form`, as: bob, body: {} });
    expect(refused.problem()).toMatchObject({ code: "too_busy", retryAfterMs: expect.any(Number) });
  });
});
