import { parseArgs } from "node:util";
import { type BugName, bugNames, bugs } from "./bugs.ts";
import { cut, type Plan, planFor } from "./plan.ts";
import { shrink } from "./shrink.ts";
import { type Result, simulate } from "./simulate.ts";
import { type Interesting, interesting } from "./sometimes.ts";

/**
 * `node test/simulation/run.ts --seeds 200`: so many lives of a whole bridge, each from one number. Prints how fast, what
 * was seen, and of a failure the seed, the broken promise, the shortest trace found and how to see it again.
 */

const options = {
  seeds: { type: "string", default: "200" },
  /** The first of the seeds. */
  start: { type: "string", default: "1" },
  /** Only this one. */
  seed: { type: "string" },
  /** About how many simulated events one life has. */
  events: { type: "string", default: "5000" },
  /** Makes the bridge wrong in a known way, to see that it is found. */
  bug: { type: "string" },
  /** Numbers of the steps to keep, and names of the agents: how a shortened plan is run again. */
  keep: { type: "string" },
  agents: { type: "string" },
  /** Prints everything that happens. Only with --seed. */
  trace: { type: "boolean", default: false },
} as const;

/** Fewer seeds than this need not have seen everything. */
const SEEDS_TO_SEE_ALL = 200;
/** Of a shortest trace, at most so many lines at its end are printed. */
const LINES_MAX = 80;

type Write = (line: string) => void;

/** Runs as the command line says; 0 when every promise was kept, 1 when not, 2 when the command cannot be understood. */
export const main = async (args: readonly string[], write: Write): Promise<number> => {
  const { values } = parseArgs({ args: [...args], options });
  const bug = values.bug as BugName | undefined;
  if (bug !== undefined && !bugNames.includes(bug)) {
    write(`--bug takes one of:\n${bugNames.map((name) => `  ${name.padEnd(24)} ${bugs[name].what}`).join("\n")}`);
    return 2;
  }
  const events = Number(values.events);
  const first = Number(values.seed ?? values.start);
  const count = values.seed === undefined ? Number(values.seeds) : 1;
  if (![events, first, count].every((n) => Number.isSafeInteger(n) && n > 0)) {
    write("--seeds, --start, --seed and --events take whole numbers from 1");
    return 2;
  }
  const isCut = values.keep !== undefined || values.agents !== undefined;
  const total = tally();
  for (let seed = first; seed < first + count; seed++) {
    const whole = planFor(seed, events);
    const plan = isCut ? chosen(whole, values.keep, values.agents) : whole;
    const result = await simulate(seed, plan, { bug, recording: values.trace && count === 1 });
    for (const line of result.lines) write(line);
    total.add(result);
    if (result.failure !== undefined) {
      await report(result, plan, { events, bug, isCut }, write);
      return 1;
    }
    const done = seed - first + 1;
    if (count > 1 && done % Math.ceil(count / 10) === 0) write(`${done} of ${count} seeds: ${total.rate()}`);
  }
  return total.print(write, count >= SEEDS_TO_SEE_ALL);
};

const chosen = (plan: Plan, keep: string | undefined, agents: string | undefined): Plan =>
  cut(
    plan,
    new Set(keep === undefined ? plan.steps.map(({ n }) => n) : keep.split(",").filter(Boolean).map(Number)),
    new Set(agents === undefined ? plan.agents : agents.split(",")),
  );

const report = async (
  { seed, failure, events }: Result,
  plan: Plan,
  how: { readonly events: number; readonly bug: BugName | undefined; readonly isCut: boolean },
  write: Write,
): Promise<void> => {
  if (failure === undefined) return;
  const { bug } = how;
  write(`\nseed ${seed} broke a promise after ${events} events, ${seconds(failure.atMs)} simulated`);
  write(`  ${failure.invariant}: ${failure.message}\n`);
  const small = how.isCut ? { plan, runs: 0 } : await shrink(seed, plan, failure, { bug });
  const { steps, agents } = small.plan;
  const shortest = await simulate(seed, small.plan, { bug, recording: true });
  if (!how.isCut) {
    const names = agents.join(", ") || "nobody";
    write(`shortest after ${small.runs} runs: ${steps.length} of ${plan.steps.length} steps, with ${names}`);
  }
  const from = Math.max(0, shortest.lines.length - LINES_MAX);
  if (from > 0) write(`  … ${from} lines before these; --trace shows all`);
  for (const line of shortest.lines.slice(from)) write(line);
  write(`  ${shortest.failure?.invariant}: ${shortest.failure?.message}\n`);
  const again = [
    "--seed",
    seed,
    "--events",
    how.events,
    "--keep",
    `"${steps.map(({ n }) => n)}"`,
    "--agents",
    `"${agents}"`,
  ];
  write(`again: node test/simulation/run.ts ${again.join(" ")}${bug === undefined ? "" : ` --bug ${bug}`}`);
};

/** Adds up what many lives were. */
const tally = () => {
  const began = performance.now();
  const counts = new Map<Interesting, number>();
  let lives = 0;
  let events = 0;
  let logEvents = 0;
  let acknowledged = 0;
  let simulatedMs = 0;
  const rate = (): string => {
    const ms = performance.now() - began;
    return `${Math.round((events / ms) * 1000)} events/s, ${Math.round(simulatedMs / ms)} × real time`;
  };
  return {
    rate,
    add: (result: Result): void => {
      lives++;
      events += result.events;
      logEvents += result.logEvents;
      acknowledged += result.acknowledged;
      simulatedMs += result.simulatedMs;
      for (const [what, times] of result.counts) counts.set(what, (counts.get(what) ?? 0) + times);
    },
    /** 1 when something was never seen that should have been: then the faults were too kind. */
    print: (write: Write, mustSeeAll: boolean): number => {
      const unseen = interesting.filter((what) => !counts.has(what));
      write("\nseen:");
      for (const what of interesting) write(`${String(counts.get(what) ?? 0).padStart(8)}  ${what}`);
      write(`\n${lives} seeds kept every promise: ${events} events, ${seconds(simulatedMs)} simulated, ${rate()};`);
      write(`${logEvents} events in the logs, ${acknowledged} acknowledgements held against them`);
      if (mustSeeAll && unseen.length > 0) write(`never seen, so not tested: ${unseen.join(", ")}`);
      return mustSeeAll && unseen.length > 0 ? 1 : 0;
    },
  };
};

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

if (import.meta.main) {
  // Whoever reads only the beginning, as `head` does, has not met a fault.
  process.stdout.on("error", () => process.exit(1));
  process.exitCode = await main(process.argv.slice(2), (line) => process.stdout.write(`${line}\n`));
}
