import type { Hooks } from "../attack/result.ts";
import { runAttacks } from "../attack/run.ts";
import type { Test } from "../recompute/how.ts";
import { DAY_MS, json, measured, notRun, type Probe } from "./probe.ts";

const FILE = "attacks.json";
/** Fewer would mean that the list was cut. */
const ATTACKS_MIN = 30;

/** A log that is edited under a running bridge (`integrity.log` edits a copy), and waiting for an invitation to expire. */
const impossibleAlive = ["store.edited-log", "enrolment.expired"] as const;

/** What somebody who means ill would try, each beside the same request in order, which has to work. */
export const attacksProbe = (url: string, hooks: Hooks): Probe => ({
  id: "attacks",
  version: 2,
  does:
    "tries every attack of the list as agents of its own, each with a positive control, and looks at what is in the " +
    "log afterwards",
  sabotage: "the signature of an answer is not checked",
  checks: [
    {
      id: "security.attacks",
      title: "Every attack is refused by the control that it tries, and the same request in order is accepted",
      section: "security",
      severity: "blocker",
      ttlMs: DAY_MS,
      measures: [
        {
          name: "refused",
          unit: "attacks that were run",
          how: {
            kind: "all",
            rows: { file: FILE, each: "/results", where: [[{ at: "/state" }, "ne", { is: "not run" }]] },
            that: [[{ at: "/state" }, "eq", { is: "refused" }]],
          },
          tolerance: { is: true },
        },
        {
          name: "attacks",
          unit: "attacks that were refused",
          how: {
            kind: "count",
            rows: { file: FILE, each: "/results" },
            that: [[{ at: "/state" }, "eq", { is: "refused" }]],
          },
          tolerance: { min: ATTACKS_MIN },
        },
      ],
    },
    {
      id: "security.attacks-all",
      title:
        "No attack was left out but the two that no running system can be given: store.edited-log (integrity.log changes " +
        "a copy instead) and enrolment.expired (a quarter of an hour is not waited for)",
      section: "security",
      severity: "minor",
      ttlMs: 7 * DAY_MS,
      measures: [
        {
          name: "left-out",
          unit: "attacks",
          how: {
            kind: "count",
            rows: { file: FILE, each: "/results" },
            that: [[{ at: "/state" }, "eq", { is: "not run" }]],
          },
          tolerance: { max: impossibleAlive.length },
        },
        {
          name: "others-left-out",
          unit: "attacks",
          how: {
            kind: "count",
            rows: { file: FILE, each: "/results" },
            that: [
              [{ at: "/state" }, "eq", { is: "not run" }],
              ...impossibleAlive.map((id): Test => [{ at: "/id" }, "ne", { is: id }]),
            ],
          },
          tolerance: { max: 0 },
        },
      ],
    },
  ],
  run: async ({ clock, scheduler, rng, signal, progress, register }) => {
    const { token } = await register("attacks-admin", ["admin"]);
    if (token === undefined)
      return notRun("error", "the bridge handed out no token for an administrator of the attacks");
    const target = { url, token };
    const report = await runAttacks({
      ...{ clock, scheduler, rng, signal, target, hooks },
      onProgress: (done, total) => progress(done, total),
    });
    signal.throwIfAborted();
    return measured(json(FILE, report));
  },
});
