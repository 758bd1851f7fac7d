import { LighthouseRefusal } from "../../client/refusal.ts";
import type { LogEvent } from "../../client/wire.ts";
import type { Measure } from "../policy.ts";
import { DAY_MS, json, measured, type Probe, type Stage } from "./probe.ts";

const FILE = "custom-events.json";
/** Events that are sent, see `payloads`. */
const COUNT = 5;

/** Event for event, in the order in which they were sent. */
const sameAsSent = (way: "queried" | "watched"): Measure => ({
  name: `${way}-as-sent`,
  unit: "payloads",
  how: {
    kind: "all",
    rows: { file: FILE, zip: ["/sent", `/${way}`] },
    that: [[{ at: "/0" }, "eq", { at: "/1/data/payload" }]],
  },
  tolerance: { is: true },
});

/** An application's own events, there and back: what was missing in the ancestor and broke its elicitations at run time. */
export const customEventsProbe: Probe = {
  id: "custom-events",
  version: 1,
  does:
    "appends custom events under a name of its own, and reads them by query and by watching, in order and unchanged; " +
    "an append at the wrong revision must be refused",
  sabotage: "custom events are acknowledged and not kept",
  checks: [
    {
      id: "events.custom",
      title: "An application's own events come back unchanged, and at the right revision only",
      section: "integrity",
      severity: "blocker",
      ttlMs: DAY_MS,
      measures: [
        sameAsSent("queried"),
        sameAsSent("watched"),
        {
          name: "stale-append",
          unit: "refusal",
          how: { kind: "value", file: FILE, of: { at: "/conflict" } },
          tolerance: { is: "revision_conflict" },
        },
      ],
    },
  ],
  run: async (stage) => {
    const name = "lighthouse.review.probe";
    const writer = await stage.join("events-writer");
    const reader = await stage.join("events-reader");
    const { head } = await reader.events.query({ limit: 1 });
    const stop = new AbortController();
    const watched = watchFor(reader, name, head, stage, stop);
    const sent = payloads(stage);
    const appended = [];
    for (const payload of sent) appended.push(await writer.events.append(name, payload));
    const conflict = await refusalOf(
      writer.events.append(
        name,
        { review: stage.review, stale: true },
        { expect: (appended.at(-1)?.revision ?? 0) - 1 },
      ),
    );
    const queried: LogEvent[] = [];
    for await (const event of reader.events.all({ name, after: head })) if (ofReview(event, stage)) queried.push(event);
    const seen = await watched;
    const found = { queried: padded(queried), watched: padded(seen) };
    return measured(json(FILE, { name, sent, appended, ...found, conflict: conflict ?? "none" }));
  },
};

/** Small, large, nested, and with what encodings stumble over. */
const payloads = ({ review }: Stage) =>
  [
    { n: 0 },
    { n: 1, text: 'Ünïcödé 🗼 \u2028 "quotes" \\ <tags>' },
    { n: 2, nested: { list: [1, 2.5, -0.001, null, true, { deep: ["er"] }] } },
    { n: 3, text: "x".repeat(10_000) },
    { n: 4, empty: {}, none: [] },
  ].map((payload) => ({ review, ...payload }));

const WATCH_MS = 5_000;

/** What did not come has its place, so that it is seen to be missing. */
const padded = (events: readonly LogEvent[]): readonly (LogEvent | null)[] => [
  ...events,
  ...new Array<null>(Math.max(0, COUNT - events.length)).fill(null),
];

const ofReview = ({ data }: LogEvent, { review }: Stage): boolean =>
  ((data as { readonly payload?: { readonly review?: unknown } }).payload?.review ?? null) === review;

const watchFor = async (
  reader: Awaited<ReturnType<Stage["join"]>>,
  name: string,
  after: number,
  stage: Stage,
  stop: AbortController,
): Promise<readonly LogEvent[]> => {
  const cancel = stage.scheduler.after(WATCH_MS, () => stop.abort());
  const seen: LogEvent[] = [];
  for await (const event of reader.events.watch({ name, after }, { signal: stop.signal })) {
    if (ofReview(event, stage) && seen.push(event) === COUNT) break;
  }
  cancel();
  return seen;
};

/** The code with which something was refused; null when it was not. */
const refusalOf = async (attempt: Promise<unknown>): Promise<string | null> => {
  try {
    await attempt;
    return null;
  } catch (error) {
    if (error instanceof LighthouseRefusal) return error.code;
    throw error;
  }
};
