import { expect, test } from "vitest";
import { manualTime } from "../../../test/support/manual-time.ts";
import { seededRng } from "../../../test/support/seeded-rng.ts";
import { assess } from "../assess.ts";
import type { PolicyCheck } from "../policy.ts";
import { exportsProbe } from "./exports.ts";
import type { Stage } from "./probe.ts";
import { runProbes } from "./run.ts";

/** Counters as a bridge shows them, one reading after the other; the last one stays. */
const looked = async (...readings: readonly (readonly [ok: number, failed: number, dropped: number])[]) => {
  const time = manualTime(1_767_571_200_000);
  let nth = 0;
  const text = ([ok, failed, dropped]: readonly [number, number, number]): string =>
    [
      `lighthouse_telemetry_exports_total{exporter="otlp_traces",result="ok"} ${ok}`,
      `lighthouse_telemetry_exports_total{exporter="otlp_traces",result="failed"} ${failed}`,
      `lighthouse_telemetry_exports_total{exporter="datadog",result="ok"} 99`,
      `lighthouse_telemetry_dropped_total{exporter="otlp_traces"} ${dropped}`,
    ].join("\n");
  const http: Stage["http"] = async (request) => {
    if (request.path !== "/metrics")
      return { request, response: { status: 200, contentType: "", body: "" }, at: 0, tookMs: 0 };
    const reading = readings[Math.min(nth++, readings.length - 1)] as (typeof readings)[number];
    return { request, response: { status: 200, contentType: "text/plain", body: text(reading) }, at: 0, tookMs: 0 };
  };
  const stage = {
    http,
    clock: time,
    rng: seededRng(1),
    register: async () => ({ token: "t" }),
    pause: (ms: number) => time.advance(ms),
  };
  const files = new Map<string, Uint8Array>();
  const probe = exportsProbe(["otlp_traces"]);
  const { results } = await runProbes({
    ...{ review: "r", profile: "quick", prober: "p", probes: [probe], clock: time, scheduler: time },
    signal: new AbortController().signal,
    stage: { stageFor: () => stage as unknown as Stage, clear: async () => [] },
    evidence: {
      put: async (bytes, { name, mediaType }) => {
        files.set("0".repeat(64), bytes);
        const annotations = { bytes: bytes.byteLength, collectedAt: "2026-01-05T00:00:00.000Z" };
        return { name, mediaType, digest: { sha256: "0".repeat(64) }, annotations };
      },
    },
  });
  const [check] = probe.checks;
  const policed = { ...check, probe: { id: probe.id, versionMin: 1 } } as PolicyCheck;
  return assess(policed, results[0] as (typeof results)[number], files).state;
};

test("an exporter whose batch is taken passes, as soon as it is", async () => {
  expect(await looked([3, 1, 0], [3, 1, 0], [4, 1, 0])).toBe("pass");
});

test.each([
  ["nothing is taken in time", [3, 1, 0], [3, 1, 0]],
  ["a batch is refused beside it", [3, 1, 0], [4, 2, 0]],
  ["something is given up", [3, 1, 0], [4, 1, 7]],
] as const)("it fails when %s", async (_, before, after) => {
  expect(await looked(before, after)).toBe("fail");
});
