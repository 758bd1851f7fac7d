import type { LogEvent } from "../../client/wire.ts";
import { DAY_MS, json, measured, notRun, type Probe, type Stage } from "./probe.ts";

const FILE = "rollback.json";
const STEPS = 7;
const BUDGET_MS = 300_000;

/** Goes the whole way of the emergency rollback for agents that exist for it alone, and puts everything back. */
export type Rehearse = () => Promise<void>;

export const rollbackProbe = (rehearse: Rehearse | undefined): Probe => ({
  id: "rollback",
  version: 1,
  does:
    "rehearses the emergency rollback for agents that exist for it alone (with --rehearse-rollback), and reads in the log " +
    "what the newest rehearsal did, step by step with its times",
  sabotage: "a step's post-condition does not hold",
  checks: [
    {
      id: "operations.rollback",
      title:
        "The seven steps of the emergency rollback were gone through in less than five minutes, this week, and none was lost",
      section: "operations",
      severity: "major",
      ttlMs: DAY_MS,
      measures: [
        {
          name: "took",
          unit: "ms",
          how: { kind: "sum", rows: { file: FILE, each: "/steps" }, of: { at: "/data/durationMs" } },
          tolerance: { max: BUDGET_MS },
        },
        {
          name: "steps-done",
          unit: "steps",
          how: { kind: "count", rows: { file: FILE, each: "/steps" } },
          tolerance: { between: [STEPS, STEPS] },
        },
        {
          name: "questions-lost",
          unit: "questions",
          how: { kind: "value", file: FILE, of: { at: "/finished/data/lost" } },
          tolerance: { max: 0 },
        },
        {
          name: "age",
          unit: "ms",
          how: {
            kind: "value",
            file: FILE,
            of: { minus: [{ ms: { at: "/readAt" } }, { ms: { at: "/finished/time" } }] },
          },
          tolerance: { max: 7 * DAY_MS },
        },
      ],
    },
  ],
  run: async (stage) => {
    await rehearse?.();
    const events: LogEvent[] = [];
    for await (const event of stage.operator.events.all({ stream: "rollback" })) events.push(event);
    const finished = events.findLast((event) => event.type === "rollback.finished" && isRehearsal(event, events));
    if (finished === undefined)
      return notRun("unavailable", "no rehearsal is in the log: run `lighthouse rollback --rehearse`");
    return measured(json(FILE, storyOf(finished, events, stage)));
  },
});

const idOf = ({ data }: LogEvent): unknown => (data as { readonly id?: unknown }).id;

const isRehearsal = (finished: LogEvent, events: readonly LogEvent[]): boolean =>
  events.some(
    (event) =>
      event.type === "rollback.started" &&
      idOf(event) === idOf(finished) &&
      (event.data as { readonly rehearsal?: unknown }).rehearsal === true,
  );

const storyOf = (finished: LogEvent, events: readonly LogEvent[], { clock }: Stage) => ({
  started: events.find((event) => event.type === "rollback.started" && idOf(event) === idOf(finished)),
  steps: events.filter((event) => event.type === "rollback.step_done" && idOf(event) === idOf(finished)),
  finished,
  readAt: new Date(clock.now()).toISOString(),
});
