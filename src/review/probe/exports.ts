import { HOUR_MS, json, measured, notRun, type Probe, type Stage } from "./probe.ts";

const FILE = "exports.json";

/** What each exporter said of itself before and after; counts of batches, and of what was given up. */
export interface Exported {
  readonly exporter: string;
  readonly before: Counts;
  readonly after: Counts;
}

interface Counts {
  readonly ok: number;
  readonly failed: number;
  readonly dropped: number;
}

const more = (what: keyof Counts) => ({ minus: [{ at: `/after/${what}` }, { at: `/before/${what}` }] }) as const;

/** The collector and the vendors: whether what the bridge sends is taken, by the bridge's own count of their answers. */
export const exportsProbe = (
  exporters: readonly string[],
  exported: (stage: Stage) => Promise<readonly Exported[]> = (stage) => tryExports(stage, exporters),
): Probe => ({
  id: "exports",
  version: 1,
  does:
    "makes a call under a trace that is recorded, and waits until every exporter that monitoring.yaml switches on has had a batch " +
    "taken by the collector or the vendor that it sends to",
  sabotage: "a vendor's key is wrong",
  checks: [
    {
      id: "monitoring.exports",
      title: "The collector and every vendor take what the bridge sends them",
      section: "monitoring",
      severity: "major",
      ttlMs: HOUR_MS,
      measures: [
        {
          name: "taken",
          unit: "share of the exporters",
          how: {
            kind: "ratio",
            rows: { file: FILE, each: "" },
            that: [
              [more("ok"), "ge", { is: 1 }],
              [more("failed"), "eq", { is: 0 }],
              [more("dropped"), "eq", { is: 0 }],
            ],
          },
          tolerance: { min: 1 },
        },
      ],
    },
  ],
  run: async (stage) => {
    if (exporters.length === 0) return notRun("skipped", "monitoring.yaml switches no exporter on");
    return measured(json(FILE, await exported(stage)));
  },
});

export const tryExports = async (stage: Stage, exporters: readonly string[]): Promise<readonly Exported[]> => {
  const before = await read(stage);
  await beTraced(stage);
  const after = await untilTaken(stage, exporters, before);
  return exporters.map((exporter) => ({
    exporter,
    before: countsOf(exporter, before),
    after: countsOf(exporter, after),
  }));
};

/** Traces are sampled; whoever comes with a trace that is recorded has its spans recorded too. */
const beTraced = async ({ http, register, rng }: Stage): Promise<void> => {
  const { token = "" } = await register("exports");
  const hex = (bytes: number): string => Buffer.from(rng.bytes(bytes)).toString("hex");
  const headers = { authorization: `Bearer ${token}`, traceparent: `00-${hex(16)}-${hex(8)}-01` };
  await http({ method: "GET", path: "/v1/agents", headers });
};

/** Metrics leave once a minute. */
const PATIENCE_MS = 90_000;
const LOOK_EVERY_MS = 500;

const read = async ({ http }: Stage): Promise<string> =>
  (await http({ method: "GET", path: "/metrics" })).response.body;

const untilTaken = async (stage: Stage, exporters: readonly string[], before: string): Promise<string> => {
  const began = stage.clock.monotonic();
  for (;;) {
    const now = await read(stage);
    const isLate = stage.clock.monotonic() - began > PATIENCE_MS;
    if (isLate || exporters.every((one) => hasHeard(countsOf(one, before), countsOf(one, now)))) return now;
    await stage.pause(LOOK_EVERY_MS);
  }
};

/** Taken or not: there is nothing more to wait for. */
const hasHeard = (before: Counts, now: Counts): boolean => now.ok > before.ok || now.failed > before.failed;

const countsOf = (exporter: string, text: string): Counts => {
  const value = (name: string, ...labels: readonly string[]): number => {
    const line = text
      .split("\n")
      .find((each) => each.startsWith(`${name}{`) && labels.every((label) => each.includes(label)));
    return Number(line?.slice(line.lastIndexOf(" ") + 1) ?? 0);
  };
  const of = `exporter="${exporter}"`;
  return {
    ok: value("lighthouse_telemetry_exports_total", of, 'result="ok"'),
    failed: value("lighthouse_telemetry_exports_total", of, 'result="failed"'),
    dropped: value("lighthouse_telemetry_dropped_total", of),
  };
};
