import { rollbackSteps } from "../../../src/domain/event-rollout.ts";
import { type OperatorName, operators } from "../cast.ts";
import { type Random, random } from "../random.ts";
import type { ControllerStep, Step } from "../step.ts";
import type { Job, Stop } from "./job.ts";

/** What happens to rollouts in one life: a few beginnings, and after each of them deaths, others who go on, and hands. */
export const rolloutSteps = (seed: number, from: number, untilMs: number): readonly Step[] => {
  const luck = random(seed, "rollouts");
  if (luck.chance(0.25)) return [];
  const steps: Unnumbered[] = [];
  for (let left = luck.between(1, 3); left > 0; left--) {
    const by = luck.pick(operators);
    if (luck.chance(0.1)) {
      steps.push(...sleeping(by, luck.below(Math.max(1, untilMs * 0.5)), luck));
      continue;
    }
    const job = beginningOf(luck);
    // A rollout needs questions that end while it looks: after the plan there are none.
    const atMs = luck.below(Math.max(1, untilMs * (job.kind === "roll out" ? 0.35 : 0.7)));
    const stop = stopOf(job.kind, luck);
    steps.push({ atMs, kind: "controller", by, job, ...stop });
    steps.push(...followersOf(job.kind, by, atMs, stop.stop?.how === "sleeps", luck));
  }
  return steps.map((step, i): Step => ({ n: from + i, ...step }));
};

type Unnumbered = Step extends infer S ? (S extends unknown ? Omit<S, "n"> : never) : never;

/** Whoever sets the share falls asleep over it, and the arm is withdrawn meanwhile: it must not come back. */
const sleeping = (by: OperatorName, atMs: number, luck: Random): readonly Unnumbered[] => {
  const stop: Stop = { among: "acts", afterCalls: luck.below(4), how: "sleeps", forMs: 9_000 };
  const job: Job = { kind: "roll out", judge: "lenient", certificates: false };
  const scope = luck.chance(0.8) ? ({ kind: "canary" } as const) : scopeOf(luck);
  const other = by === "olga" ? "otto" : "olga";
  return [
    { atMs, kind: "controller", by, job, stop },
    { atMs: atMs + luck.between(300, 2_000), kind: "controller", by: other, job: { kind: "roll back", scope } },
  ];
};

const followersOf = (
  kind: Job["kind"],
  by: OperatorName,
  begunAtMs: number,
  isSleepy: boolean,
  luck: Random,
): readonly Unnumbered[] => {
  const other = by === "olga" ? "otto" : "olga";
  const steps: Unnumbered[] = [];
  let atMs = begunAtMs;
  if (luck.chance(0.2)) {
    // The first does not get a turn for longer than its lease lasts, and wakes up when another has taken over.
    steps.push({ atMs: atMs + luck.between(5, 200), kind: "hold up", by, forMs: luck.between(6_000, 11_000) });
  }
  if (isSleepy || luck.chance(0.4)) {
    const isBack = kind === "roll out" && luck.chance(0.5);
    const job: Job = isBack ? { kind: "roll back", scope: scopeOf(luck) } : { kind: "go on" };
    steps.push({ atMs: atMs + luck.between(300, 3_000), kind: "controller", by: other, job });
  }
  if (kind === "rehearse" && luck.chance(0.6)) {
    const job: Job = { kind: "roll back", scope: scopeOf(luck) };
    steps.push({ atMs: atMs + luck.between(10, 600), kind: "controller", by: other, job });
  }
  // Its connection breaks, and what it asked is asked again.
  for (let drops = luck.between(0, 3); drops > 0; drops--) {
    steps.push({ atMs: begunAtMs + luck.between(3, 300), kind: "drop", agent: by });
  }
  for (let more = luck.between(0, 4); more > 0; more--) {
    atMs += luck.between(50, 2_500);
    steps.push({ atMs, ...laterOf(luck) } as Unnumbered);
  }
  return steps;
};

const beginningOf = (luck: Random): Job => {
  const kind = luck.weighted({ "roll out": 40, "roll back": 45, rehearse: 15 });
  switch (kind) {
    case "roll out":
      return { kind, judge: luck.chance(0.75) ? "lenient" : "strict", certificates: luck.chance(0.2) };
    case "rehearse":
      return { kind };
    case "roll back":
      return { kind, scope: scopeOf(luck) };
  }
};

const scopeOf = (luck: Random): Extract<Job, { readonly kind: "roll back" }>["scope"] => {
  const kind = luck.weighted({ full: 30, canary: 35, partial: 35 });
  if (kind !== "partial") return { kind };
  const agents = ["bob", "dan", "dora", "eli", "paul", "meg", "kate"].filter(() => luck.chance(0.5));
  return { kind, agents: agents.length === 0 ? ["bob"] : agents, roles: luck.chance(0.2) ? ["auditor"] : [] };
};

/** Most of what a rollback asks of its bridge are some fifty requests. */
const CALLS = 60;
/** Of which so many change something: its steps, its end, the flag, what is put over. */
const ACTS = 11;

/** Few get as far as the last ones, so that these are drawn more often. */
const ends = [
  ...rollbackSteps,
  "clear_delivery",
  "verify_log",
  "verify_log",
  "publish",
  "finish",
  "finish",
  "finish",
] as const;

const stopOf = (kindOfJob: Job["kind"], luck: Random): { readonly stop?: Stop } => {
  if (luck.chance(0.2)) return {};
  const forMs = luck.between(5_500, 11_000);
  const kind = luck.weighted({ all: 25, acts: 25, one: kindOfJob === "roll out" ? 0 : 60 });
  const how = luck.weighted({ dies: 50, "dies unheard": 25, sleeps: 25 });
  const among = kind === "one" ? luck.pick(ends) : kind;
  const afterCalls = kind === "one" ? 0 : luck.below(kind === "all" ? CALLS : ACTS);
  return { stop: { among, afterCalls, how, forMs } };
};

type Later =
  | Pick<ControllerStep, "kind" | "by" | "job" | "stop">
  | Pick<Extract<Step, { readonly kind: "kill" }>, "kind" | "by">
  | Pick<Extract<Step, { readonly kind: "hold up" }>, "kind" | "by" | "forMs">
  | Pick<Extract<Step, { readonly kind: "hand" }>, "kind" | "how">;

const laterOf = (luck: Random): Later => {
  const by: OperatorName = luck.pick(operators);
  const kind = luck.weighted({ controller: 50, kill: 15, "hold up": 10, hand: 20 });
  switch (kind) {
    case "controller":
      return { kind, by, job: { kind: "go on" }, ...stopOf("go on", luck) };
    case "kill":
      return { kind, by };
    case "hold up":
      return { kind, by, forMs: luck.between(500, 9_000) };
    case "hand":
      return {
        kind,
        how: luck.pick(["pause", "resume", "resume", "promote", "promote", "promote", "promote", "abort"] as const),
      };
  }
};
