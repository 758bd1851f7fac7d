import { describe, expect, test } from "vitest";
import { type Answer, type Call, type HttpDoor, httpDoor } from "../../../../test/support/http-door.ts";
import { enrolled, seconds, signIn, stamp, testKey } from "../../../../test/support/key-agent.ts";
import type { TestAgent } from "../../../../test/support/test-bridge.ts";
import { enrolmentRequest } from "../../../client/proof.ts";
import { answerCore, answerTyp, type Offer } from "../../../domain/answer.ts";
import type { Limits } from "../../../domain/limit.ts";
import { type RefusalCode, refusal, refusalKinds, violationOf } from "../../../domain/refusal.ts";
import { defaultPlan } from "../../../domain/rollout-plan.ts";
import { signJws } from "../../../signing/jws.ts";
import { httpStatus, PROBLEM_MEDIA_TYPE } from "./problem.ts";

interface Scene extends HttpDoor {
  readonly admin: TestAgent;
  readonly alice: TestAgent;
  readonly bob: TestAgent;
}

interface Attempt {
  readonly limits?: Partial<Limits>;
  /** Does what is refused. */
  readonly run: (scene: Scene) => Promise<Answer>;
}

const question = { to: "bob", message: "which port?", schema: { type: "integer" } };
const ask = (scene: Scene, body: object = question): Promise<Answer> =>
  scene.call({ url: "/v1/elicitations", as: scene.alice, body });
const answer = (scene: Scene, id: string, jws: object, as = scene.bob): Promise<Answer> =>
  scene.call({ url: `/v1/elicitations/${id}/answer`, as, body: { answer: jws } });
const accept = (scene: Scene, id: string, content: unknown = 1) =>
  scene.bob.sign(scene.bob.offer(id), { action: "accept", content: content as number });
const post = (scene: Scene, as: TestAgent, url: string, body: object = {}): Promise<Answer> =>
  scene.call({ url, as, body } satisfies Call);

const rolling = (id: string, certificate: "none" | "required" = "none") => ({
  id,
  plan: { ...defaultPlan("push-elicitation"), certificate },
  planDigest: "d",
  reason: "a test",
});

