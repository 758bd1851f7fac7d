import { HOUR_MS, json, measured, notRun, type Probe, type Stage } from "./probe.ts";

const FILE = "logstash.json";
const PIPELINE = "/body/pipelines/lighthouse/events";

/** The Logstash that monitoring.yaml names, as far as it can be asked. */
export interface Logstash {
  /** Where it takes lines: host and port. */
  readonly address: string;
  /** Whether somebody takes a connection there; says why not. */
  readonly connect: () => Promise<{ readonly isOpen: boolean; readonly says: string }>;
  /** What its own API counts of our pipeline; rejects when it does not answer. */
  readonly counts: () => Promise<{ readonly asked: string; readonly status: number; readonly body: unknown }>;
}

/** TCP knows no acknowledgement, so whether a line has arrived only Logstash can say. */
export const logstashProbe = ({ address, connect, counts }: Logstash): Probe => ({
  id: "logstash",
  version: 1,
  does:
    "opens a connection to Logstash, has the bridge write a line, and waits until Logstash's own count of lines that came " +
    "in and went out has grown",
  sabotage: "Logstash takes connections and reads nothing",
  checks: [
    {
      id: "monitoring.logstash",
      title: "Logstash takes the lines of the bridge and passes them on",
      section: "monitoring",
      severity: "minor",
      ttlMs: HOUR_MS,
      measures: [
        {
          name: "connected",
          unit: "true or false",
          how: { kind: "value", file: FILE, of: { at: "/connection/isOpen" } },
          tolerance: { is: true },
        },
        grown("lines-taken", "in"),
        grown("lines-passed-on", "out"),
        {
          name: "lines-given-up",
          unit: "lines",
          how: {
            kind: "value",
            file: FILE,
            of: { minus: [{ at: "/droppedAfter" }, { at: "/droppedBefore" }] },
          },
          tolerance: { max: 0 },
        },
      ],
    },
  ],
  run: async (stage) => {
    const connection = await connect();
    const before = await counts().catch((error: Error) => error.message);
    if (typeof before === "string")
      return notRun("unavailable", `${connection.isOpen ? "" : `${address}: ${connection.says}; `}${before}`);
    const droppedBefore = await dropped(stage);
    const { token = "" } = await stage.register("logstash");
    const after = await untilGrown(stage, token, before, counts);
    const droppedAfter = await dropped(stage);
    return measured(json(FILE, { address, connection, before, after, droppedBefore, droppedAfter }));
  },
});

const grown = (name: string, way: "in" | "out") =>
  ({
    name,
    unit: "lines",
    how: {
      kind: "value",
      file: FILE,
      of: { minus: [{ at: `/after${PIPELINE}/${way}` }, { at: `/before${PIPELINE}/${way}` }] },
    },
    tolerance: { min: 1 },
  }) as const;

const PATIENCE_MS = 20_000;
const LOOK_EVERY_MS = 500;

type Counts = Awaited<ReturnType<Logstash["counts"]>>;

const untilGrown = async (stage: Stage, token: string, before: Counts, counts: Logstash["counts"]): Promise<Counts> => {
  const began = stage.clock.monotonic();
  for (;;) {
    // A refused call is a line in the bridge's log; one that goes well is none.
    const id = `el_${Buffer.from(stage.rng.bytes(13)).toString("hex")}`;
    await stage.http({ method: "GET", path: `/v1/elicitations/${id}`, headers: { authorization: `Bearer ${token}` } });
    await stage.pause(LOOK_EVERY_MS);
    const now = await counts();
    const isLate = stage.clock.monotonic() - began > PATIENCE_MS;
    if (isLate || (["in", "out"] as const).every((way) => eventsOf(now, way) > eventsOf(before, way))) return now;
  }
};

const eventsOf = ({ body }: Counts, way: "in" | "out"): number =>
  (body as { readonly pipelines?: { readonly lighthouse?: { readonly events?: Readonly<Record<string, number>> } } })
    .pipelines?.lighthouse?.events?.[way] ?? 0;

const METRIC = 'lighthouse_log_lines_dropped_total{sink="logstash"}';

const dropped = async ({ http }: Stage): Promise<number> => {
  const { response } = await http({ method: "GET", path: "/metrics" });
  const line = response.body.split("\n").find((each) => each.startsWith(METRIC));
  return Number(line?.slice(line.lastIndexOf(" ") + 1) ?? 0);
};
