import { PUSH_FLAG } from "../src/domain/arm.ts";
import { evaluate, type Flag, flag } from "../src/domain/flag.ts";

/**
 * What it costs an ask to learn its arm: evaluating the flag as the bridge does, in this process, for 1,000 agents.
 * `node bench/flag.ts [evaluations]`
 */
const EVALUATIONS = Number(process.argv[2] ?? 2_000_000);
const AGENTS = 1_000;

const set = (
  percentage: number,
  targets: readonly { readonly roles: readonly string[]; readonly on: boolean }[],
): Flag =>
  flag.evolve(flag.initial, { type: "flag.set", data: { fence: 1, rule: { percentage, targets }, reason: "" } });

const subjects = Array.from({ length: AGENTS }, (_, n) => ({
  agent: `agent-${n}`,
  roles: ["agent"],
  expertise: ["postgres"],
}));

const cases: readonly (readonly [string, Flag])[] = [
  ["never set", flag.initial],
  ["25 % of the agents", set(25, [])],
  ["25 %, after 8 targets that do not fit", set(25, Array(8).fill({ roles: ["admin"], on: true }))],
];

for (const [what, state] of cases) {
  let on = 0;
  const run = (count: number): void => {
    for (let n = 0; n < count; n++) {
      if (evaluate(PUSH_FLAG, state, subjects[n % AGENTS] as (typeof subjects)[number]).value) on++;
    }
  };
  run(EVALUATIONS / 10);
  on = 0;
  const began = performance.now();
  run(EVALUATIONS);
  const ns = ((performance.now() - began) * 1e6) / EVALUATIONS;
  console.log(
    `${what.padEnd(42)} ${ns.toFixed(0).padStart(6)} ns each, on for ${((100 * on) / EVALUATIONS).toFixed(1)} %`,
  );
}
