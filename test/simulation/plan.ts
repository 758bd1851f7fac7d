import { answers, asks, cast } from "./cast.ts";
import type { DiskFault } from "./disk.ts";
import { type Random, random } from "./random.ts";
import { rolloutSteps } from "./rollout/steps.ts";
import type { AskDeed, Attack, Deed, FlagChange, InquireDeed, Step } from "./step.ts";

/** Drawn from the seed before anything happens, so that it can be cut down. */
export interface Plan {
  readonly steps: readonly Step[];
  /** Who takes part. All are registered; only these ever connect. */
  readonly agents: readonly string[];
  /** Safety ends here: faults stop, everything heals, and what is open has to come to its end. */
  readonly healMs: number;
}

/** Simulated events that one step of a plan makes, on average: an ask makes about 40, a fault none. */
const EVENTS_PER_STEP = 27;
/** Mean time between two steps. */
const STEP_MS = 120;

const faults = ["crash", "restart", "disk", "drop", "part", "freeze", "away", "clock"] as const;
const diskFaults: readonly DiskFault[] = ["full", "write errors", "sync errors", "read errors", "slow"];
const attacks: readonly Attack[] = [
  "answer in its own name",
  "answer in another's name",
  "replay",
  "claim",
  "cancel",
  "read",
  "no envelope",
  "no request",
  "no credential",
];

/** `events`: about how many simulated events the plan should make. */
export const planFor = (seed: number, events: number): Plan => {
  const luck = random(seed, "plan");
  const count = Math.max(10, Math.round(events / EVENTS_PER_STEP));
  // Swarm testing: each run has some kinds of fault and not others, or the loud ones hide what the quiet ones would show.
  const enabled = faults.filter(() => luck.chance(0.6));
  const faultShare = enabled.length === 0 ? 0 : luck.pick([0.05, 0.15, 0.3]);
  const timeoutMs = luck.pick([2_000, 6_000, 20_000]);
  // A long absence is what makes a resumption long.
  const hurry = luck.chance(0.2) ? 0.2 : 1;
  const steps: Step[] = [];
  let atMs = 0;
  for (let n = 0; n < count; n++) {
    atMs += luck.below(2 * STEP_MS * hurry);
    const what = luck.chance(faultShare) ? faultOf(luck.pick(enabled), luck) : deedOf(n, timeoutMs, luck);
    steps.push({ n, atMs, ...what } as Step);
  }
  const more = [
    ...switches(seed, count, atMs),
    ...rolloutSteps(seed, 2 * count, atMs),
    ...modeSteps(seed, 3 * count, atMs),
  ];
  const all = [...steps, ...more].sort((a, b) => a.atMs - b.atMs || a.n - b.n);
  return { steps: all, agents: cast.map(({ name }) => name), healMs: atMs + HEAL_AFTER_MS };
};

/** Of the lives in which the way of delivery changes at all, each has a few changes, in the middle of everything. */
const switches = (seed: number, from: number, untilMs: number): readonly Step[] => {
  const luck = random(seed, "switches");
  if (luck.chance(0.4)) return [];
  const steps: Step[] = [];
  const end = from + luck.between(3, 16);
  for (let n = from; n < end; n++) {
    const atMs = luck.below(Math.max(1, untilMs));
    const to = luck.pick<FlagChange>([0, 0, 50, 100, "kill", "kill", "restore", "restore"]);
    if (luck.chance(0.5)) steps.push({ n, atMs, kind: "flag", to });
    else steps.push({ n, atMs, kind: "reroute", arm: luck.pick(["push", "mailbox", "mailbox"] as const) });
  }
  return steps;
};

/** In some lives somebody calls an emergency, and others who may not try to end it. */
const modeSteps = (seed: number, from: number, untilMs: number): readonly Step[] => {
  const luck = random(seed, "modes");
  if (luck.chance(0.5)) return [];
  return Array.from({ length: luck.between(1, 5) }, (_, i): Step => {
    const atMs = luck.below(Math.max(1, untilMs));
    const isCalled = i === 0 && luck.chance(0.5);
    const by = isCalled ? "otto" : luck.pick(["ada", "dan", "fox"]);
    return { n: from + i, atMs, kind: "mode", by, to: isCalled ? "emergency" : luck.pick(["recover", "resume"]) };
  });
};

