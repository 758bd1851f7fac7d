import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type RolloutStage, rolloutStage } from "../../../examples/demo-rollout/stage.ts";
import { fakeServer } from "../../../test/ops/fake-server.ts";
import type { LogEvent } from "../../client/index.ts";
import { rollbackSteps } from "../../domain/event-rollout.ts";
import { allEvents, type FlagStanding, operatorOf, type Standing } from "../../ops/rollout/operator.ts";
import type { IncidentReport } from "../../ops/rollout/rollback/report.ts";

/** Real processes, a real bridge with its file, agents that are asked all the time. Nothing here asserts a speed. */
let stage: RolloutStage;
beforeEach(async () => {
  stage = await rolloutStage();
});
afterEach(() => stage.fall());

/** What is bad is far from what is sound, so that a dozen questions tell them apart: a step takes a second or two. */
const plan = `
steps: [{ percent: 25, soak: 1s }, { percent: 100, soak: 1s }]
analysis:
  every: 250ms
  minSamples: 10
  maxHold: 60s
  errors: { ok: 0.01, bad: 0.3 }
  delivery: { ok: 0.01, bad: 0.3 }
  latency: { over: 300ms, ok: 0.05, bad: 0.5 }
`;
const load = { workers: 40, rate: 60 };
const off = () =>
  stage.client.operate("flags.set", {
    name: "push-elicitation",
    percentage: 0,
    targets: [],
    fence: 0,
    reason: "start",
  });
