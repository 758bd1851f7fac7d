import { describe, expect, it } from "vitest";
import { manualTime } from "../../../test/support/manual-time.ts";
import type { Draft, EventTypeName, Fact, Recorded } from "../../domain/event.ts";
import { refusal } from "../../domain/refusal.ts";
import { type Signal, seriesOf, signals, violations } from "../../domain/signal.ts";
import type { Log, When } from "../log/log.ts";
import { createMetrics, type MetricsOptions } from "./metrics.ts";

const START_MS = 1_767_571_200_000;
const sampled = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const unsampled = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

/** Metrics with a clock, and a log that only counts positions. */
const rig = (more: Partial<MetricsOptions> = {}) => {
  const clock = manualTime(START_MS);
  const build = { version: "1.2.3", revision: "abc", node: "24" };
  const metrics = createMetrics({ clock, build, ...more });
  let position = 0;
  const happen = (stream: string, fact: Fact, around: Partial<Draft> = {}): void =>
    metrics.fold({
      stream,
      version: 1,
      time: clock.now(),
      actor: "alice",
      parties: ["alice", "bob"],
      correlation: stream,
      causation: null,
      trace: null,
      ...around,
      ...fact,
      position: ++position,
      revision: 0,
    } as Recorded);
  const elicitation = (id: string) => (fact: Fact<Extract<EventTypeName, `elicitation.${string}`>>, trace?: string) =>
    happen(`elicitation/${id}`, fact, trace === undefined ? {} : { trace });
  const ask = (
    id: string,
    { trace, timeoutMs = 60_000, to = "bob" }: { trace?: string; timeoutMs?: number; to?: string } = {},
  ) =>
    elicitation(id)(
      {
        type: "elicitation.asked",
        data: {
          from: "alice",
          to,
          message: "?",
          schema: {},
          schemaHash: "s",
          requestHash: "r",
          challenge: "c",
          deadline: clock.now() + timeoutMs,
        },
      },
      trace,
    );
  const value = async (selector: string): Promise<number | undefined> => {
    const line = (await metrics.text()).split("\n").find((each) => each.startsWith(`${selector} `));
    return line === undefined ? undefined : Number(line.slice(selector.length + 1).split(" ")[0]);
  };
  return { clock, metrics, happen, elicitation, ask, value };
};

const offered: Fact<"elicitation.offered"> = {
  type: "elicitation.offered",
  data: { via: "websocket", session: "s1", at: START_MS },
};
const jws = { payload: "", signatures: [] };
const accepted: Fact<"elicitation.accepted"> = { type: "elicitation.accepted", data: { answer: jws } };

describe("the metrics of a bridge on which nothing has happened", () => {
  it("show every counter and histogram series that can be listed, at 0, so that the first event is an increase", async () => {
    const { metrics } = rig();
    const lines = (await metrics.text()).split("\n");
    for (const signal of Object.values(signals) as Signal[]) {
      if (signal.type === "gauge") continue;
      for (const labels of seriesOf(signal)) {
        const pairs = Object.entries(labels).map(([name, value]) => `${name}="${value}"`);
        const name = signal.type === "histogram" ? `${signal.name}_count` : signal.name;
        expect(lines).toContain(`${name}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} 0`);
      }
    }
  });

  it("show what is running, and hide a gauge that nobody knows the value of", async () => {
    const { metrics } = rig();
    const text = await metrics.text();
    expect(text).toContain('lighthouse_build_info{version="1.2.3",revision="abc",node="24"} 1');
    expect(text).not.toMatch(/^lighthouse_ready /m);
    expect(text).not.toContain("NaN");
  });

  it("stay below 1000 samples, the process's own included", async () => {
    const lines = (await rig().metrics.text()).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    expect(lines.length).toBeLessThan(1000);
  });
});