/** How each refusal comes about over HTTP. `too_slow` ends streams and answers no request. */
const attempts: Readonly<Record<Exclude<RefusalCode, "too_slow">, Attempt>> = {
  invalid_input: { run: (s) => ask(s, {}) },
  unauthenticated: { run: (s) => s.call({ url: "/v1/inbox" }) },
  forbidden: { run: (s) => post(s, s.alice, "/v1/agents", { name: "mallory" }) },
  not_found: { run: (s) => s.call({ url: `/v1/elicitations/el_${"0".repeat(26)}`, as: s.alice }) },
  agent_unknown: { run: (s) => ask(s, { ...question, to: "nobody" }) },
  nobody_able: { run: (s) => post(s, s.alice, "/v1/inquiries", { expertise: "alchemy", message: "gold?" }) },
  agent_revoked: {
    run: async (s) => {
      await post(s, s.admin, "/v1/agents/bob/revoke", { reason: "left" });
      return ask(s);
    },
  },
  rate_limited: {
    limits: { asksPerMinute: 1, burst: 0 },
    run: async (s) => {
      await ask(s);
      return ask(s);
    },
  },
  loop_detected: {
    run: async (s) => {
      const first = await s.ask("alice", "bob");
      return ask(s, { ...question, causedBy: first });
    },
  },
  budget_spent: {
    limits: { storyAsksMax: 0 },
    run: async (s) => {
      const first = await s.ask("bob", "alice");
      return ask(s, { ...question, causedBy: first });
    },
  },
  agent_suspended: {
    run: async (s) => {
      await post(s, s.admin, "/v1/agents/bob/suspend", { reason: "it floods" });
      return ask(s);
    },
  },
  key_exists: {
    run: async (s) => {
      await enrolled(s, "carol", testKey(1));
      const invited = await post(s, s.admin, "/v1/invitations", { name: "dora" });
      const { token } = invited.json<{ token: string }>();
      const body = enrolmentRequest(s.bridge.audience, token, testKey(1), stamp(s, "dora"));
      return s.call({ url: "/v1/enrolments", headers: { authorization: `Bearer ${token}` }, body });
    },
  },
  master_fixed: { run: (s) => post(s, s.admin, "/v1/master/rotate") },
  agent_exists: { run: (s) => post(s, s.admin, "/v1/agents", { name: "bob" }) },
  self_ask: { run: (s) => ask(s, { ...question, to: "alice" }) },
  schema_invalid: { run: (s) => ask(s, { ...question, schema: { type: "whole number" } }) },
  too_many_open: {
    limits: { openPerTargetMax: 1 },
    run: async (s) => {
      await s.ask("alice", "bob");
      return ask(s);
    },
  },
  idempotency_conflict: {
    run: async (s) => {
      await ask(s, { ...question, key: "k" });
      return ask(s, { ...question, key: "k", message: "which host?" });
    },
  },
  already_claimed: {
    run: async (s) => {
      const url = `/v1/elicitations/${await s.ask("alice", "bob")}/claim`;
      await post(s, s.bob, url, { holder: "one" });
      return post(s, s.bob, url, { holder: "two" });
    },
  },
  not_addressee: {
    run: async (s) => {
      const id = await s.ask("alice", "bob");
      return answer(s, id, s.alice.sign(s.bob.offer(id), { action: "accept", content: 1 }), s.alice);
    },
  },
  not_asker: { run: async (s) => post(s, s.bob, `/v1/elicitations/${await s.ask("alice", "bob")}/cancel`) },
  already_ended: {
    run: async (s) => {
      const id = await s.ask("alice", "bob");
      const late = accept(s, id);
      await post(s, s.alice, `/v1/elicitations/${id}/cancel`);
      return answer(s, id, late);
    },
  },
  expired: {
    run: async (s) => {
      const id = await s.ask("alice", "bob", { timeoutMs: 1_000 });
      const late = accept(s, id);
      s.clock.jump(1_000);
      return answer(s, id, late);
    },
  },
  condition_settled: {
    run: async (s) => {
      const finding = { check: "health", title: "Health", severity: "minor", review: "rv", what: "no" };
      const due = s.clock.now() + 86_400_000;
      const opened = await s.call({ method: "POST", url: "/v1/conditions", as: s.admin, body: { ...finding, due } });
      const { id } = opened.json() as { readonly id: string };
      await s.call({ method: "POST", url: `/v1/conditions/${id}/claim`, as: s.bob, body: {} });
      return s.call({ method: "POST", url: `/v1/conditions/${id}/claim`, as: s.bob, body: {} });
    },
  },
  envelope_malformed: {
    run: async (s) => {
      const id = await s.ask("alice", "bob");
      return answer(s, id, { payload: "e30", signatures: [{ protected: "!", signature: "!" }] });
    },
  },
  signature_invalid: {
    run: async (s) => {
      const id = await s.ask("alice", "bob");
      const { payload, signatures } = accept(s, id);
      return answer(s, id, { payload, signatures: signatures.map((one) => ({ ...one, signature: "A".repeat(43) })) });
    },
  },
  answer_mismatch: {
    run: async (s) => {
      const [one, other] = [await s.ask("alice", "bob"), await s.ask("alice", "bob")];
      return answer(s, one, accept(s, other));
    },
  },
  own_key_missing: { run: (s) => ask(s, { ...question, requireEd25519: true }) },
  own_signature_missing: {
    run: async (s) => {
      const { mac } = await enrolled(s, "carol", testKey(1));
      const id = await s.ask("alice", "carol", { requireEd25519: true });
      const [item] = s.bridge.deliver.inbox("carol");
      const core = answerCore(item?.offer as Offer, { action: "accept", content: 1 }, 1, seconds(s));
      const carol = await signIn(s, { name: "carol", privateKey: testKey(1) });
      return s.call({
        url: `/v1/elicitations/${id}/answer`,
        headers: carol.headers,
        body: { answer: signJws(core, [mac], answerTyp) },
      });
    },
  },
  seq_used: {
    run: async (s) => {
      const [one, other] = [await s.ask("alice", "bob"), await s.ask("alice", "bob")];
      await answer(s, one, s.bob.sign(s.bob.offer(one), { action: "accept", content: 1 }, { seq: 9 }));
      return answer(s, other, s.bob.sign(s.bob.offer(other), { action: "accept", content: 1 }, { seq: 9 }));
    },
  },
  content_invalid: {
    run: async (s) => {
      const id = await s.ask("alice", "bob", { schema: { type: "integer" } });
      return answer(s, id, accept(s, id, "eight"));
    },
  },
  revision_conflict: {
    run: (s) => post(s, s.alice, "/v1/events", { name: "build.done", payload: 1, expect: 3 }),
  },
  flag_fenced: {
    run: (s) => post(s, s.admin, "/v1/flags/push-elicitation", { percentage: 5, fence: 7, reason: "step 1" }),
  },
  flag_killed: {
    run: async (s) => {
      await post(s, s.admin, "/v1/flags/push-elicitation/kill", { reason: "errors" });
      return post(s, s.admin, "/v1/flags/push-elicitation", { percentage: 5, fence: 1, reason: "step 1" });
    },
  },
  degraded: {
    run: async (s) => {
      await post(s, s.admin, "/v1/mode/emergency", { reason: "the disk smells" });
      return ask(s);
    },
  },
  checks_failing: {
    run: async (s) => {
      const person = await s.register("root", ["admin"], { kind: "human" });
      await s.ask("alice", "bob", { timeoutMs: 1_000 });
      await post(s, person, "/v1/mode/emergency", { reason: "the disk smells" });
      await post(s, person, "/v1/mode/recover", { reason: "looked" });
      // Past its deadline, and the timer has not run.
      s.clock.jump(60_000);
      return post(s, person, "/v1/mode/resume", { reason: "mended" });
    },
  },
  not_in_that_mode: {
    run: async (s) => {
      const person = await s.register("root", ["admin"], { kind: "human" });
      return post(s, person, "/v1/mode/resume", { reason: "mended" });
    },
  },
  too_large: { run: (s) => ask(s, { ...question, message: "m".repeat(s.limits.messageBytesMax) }) },
  too_busy: {
    limits: { longPollsPerAgentMax: 0 },
    run: (s) => s.call({ url: "/v1/inbox?waitMs=1000", as: s.bob }),
  },
  log_unavailable: {
    run: (s) => {
      s.disk.break(new Error("the disk is full"));
      return ask(s);
    },
  },
  rollout_busy: {
    run: async (s) => {
      await post(s, s.admin, "/v1/rollouts", rolling("ro_00000001"));
      return post(s, s.admin, "/v1/rollouts", rolling("ro_00000002"));
    },
  },
  no_rollout: { run: (s) => post(s, s.admin, "/v1/rollouts/ro_00000001/abort", { reason: "no" }) },
  lease_held: {
    run: async (s) => {
      await post(s, s.admin, "/v1/rollouts", rolling("ro_00000001"));
      await post(s, s.admin, "/v1/rollouts/ro_00000001/lease", { holder: "one", forMs: 60_000 });
      return post(s, s.admin, "/v1/rollouts/ro_00000001/lease", { holder: "two", forMs: 60_000 });
    },
  },
  lease_lost: {
    run: async (s) => {
      await post(s, s.admin, "/v1/rollouts", rolling("ro_00000001"));
      const act = { type: "enter", step: 0, certificate: "" };
      return post(s, s.admin, "/v1/rollouts/ro_00000001/advance", { fence: 7, act });
    },
  },
  no_evidence: {
    run: async (s) => {
      await post(s, s.admin, "/v1/rollouts", rolling("ro_00000001"));
      return post(s, s.admin, "/v1/rollouts/ro_00000001/promote", { reason: "it will be fine" });
    },
  },
  certificate_missing: {
    run: async (s) => {
      await post(s, s.admin, "/v1/rollouts", rolling("ro_00000001", "required"));
      await post(s, s.admin, "/v1/rollouts/ro_00000001/lease", { holder: "one", forMs: 60_000 });
      const act = { type: "enter", step: 0, certificate: "" };
      return post(s, s.admin, "/v1/rollouts/ro_00000001/advance", { fence: 1, act });
    },
  },
  nothing_to_roll_back: {
    run: async (s) => {
      const body = { id: "rb_00000001", flag: "never-on", scope: { kind: "full" }, reason: "in case" };
      await post(s, s.admin, "/v1/flags/never-on", { percentage: 0, fence: 0, reason: "off" });
      return post(s, s.admin, "/v1/rollbacks", body);
    },
  },
  shutting_down: {
    run: async (s) => {
      await s.bridge.stop(refusal("shutting_down", "for an update"));
      return ask(s);
    },
  },
};