const flag = () => stage.client.operate<FlagStanding>("flags.get", { name: "push-elicitation" });
const standing = () => stage.client.operate<Standing>("rollouts.get", {});
const story = async (): Promise<readonly LogEvent[]> => {
  const operator = operatorOf(stage.client);
  const both = [
    ...(await allEvents(operator, { stream: "rollout" })),
    ...(await allEvents(operator, { stream: "rollback" })),
  ];
  return both.sort((a, b) => a.position - b.position);
};
const count = (events: readonly LogEvent[], type: string): number => events.filter((e) => e.type === type).length;
const report = (): IncidentReport => {
  const folder = join(stage.data, "incidents");
  const file = readdirSync(folder).find((name) => name.endsWith(".json")) ?? "";
  return JSON.parse(readFileSync(join(folder, file), "utf8")) as IncidentReport;
};
const until = async (look: () => Promise<boolean>): Promise<void> => {
  for (let i = 0; i < 2_000; i++) {
    if (await look()) return;
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  const told = (await story()).map(({ time, type, data }) => `${time} ${type} ${JSON.stringify(data)}`.slice(0, 300));
  throw new Error(`it did not come to pass: ${look.toString()}\n${told.slice(-40).join("\n")}`);
};

describe("a rollout on a live bridge, under load", () => {
  test("that is sound reaches 100 %, although it was left by Ctrl-C where it stood and gone on with", async () => {
    await off();
    await stage.fleet(load);
    const first = stage.lighthouse("rollout", "start", stage.write("p.yaml", plan), "--reason", "e2e");
    await first.says("inconclusive");
    first.process.kill("SIGINT");
    expect(await first.left).toBe(130);
    expect((await standing()).rollout).toMatchObject({ status: "running" });
    const second = stage.lighthouse("rollout", "start", "--resume", "--reason", "lunch is over", "--wait", "--json");
    expect(await second.left, second.output()).toBe(0);
    expect(JSON.parse(second.output().trim().split("\n").at(-1) ?? "")).toMatchObject({ ended: "completed" });
    expect(await flag()).toMatchObject({ status: "set", percentage: 100 });
  });

  test("with a fault in the canary arm goes back by itself, and no question is lost", async () => {
    await off();
    await stage.fleet({ ...load, timeoutMs: 1_500, deaf: true });
    const rollout = stage.lighthouse("rollout", "start", stage.write("p.yaml", plan), "--reason", "e2e");
    expect(await rollout.left, rollout.output()).toBe(10);
    expect(await flag()).toMatchObject({ status: "killed" });
    const incident = report();
    expect(incident).toMatchObject({ status: "completed", data_loss: { lost: 0 } });
    expect(incident.data_loss.inFlight).toBeGreaterThan(0);
    expect(incident.reason).toMatch(/errors/);
    expect(await standing()).toMatchObject({ rollout: { status: "withdrawn" }, rollback: { status: "finished" } });
  });

  // Killed at every single call: `lead.test.ts`, on a bridge in memory. Here it is real processes that die.
  test("whose controller is killed again and again, and whose bridge is killed once, reaches 100 % all the same", async () => {
    await off();
    await stage.fleet(load);
    const started = stage.lighthouse("rollout", "start", stage.write("p.yaml", plan), "--reason", "e2e", "--detach");
    expect(await started.left).toBe(0);
    for (const type of ["rollout.entered", "rollout.applied", "rollout.measured"]) {
      const before = count(await story(), type);
      const controller = stage.lighthouse("rollout", "run", "--wait");
      // It may be faster than we are: what matters is that it dies somewhere on its way.
      await until(async () => count(await story(), type) > before || controller.process.exitCode !== null);
      controller.process.kill("SIGKILL");
      await controller.left;
      if (type === "rollout.applied") await stage.restartBridge();
    }
    const last = stage.lighthouse("rollout", "run", "--wait");
    expect(await last.left, last.output()).toBe(0);
    expect((await standing()).rollout?.status).toBe("completed");
    const events = await story();
    expect(count(events, "rollout.entered")).toBe(2);
    expect(count(events, "rollout.completed")).toBe(1);
    expect((await flag()).percentage).toBe(100);
  });

  test("is led by one controller and waits for a certificate that will do; whoever comes second is told so; an abort ends it", async () => {
    await off();
    const wanting = stage.write("p.yaml", `${plan}certificate: required\n`);
    const start = ["rollout", "start", wanting, "--reason", "e2e", "--certificate", "nowhere.intoto.jsonl"];
    const trusting = stage.lighthouse(...start);
    expect(await trusting.left).toBe(2);
    expect(trusting.output()).toContain("--certificate and --trust go together");
    expect((await standing()).rollout).toBeNull();

    const first = stage.lighthouse(...start, "--trust", stage.write("trust.json", "{}"));
    await first.says(/paused: step 1 needs a valid certificate: .*nowhere\.intoto\.jsonl/);
    const second = stage.lighthouse("rollout", "run");
    const another = stage.lighthouse("rollout", "start", "--reason", "e2e");
    const promoted = stage.lighthouse("rollout", "promote", "--reason", "it will be fine");
    for (const [refused, why] of [
      [second, "Another controller is at work"],
      [another, "A rollout or a rollback is under way"],
      [promoted, "no step is being watched"],
    ] as const) {
      expect(await refused.left).toBe(3);
      expect(refused.output()).toContain(why);
    }
    expect(await flag()).toMatchObject({ percentage: 0 });
    const aborted = stage.lighthouse("rollout", "abort", "--reason", "enough");
    expect(await aborted.left, aborted.output()).toBe(10);
    expect(await first.left).toBe(10);
  });
});

describe("an emergency rollback", () => {
  /** Agents that are never there, with questions that are pushed to them when they come. */
  const pending = async (agents: number, each: number): Promise<void> => {
    const one = async (name: string): Promise<void> => {
      await stage.client.agents.add({ name, kind: "service" });
      for (let n = 0; n < each; n++) await stage.client.ask.start({ to: name, message: `${n}`, timeoutMs: 600_000 });
    };
    await Promise.all(Array.from({ length: agents }, (_, i) => one(`away-${i}`)));
  };

  test("killed after each of its steps is finished by whichever command comes next; each step is done once and no question is lost", async () => {
    await pending(10, 20);
    const whoeverComes = [
      ["rollback"],
      ["rollout", "run"],
      ["rollback", "--reason", "again"],
      ["rollback", "--resume"],
    ];
    let killed = 0;
    let next = stage.lighthouse("rollback", "--reason", "e2e");
    for (const [i, step] of rollbackSteps.entries()) {
      await until(async () => {
        const events = await story();
        const isDone = events.some(
          ({ type, data }) => type === "rollback.step_done" && (data as { readonly step: string }).step === step,
        );
        return isDone || next.process.exitCode !== null;
      });
      if (next.process.exitCode === null && next.process.kill("SIGKILL")) killed++;
      await next.left;
      if ((await standing()).rollback?.status === "finished") break;
      if (i === 0) {
        const status = stage.lighthouse("rollout", "status");
        expect(await status.left).toBe(0);
        expect(status.output()).toMatch(/ATTENTION: the rollback rb_\w+ is not finished/);
      }
      next = stage.lighthouse(...(whoeverComes[i % whoeverComes.length] ?? []));
    }
    await next.left;
    expect(killed).toBeGreaterThan(0);
    const events = await story();
    expect(count(events, "rollback.started")).toBe(1);
    expect(count(events, "rollback.step_done")).toBe(7);
    expect(count(events, "rollback.finished")).toBe(1);
    expect(report().data_loss).toMatchObject({ inFlight: 200, handedOver: 200, lost: 0 });
    const again = stage.lighthouse("rollback", "--reason", "once more");
    expect(await again.left).toBe(3);
    expect(again.output()).toContain("nothing to roll back");
  });

  test("goes on by itself when the bridge is killed in the middle of it, and comes back", async () => {
    await pending(10, 20);
    const rollback = stage.lighthouse("rollback", "--reason", "e2e");
    await rollback.says("switch done");
    await stage.restartBridge();
    expect(await rollback.left, rollback.output()).toBe(0);
    expect(count(await story(), "rollback.step_done")).toBe(7);
    expect(report().data_loss).toMatchObject({ inFlight: 200, handedOver: 200, lost: 0 });
  });

  test("of some agents leaves the others where they are, a rehearsal leaves everything as it was; Slack and PagerDuty hear of it, and nobody waits for them", async () => {
    const hook = "/services/T000/B000/e2e";
    const there = await fakeServer(({ path }) => ({ status: path === hook ? 200 : 202, body: "ok" }));
    const monitoring = (pagerduty: string) => [
      "--monitoring",
      stage.write(
        "monitoring.yaml",
        `alerting: { slack: { webhook_url: '\${SLACK_WEBHOOK_URL}' }, pagerduty: { url: '${pagerduty}/v2/enqueue' } }`,
      ),
    ];
    process.env["SLACK_WEBHOOK_URL"] = there.url + hook;
    process.env["PAGERDUTY_ROUTING_KEY"] = "e2e-routing-key-0123456789abcdef";
    try {
      await pending(4, 5);
      const some = ["rollback", "--reason", "e2e", "--scope", "partial", "--agent", "away-0", "away-1"];
      const partial = stage.lighthouse(...some, ...monitoring(there.url));
      expect(await partial.left, partial.output()).toBe(0);
      expect(partial.output()).toContain("slack sent, pagerduty sent");
      expect(there.seen.map(({ path }) => path).sort()).toEqual([hook, "/v2/change/enqueue"]);
      const openByPush = async () =>
        (await stage.client.operate<{ readonly count: number }>("arms.open", { arm: "push" })).count;
      expect(await openByPush()).toBe(10);
      expect(report()).toMatchObject({ rehearsal: false, data_loss: { inFlight: 10, handedOver: 10, lost: 0 } });
      const on = (agent: string) =>
        stage.client.operate<{ readonly value: boolean }>("flags.evaluate", { name: "push-elicitation", agent });
      expect([(await on("away-0")).value, (await on("away-3")).value]).toEqual([false, true]);

      const before = await flag();
      rmSync(join(stage.data, "incidents"), { recursive: true });
      const weekly = ["rollback", "--rehearse", "--reason", "weekly", "--json"];
      const rehearsal = stage.lighthouse(...weekly, ...monitoring("http://127.0.0.1:9"));
      expect(await rehearsal.left, rehearsal.output()).toBe(0);
      const result = JSON.parse(rehearsal.output()) as { readonly steps: readonly { readonly step: string }[] };
      expect(result.steps.map(({ step }) => step)).toEqual([...rollbackSteps]);
      const { percentage, targets } = before;
      expect(await flag()).toMatchObject({ status: "set", percentage, targets });
      expect(await openByPush()).toBe(10);
      expect(report()).toMatchObject({ rehearsal: true, data_loss: { inFlight: 20, handedOver: 20, lost: 0 } });
      expect(report().told).toMatchObject([{ channel: "slack" }, { state: expect.stringMatching(/failed|unknown/) }]);
    } finally {
      await there.close();
      delete process.env["SLACK_WEBHOOK_URL"];
      delete process.env["PAGERDUTY_ROUTING_KEY"];
    }
  });
});