describe("one elicitation", () => {
  it("is counted at each step once", async () => {
    const { ask, elicitation, value } = rig();
    ask("el_1");
    elicitation("el_1")(offered);
    elicitation("el_1")(offered);
    elicitation("el_1")(accepted);
    expect(await value('lighthouse_elicitations_asked_total{arm="canary"}')).toBe(1);
    expect(await value('lighthouse_elicitations_offered_total{via="websocket",arm="canary"}')).toBe(1);
    expect(await value('lighthouse_elicitations_claimed_total{arm="canary"}')).toBe(1);
    expect(await value('elicitation_requests_total{status="accepted",arm="canary"}')).toBe(1);
    expect(await value("lighthouse_log_events_appended_total")).toBe(4);
    expect(await value("lighthouse_log_position")).toBe(4);
  });

  it("stands in the gauge of its stage while it is open", async () => {
    const { ask, elicitation, value } = rig();
    ask("el_1");
    ask("el_2");
    elicitation("el_2")(offered);
    expect(await value('lighthouse_elicitations_open{stage="asked"}')).toBe(1);
    expect(await value('lighthouse_elicitations_open{stage="offered"}')).toBe(1);
    elicitation("el_2")(accepted);
    expect(await value('lighthouse_elicitations_open{stage="offered"}')).toBe(0);
  });

  it("has its time to answer measured from the log's own times, thinking included", async () => {
    const { ask, elicitation, value, clock } = rig();
    ask("el_1");
    await clock.advance(45_000);
    elicitation("el_1")(accepted);
    expect(await value('elicitation_response_time_seconds_sum{response_type="accepted"}')).toBe(45);
    expect(await value('elicitation_response_time_seconds_bucket{response_type="accepted",le="30.0"}')).toBe(0);
    expect(await value('elicitation_response_time_seconds_bucket{response_type="accepted",le="60.0"}')).toBe(1);
  });

  it("is overdue when it is open more than 5 s after its deadline, and not before", async () => {
    const { ask, elicitation, value, clock } = rig();
    ask("el_1", { timeoutMs: 1_000 });
    await clock.advance(5_900);
    expect(await value("lighthouse_elicitations_overdue")).toBe(0);
    await clock.advance(1_200);
    expect(await value("lighthouse_elicitations_overdue")).toBe(1);
    elicitation("el_1")({ type: "elicitation.expired", data: { deadline: START_MS + 1_000 } });
    expect(await value("lighthouse_elicitations_overdue")).toBe(0);
  });
});