describe.each(Object.entries(attempts) as [RefusalCode, Attempt][])("%s", (code, { limits = {}, run }) => {
  test(`is ${httpStatus[code]}, as a problem that says what, why and what to do`, async () => {
    const door = await httpDoor({ limits });
    const [admin, alice, bob] = [
      await door.register("admin", ["admin"]),
      await door.register("alice"),
      await door.register("bob"),
    ];
    const refused = await run({ ...door, admin, alice, bob });

    expect([refused.problem().code, refused.status]).toEqual([code, httpStatus[code]]);
    expect(refused.headers["content-type"]).toBe(PROBLEM_MEDIA_TYPE);
    const { title, remedy } = refusalKinds[code];
    expect(refused.problem()).toMatchObject({
      type: `urn:lighthouse:problem:${code}`,
      title,
      remedy,
      status: httpStatus[code],
      detail: expect.stringMatching(/./),
    });
    const passes = [429, 503].includes(refused.status) || refused.problem().retryAfterMs !== undefined;
    expect(Number(refused.headers["retry-after"] ?? 0)).toBe(
      passes ? Math.ceil((refused.problem().retryAfterMs as number) / 1_000) : 0,
    );
    expect(refused.text).not.toMatch(/\bat .*\.ts:\d+|node_modules/);

    const violation = violationOf(code);
    const recorded = (await door.events()).filter(({ type }) => type === "security.violation");
    expect(recorded.map(({ data }) => data)).toEqual(
      violation === undefined ? [] : [expect.objectContaining({ ...violation, code })],
    );
    expect(door.faults).toEqual([]);
  });
});

test("every refusal has a status of its own kind: never a success, never a fault", () => {
  for (const [code, status] of Object.entries(httpStatus)) {
    expect([code, status >= 400 && status < 500 ? true : status === 503]).toEqual([code, true]);
  }
});