/** From the last step to the heal. */
const HEAL_AFTER_MS = 1_000;

/** The same plan with some of its steps and agents only. */
export const cut = (plan: Plan, steps: ReadonlySet<number>, agents: ReadonlySet<string>): Plan => {
  const kept = plan.steps.filter(({ n }) => steps.has(n));
  return {
    steps: kept,
    agents: plan.agents.filter((name) => agents.has(name)),
    healMs: (kept.at(-1)?.atMs ?? 0) + HEAL_AFTER_MS,
  };
};

const deedOf = (n: number, timeoutMs: number, luck: Random): Deed => {
  const kind = luck.weighted({ ask: 70, inquire: 6, custom: 8, query: 6, attack: 15, revoke: 0.3 });
  switch (kind) {
    case "ask":
      return askOf(n, timeoutMs, luck);
    case "inquire":
      return inquireOf(timeoutMs, luck);
    case "custom":
      return { kind, from: luck.pick(["ada", "dan", "paul"]), expects: luck.chance(0.5) };
    case "query":
      return { kind, by: luck.pick(["ada", "fox", "dan", "wim"]) };
    case "attack":
      return { kind, how: luck.pick(attacks), on: luck.below(Math.max(1, n)) };
    case "revoke":
      return { kind };
  }
};

const askOf = (n: number, timeoutMs: number, luck: Random): AskDeed => {
  const from = luck.pick(asks);
  const key = luck.chance(0.6) ? `key-${n}` : undefined;
  const again = key !== undefined && luck.chance(0.4) ? luck.pick(["at once", "later", "changed"] as const) : undefined;
  return {
    kind: "ask",
    from,
    to: luck.pick(answers.filter((name) => name !== from)),
    timeoutMs: luck.between(1_000, timeoutMs),
    padChars: luck.chance(0.05) ? luck.between(500, 6_000) : 0,
    ...(key === undefined ? {} : { key }),
    ...(again === undefined ? {} : { again }),
    ...(luck.chance(0.15) ? { cancelAfterMs: luck.between(0, 3_000) } : {}),
  };
};

const inquireOf = (timeoutMs: number, luck: Random): InquireDeed => {
  const from = luck.pick(["ada", "dora", "paul"]);
  const some = answers.filter((name) => name !== from && luck.chance(0.5));
  return {
    kind: "inquire",
    from,
    to: luck.chance(0.6) ? some : [],
    quorum: luck.pick(["first", "all", "majority"] as const),
    timeoutMs: luck.between(1_000, 2 * timeoutMs),
    hasDefault: luck.chance(0.3),
    ...(luck.chance(0.3) ? { hedgeMs: luck.between(1_000, 2_000) } : {}),
    ...(luck.chance(0.15) ? { cancelAfterMs: luck.between(0, 2_000) } : {}),
  };
};

const faultOf = (kind: (typeof faults)[number], luck: Random) => {
  const someone = (): string =>
    luck.pick([...asks, ...answers.filter((name) => name !== "hermit"), "wim", "cleo", "ann"]);
  switch (kind) {
    case "crash":
      return {
        kind,
        how: luck.pick(["kill", "power cut", "power cut"] as const),
        downMs: luck.between(1, 4_000),
        inAWrite: luck.chance(0.6),
        ...(luck.chance(0.25) ? { againAfterMs: luck.between(0, 4_000) / 1_000 } : {}),
      };
    case "restart":
      return { kind, downMs: luck.between(1, 1_000) };
    case "disk":
      return { kind, fault: luck.pick(diskFaults), forMs: luck.between(50, 3_000) };
    case "drop":
      return { kind, agent: someone() };
    case "part":
      return { kind, agent: someone(), forMs: luck.between(100, 15_000) };
    case "freeze":
      return { kind, agent: luck.chance(0.3) ? null : someone(), forMs: luck.between(10, 6_000) };
    case "away":
      return { kind, agent: luck.pick(["wim", "ada", "dora", "dan", "eli"]), forMs: luck.between(2_000, 25_000) };
    case "clock":
      return { kind, byMs: luck.pick([1, -1]) * luck.pick([3, 700, 40_000, 3_600_000]) };
  }
};