describe("the bridge's own time", () => {
  it("is received to offered and received to handed over, and nothing of the thinking between", async () => {
    const { metrics, ask, elicitation, value, clock } = rig();
    const { observer } = metrics;
    observer.began("ask", "el_1", clock.monotonic());
    await clock.advance(4);
    ask("el_1");
    observer.handing("ask", "el_1", "websocket");
    await clock.advance(3);
    observer.handed("ask", "el_1", "websocket");
    await clock.advance(60_000);
    observer.began("answer", "el_1", clock.monotonic());
    elicitation("el_1")(accepted);
    observer.handing("answer", "el_1", "websocket");
    await clock.advance(300);
    observer.handed("answer", "el_1", "websocket");
    expect(await value('lighthouse_bridge_overhead_seconds_sum{leg="ask",arm="canary"}')).toBeCloseTo(0.007);
    expect(await value('lighthouse_bridge_overhead_seconds_sum{leg="answer",arm="canary"}')).toBeCloseTo(0.3);
    expect(await value('lighthouse_bridge_overhead_seconds_bucket{leg="answer",arm="canary",le="0.3"}')).toBe(1);
    expect(await value('lighthouse_bridge_overhead_seconds_bucket{leg="answer",arm="canary",le="0.2"}')).toBe(0);
  });

  it("is not measured for a question that waited because its target was not connected", async () => {
    const { metrics, ask, value, clock } = rig();
    metrics.observer.began("ask", "el_1", clock.monotonic());
    ask("el_1");
    metrics.observer.queued("ask", "el_1");
    await clock.advance(3_600_000);
    metrics.observer.handing("ask", "el_1", "websocket");
    metrics.observer.handed("ask", "el_1", "websocket");
    expect(await value('lighthouse_bridge_overhead_seconds_count{leg="ask",arm="canary"}')).toBe(0);
    expect(await value('lighthouse_deliveries_total{via="websocket",result="offered",arm="canary"}')).toBe(1);
  });

  it("is measured for the first connection that had the question, and a failed one is counted as failed", async () => {
    const { metrics, ask, value, clock } = rig();
    const { observer } = metrics;
    observer.began("ask", "el_1", clock.monotonic());
    ask("el_1");
    for (const via of ["sse", "websocket"] as const) observer.handing("ask", "el_1", via);
    observer.handed("ask", "el_1", "sse", new Error("gone"));
    await clock.advance(2);
    observer.handed("ask", "el_1", "websocket");
    observer.handed("ask", "el_1", "websocket");
    expect(await value('lighthouse_bridge_overhead_seconds_count{leg="ask",arm="canary"}')).toBe(1);
    expect(await value('lighthouse_deliveries_total{via="sse",result="failed",arm="canary"}')).toBe(1);
    expect(await value('lighthouse_delivery_attempts_total{via="sse"}')).toBe(1);
  });

  it("carries the trace as an exemplar when that trace is kept, and only then", async () => {
    const { metrics, ask, clock } = rig();
    const { observer } = metrics;
    for (const [id, trace] of [
      ["el_1", unsampled],
      ["el_2", sampled],
    ] as const) {
      observer.began("ask", id, clock.monotonic());
      ask(id, { trace });
      await clock.advance(id === "el_1" ? 400 : 20);
      observer.handed("ask", id, "websocket");
    }
    const text = await metrics.text();
    expect(text).toMatch(/le="0.025"} 1 # {trace_id="0af7651916cd43dd8448eb211c80319c"} 0\.02\d* \d+\.\d+/);
    expect(text.match(/trace_id/g)).toHaveLength(1);
    expect(await metrics.text("text/plain")).not.toContain("trace_id");
  });
});

describe("calls", () => {
  it("refused at the door count as rejected, and a fault as an error", async () => {
    const { metrics, value } = rig();
    const call = { operation: "elicitations.ask", actor: "alice", trace: null, receivedAt: 0 };
    metrics.observer.served({ ...call, refusal: refusal("agent_unknown", "nobody") });
    metrics.observer.served({ ...call, refusal: refusal("log_unavailable", "disk full") });
    metrics.observer.served({ ...call, fault: new Error("a bug") });
    metrics.observer.served(call);
    expect(await value('elicitation_requests_total{status="rejected",arm="canary"}')).toBe(1);
    expect(await value('elicitation_requests_total{status="error",arm="canary"}')).toBe(2);
  });

  it("that run into a limit are counted by limit, and an answer by the check that it failed", async () => {
    const { metrics, value } = rig();
    const call = { operation: "elicitations.answer", actor: "bob", trace: null, receivedAt: 0 };
    metrics.observer.served({ ...call, refusal: refusal("content_invalid", "1 problem") });
    metrics.observer.served({ ...call, refusal: refusal("too_busy", "slow down") });
    expect(await value('lighthouse_answers_refused_total{reason="schema"}')).toBe(1);
    expect(await value('lighthouse_answers_refused_total{reason="rate"}')).toBe(1);
    expect(await value('rate_limit_violations_total{limit_type="answer"}')).toBe(1);
  });

  it("that read are timed by what they looked at", async () => {
    const { metrics, value, clock } = rig();
    const receivedAt = clock.monotonic();
    await clock.advance(20);
    metrics.observer.served({ operation: "events.query", actor: "bob", trace: null, receivedAt });
    expect(await value('lighthouse_read_seconds_sum{view="event"}')).toBeCloseTo(0.02);
  });
});

