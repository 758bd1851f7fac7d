import type { AskHandle } from "../../client/ask.ts";
import { LighthouseRefusal } from "../../client/refusal.ts";
import { DAY_MS, json, measured, notRun, type Probe, type Stage } from "./probe.ts";

const FILE = "restart.json";
const QUESTIONS = 8;

/** Stops the bridge and starts it again; resolves when it is ready. Whether by `kill -9` is the operator's choice. */
export type Restart = () => Promise<{ readonly how: string }>;

/** Questions that are open when the bridge goes down, and what became of each. */
export const restartProbe = (restart: Restart | undefined): Probe => ({
  id: "restart",
  version: 1,
  does:
    "asks questions, restarts the bridge while they are open, answers them afterwards and looks up every one that was " +
    "acknowledged; a custom event of before must be there too",
  sabotage: "the log forgets its newest events when it is opened",
  checks: [
    {
      id: "integrity.restart",
      title: "A restart in the middle of work loses nothing that was acknowledged",
      section: "integrity",
      severity: "major",
      ttlMs: 7 * DAY_MS,
      measures: [
        {
          name: "acknowledged",
          unit: "questions",
          how: { kind: "count", rows: { file: FILE, each: "/acknowledged" } },
          tolerance: { min: QUESTIONS },
        },
        {
          name: "answered-after",
          unit: "questions",
          how: {
            kind: "all",
            rows: { file: FILE, zip: ["/acknowledged", "/found", "/outcomes"] },
            that: [
              [{ at: "/0" }, "eq", { at: "/1/id" }],
              [{ at: "/1/status" }, "eq", { is: "accepted" }],
              [{ at: "/2" }, "eq", { is: "accepted" }],
            ],
          },
          tolerance: { is: true },
        },
        {
          name: "event-kept",
          unit: "id",
          how: {
            kind: "equal",
            left: { file: FILE, at: "/event/before/id" },
            right: { file: FILE, at: "/event/after/id" },
          },
          tolerance: { is: true },
        },
      ],
    },
  ],
  run: async (stage) => {
    if (restart === undefined) return notRun("unavailable", "nothing was given to restart the bridge with (--restart)");
    const asker = await stage.join("restart-asker");
    const target = await stage.join("restart-target");
    const before = await asker.events.append(EVENT, { review: stage.review });
    const open = await Promise.all(Array.from({ length: QUESTIONS }, (_, n) => ask(asker, target.agent, stage, n)));
    const { how } = await restart();
    const stop = new AbortController();
    const answering = target.answerWith(({ message }) => ({ echo: message }), { signal: stop.signal });
    const outcomes = await Promise.all(open.map(({ outcome }) => within(stage, outcome)));
    const found = [];
    for (const { id } of open) found.push(await lookUp(asker, id));
    const events = await asker.events.query({ name: EVENT, after: before.position - 1, limit: 1 });
    stop.abort();
    await answering;
    return measured(
      json(FILE, {
        how,
        acknowledged: open.map(({ id }) => id),
        outcomes: outcomes.map((outcome) => outcome?.status ?? null),
        found,
        event: { before, after: events.events[0] ?? { id: "none" } },
      }),
    );
  },
});

const EVENT = "lighthouse.review.restart";
const DEADLINE_MS = 120_000;
const PATIENCE_MS = 30_000;

const ask = (asker: Awaited<ReturnType<Stage["join"]>>, to: string, { review }: Stage, n: number) =>
  asker.ask.start({
    to,
    message: `[${review}] across a restart ${n}`,
    schema: { type: "object", properties: { echo: { type: "string" } }, required: ["echo"] },
    timeoutMs: DEADLINE_MS,
  }) as Promise<AskHandle>;

/** An acknowledged question that nobody knows any more is what is looked for, and no fault of the probe. */
const lookUp = async (asker: Awaited<ReturnType<Stage["join"]>>, id: string) => {
  try {
    const { status, position } = await asker.get(id);
    return { id, status, position };
  } catch (error) {
    if (!(error instanceof LighthouseRefusal)) throw error;
    return { id, status: error.code, position: null };
  }
};

/** What it came to, or undefined when it takes too long or fails. */
const within = <T>({ scheduler }: Stage, work: Promise<T>): Promise<T | undefined> =>
  new Promise((resolve) => {
    const cancel = scheduler.after(PATIENCE_MS, () => resolve(undefined));
    work.then(
      (value) => {
        cancel();
        resolve(value);
      },
      () => resolve(undefined),
    );
  });
