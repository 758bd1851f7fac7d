import { mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { fakeServer, type Outgoing } from "../../../test/ops/fake-server.ts";
import { manualTime } from "../../../test/support/manual-time.ts";
import { metricsIn, spansIn } from "../../../test/support/otlp.ts";
import { seededRng } from "../../../test/support/seeded-rng.ts";
import { eventually, tcpListener } from "../../../test/support/tcp-listener.ts";
import { type TestBridge, testBridge } from "../../../test/support/test-bridge.ts";
import { wireSession } from "../../../test/support/wire-session.ts";
import { dialTcp } from "../../cli/dial-tcp.ts";
import type { Offer } from "../../domain/answer.ts";
import { postBy } from "./export/post.ts";
import type { Line } from "./lines/line.ts";
import { fdLines } from "./lines/stdout.ts";
import { createTelemetry, type Telemetry } from "./telemetry.ts";

const folder = mkdtempSync(join(tmpdir(), "lighthouse-telemetry-"));
let bridge: TestBridge | undefined;
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await bridge?.close();
  bridge = undefined;
  for (const close of closing.splice(0)) await close();
});

const service = { name: "lighthouse-bridge", version: "1.2.3", environment: "test", node: { name: "here" } };

/** A bridge with everything on: every place that telemetry can go to is a real server on loopback. */
const everything = async () => {
  const time = manualTime(1_767_571_200_000);
  const logstash = await tcpListener();
  const served = await fakeServer((): Outgoing => ({ status: 200 }));
  closing.push(served.close, logstash.kill);
  const file = join(folder, "stdout.log");
  const telemetry: Telemetry = await createTelemetry(
    {
      service,
      revision: "abc",
      level: "info",
      traces: { to: { protocol: "http/protobuf", endpoint: served.url }, sampling: { ratio: 1, perSecondMax: 100 } },
      logs: { logstash: { address: `127.0.0.1:${logstash.port}`, bufferBytes: 1_000_000 } },
      metrics: { datadog: { url: `${served.url}/v1/metrics`, apiKey: "canary-key" } },
    },
    {
      clock: time,
      scheduler: time,
      rng: seededRng(11),
      post: postBy(fetch),
      dial: (address) => dialTcp("127.0.0.1", Number(address.split(":")[1])),
      stdout: (watch) => fdLines(openSync(file, "w"), watch),
      node: "v24",
    },
  );
  const t = await testBridge({ time, observer: telemetry.observer, projections: [telemetry] });
  bridge = t;
  const alice = await t.register("alice");
  const bob = await t.register("bob");
  const asker = await wireSession(t, alice.principal, { outcomes: true });
  const target = await wireSession(t, bob.principal, { inbox: true });
  const roundTrip = async (): Promise<string> => {
    await asker.call("elicitations.ask", { to: "bob", message: "?" });
    const offer = target.pushed("offer")?.["offer"] as Offer;
    const answer = bob.sign(offer, { action: "accept", content: 1 });
    await target.call("elicitations.answer", { id: offer.id, answer });
    return offer.id;
  };
  const value = async (selector: string): Promise<number> => {
    const { text } = await telemetry.expose();
    const line = text.split("\n").find((each) => each.startsWith(`${selector} `));
    return Number(line?.slice(selector.length + 1).split(" ")[0]);
  };
  return { time, logstash, served, telemetry, roundTrip, value, file };
};

describe("a bridge with everything on", () => {
  it("tells one story in all three: the trace of the span is in the line, in the metrics and in the event", async () => {
    const t = await everything();
    const id = await t.roundTrip();
    await t.telemetry.close(5_000);
    await eventually(() => t.logstash.lines.length > 2);

    const sent = (path: string) => t.served.seen.filter((request) => request.path === path).map(({ bytes }) => bytes);
    const spans = sent("/v1/traces").flatMap(spansIn);
    expect(spans.map(({ name }) => name).sort()).toEqual([
      "deliver outcome",
      "elicitations.answer",
      "elicitations.ask",
      "offer inbox",
    ]);
    const traceId = spans[0]?.traceId as string;
    const lines = t.logstash.lines.map((text) => JSON.parse(text) as Line);
    const ended = lines.find(({ lighthouse }) => lighthouse?.elicitation_id === id);
    expect(ended?.trace?.id).toBe(traceId);
    expect((await t.telemetry.expose()).text).toContain(`trace_id="${traceId}"`);
    const asked = (await bridge?.events())?.find(({ type }) => type === "elicitation.asked");
    expect(asked?.trace).toContain(traceId);
    expect(
      sent("/v1/metrics")
        .flatMap(metricsIn)
        .map(({ name }) => name),
    ).toContain("lighthouse_elicitations_asked_total");
    expect(readFileSync(t.file, "utf8").trimEnd().split("\n").length).toBe(lines.length);
    expect(await t.value('lighthouse_telemetry_exports_total{exporter="otlp_traces",result="ok"}')).toBe(1);
    expect(await t.value('lighthouse_telemetry_exports_total{exporter="datadog",result="ok"}')).toBe(1);
  });

  it("counts what fails, says so where somebody still listens, once and not each time, and says when it is over", async () => {
    const t = await everything();
    const broken: Outgoing = { status: 503 };
    t.served.instead(broken, broken);
    await t.roundTrip();
    // Spans wait 2 s for company; the first try fails, and so does the second, a second later.
    const failed = () => t.value('lighthouse_telemetry_exports_total{exporter="otlp_traces",result="failed"}');
    for (const seconds of [2, 1, 2]) {
      await t.time.advance(seconds * 1_000);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await t.time.advance(0);
    expect(await failed()).toBe(2);
    expect(await t.value('lighthouse_telemetry_exports_total{exporter="otlp_traces",result="ok"}')).toBe(1);
    await eventually(() => t.logstash.lines.some((line) => line.includes("export.recovered")));
    const about = t.logstash.lines.filter((line) => line.includes("export.failed"));
    expect(about).toHaveLength(1);
    expect(about[0]).toContain("otlp_traces");
    expect(about[0]).toContain("503");
    expect(t.logstash.lines.join()).not.toContain("canary-");
    await t.telemetry.close(1_000);
  });

  it("works as well with nobody there at all, and closes", async () => {
    const t = await everything();
    await t.logstash.kill();
    await t.served.close();
    await t.roundTrip();
    expect(await t.value('elicitation_requests_total{status="accepted",arm="canary"}')).toBe(1);
    await t.telemetry.close(1);
    rmSync(folder, { recursive: true, force: true });
  });
});