describe("violations", () => {
  it("are counted by kind, each under its one severity", async () => {
    const { happen, value } = rig();
    const violated = (kind: "replay_attack" | "invalid_credential"): void =>
      happen("security/mallory", {
        type: "security.violation",
        data: { kind, severity: "critical", code: "answer_mismatch", subject: "elicitation/el_1" },
      });
    violated("replay_attack");
    violated("invalid_credential");
    expect(await value('security_violations_total{type="replay_attack",severity="critical"}')).toBe(1);
    expect(await value('security_violations_total{type="authentication",severity="medium"}')).toBe(1);
  });

  it("of a kind that no signal knows are reported once, and break nothing", async () => {
    const faults: unknown[] = [];
    const { happen } = rig({ onFault: (fault) => faults.push(fault) });
    for (let i = 0; i < 2; i++) {
      happen("security/m", {
        type: "security.violation",
        data: { kind: "telepathy" as "replay_attack", severity: "high", code: "forbidden", subject: "x" },
      });
    }
    expect(faults.map(String)).toEqual([expect.stringContaining("telepathy")]);
    expect(Object.keys(violations)).not.toContain("telepathy");
  });
});

describe("what an alert waits for", () => {
  it("is counted from 0: dead letters, and verifications with what they found", async () => {
    const { happen, metrics, value } = rig();
    const counted = async () => [
      await value("lighthouse_dead_letters_total"),
      await value("lighthouse_log_verifications_total"),
      await value("lighthouse_log_verification_failures_total"),
    ];
    expect(await counted()).toEqual([0, 0, 0]);
    happen("elicitation/el_1", { type: "elicitation.dead_lettered", data: { deliveries: 5 } });
    metrics.log.verified(true);
    metrics.log.verified(false);
    expect(await counted()).toEqual([1, 2, 1]);
  });
});

describe("a bridge that starts on a log with a past", () => {
  it("counts nothing of it again, and knows what is still open and since when", async () => {
    const { metrics, ask, elicitation, value, clock } = rig();
    metrics.timed({ head: () => ({ position: 3, time: START_MS }) } as Log);
    ask("el_1");
    ask("el_2");
    elicitation("el_2")(accepted);
    await clock.advance(10_000);
    elicitation("el_1")(accepted);
    expect(await value('lighthouse_elicitations_asked_total{arm="canary"}')).toBe(0);
    expect(await value('elicitation_requests_total{status="accepted",arm="canary"}')).toBe(1);
    expect(await value('elicitation_response_time_seconds_sum{response_type="accepted"}')).toBe(10);
    expect(await value("lighthouse_log_events_appended_total")).toBe(1);
  });
});

describe("a log whose appends are timed", () => {
  it("passes on that an append may wait for the next one, and times only those that somebody waits for", async () => {
    const { metrics, value } = rig();
    const whens: (When | undefined)[] = [];
    const append: Log["append"] = async (_, when) => {
      whens.push(when);
      return { ok: true, events: [] };
    };
    const log = metrics.timed({ head: () => ({ position: 0, time: 0 }), append } as Log);
    await log.append([], "soon");
    await log.append([], "now");
    await log.append([]);
    expect(whens).toEqual(["soon", "now", "now"]);
    expect(await value("lighthouse_log_append_seconds_count")).toBe(2);
  });
});

describe("the text", () => {
  it("is OpenMetrics, and the older format for those who ask for that, in any order and at the same time", async () => {
    const { metrics } = rig();
    const [open, older, again] = await Promise.all([
      metrics.text("application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"),
      metrics.text("text/plain"),
      metrics.text(),
    ]);
    expect(open).toMatch(/# TYPE elicitation_requests counter\nelicitation_requests_total\{/);
    expect(open?.endsWith("# EOF\n")).toBe(true);
    expect(older).toMatch(/# TYPE elicitation_requests_total counter\nelicitation_requests_total\{/);
    expect(older).toContain("# TYPE process_cpu_seconds_total counter");
    expect(older).not.toContain("# EOF");
    expect(again).toContain('lighthouse_log_append_seconds_bucket{le="1.0"}');
    expect(older).toContain('lighthouse_log_append_seconds_bucket{le="1"}');
    expect(metrics.contentType()).toContain("application/openmetrics-text; version=1.0.0");
    expect(metrics.contentType("text/plain")).toContain("text/plain");
  });

  it("tells what is asked for at scrape time", async () => {
    let isReady = true;
    const { value } = rig({
      readings: {
        ready: () => isReady,
        mode: () => "emergency",
        connections: () => ({ websocket: 7 }),
        disk: async () => ({ freeBytes: 10, sizeBytes: 100 }),
      },
    });
    expect(await value("lighthouse_ready")).toBe(1);
    isReady = false;
    expect(await value("lighthouse_ready")).toBe(0);
    expect(await value('lighthouse_degradation_mode{mode="emergency"}')).toBe(1);
    expect(await value('lighthouse_degradation_mode{mode="normal"}')).toBe(0);
    expect(await value('lighthouse_connections{transport="websocket"}')).toBe(7);
    expect(await value('lighthouse_connections{transport="sse"}')).toBe(0);
    expect(await value("lighthouse_log_disk_free_bytes")).toBe(10);
  });

  it("is told although the disk cannot be asked", async () => {
    const { metrics } = rig({ readings: { disk: () => Promise.reject(new Error("gone")) } });
    expect(await metrics.text()).toContain("lighthouse_log_position");
  });
});

describe("elicitations by who asked whom", () => {
  const pair = (from: string, to: string, status: string): string =>
    `lighthouse_elicitation_pair_requests_total{from_agent="${from}",to_agent="${to}",status="${status}"}`;

  it("are not there unless they are asked for", async () => {
    const { metrics, ask } = rig();
    ask("el_1");
    expect(await metrics.text()).not.toContain("pair_requests");
  });

  it("begin at 0 with a pair's first question, and count how each ended", async () => {
    const { ask, elicitation, value } = rig({ pairsMax: 2 });
    ask("el_1");
    expect(await value(pair("alice", "bob", "accepted"))).toBe(0);
    elicitation("el_1")(accepted);
    expect(await value(pair("alice", "bob", "accepted"))).toBe(1);
    expect(await value(pair("alice", "bob", "declined"))).toBe(0);
  });

  it("are one for all pairs that come when the table is full", async () => {
    const { metrics, ask, elicitation, value } = rig({ pairsMax: 2 });
    for (const [id, to] of [
      ["el_1", "bob"],
      ["el_2", "carol"],
      ["el_3", "dave"],
      ["el_4", "erin"],
      ["el_5", "bob"],
    ] as const) {
      ask(id, { to });
      elicitation(id)(accepted);
    }
    expect(await value(pair("alice", "bob", "accepted"))).toBe(2);
    expect(await value(pair("other", "other", "accepted"))).toBe(2);
    expect(await metrics.text()).not.toContain("dave");
  });
});

describe("a call that the policy does not allow", () => {
  it.each([
    ["elicitations.ask", "forbidden", "medium"],
    ["agents.list", "forbidden", "medium"],
    ["agents.revoke", "permission_escalation", "high"],
    ["flags.kill", "permission_escalation", "high"],
    ["rollouts.advance", "permission_escalation", "high"],
  ])("%s is counted as %s", async (operation, type, severity) => {
    const { metrics, value } = rig();
    const call = { operation, actor: "alice", trace: null, receivedAt: 0, refusal: refusal("forbidden", "no") };
    metrics.observer.served(call);
    expect(await value(`security_violations_total{type="${type}",severity="${severity}"}`)).toBe(1);
  });
});
