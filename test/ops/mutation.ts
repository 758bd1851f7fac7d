import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import type { Rendered } from "../../src/ops/monitoring/render/rendered.ts";
import { type Mutant, mutantsOf, type Rule } from "./mutants.ts";
import { selectorsOf } from "./promql.ts";
import { costOf, inParallel, run, type Stories } from "./promtool.ts";
import { rendered } from "./tree.ts";

/**
 * Are the stories sharp? Every rule is made wrong in one place at a time, and some story that depends on it has to
 * notice. All of them: `node test/ops/mutation.ts` (about twenty minutes on two cores); a sample of 50:
 * `node test/ops/mutation.ts 50`.
 */

interface TestFile {
  readonly path: string;
  readonly content: {
    readonly rule_files: readonly string[];
    readonly tests: Stories["tests"];
    readonly evaluation_interval: string;
  };
  /** The rules it depends on, recordings before alerts, as they were rendered. */
  readonly rules: readonly Rule[];
}

export interface Trial {
  readonly name: string;
  readonly mutant: Mutant;
  readonly tests: readonly TestFile[];
  /** The rule that is replaced. */
  readonly original: Rule;
}
export interface Verdict {
  readonly trial: Trial;
  /** The test that noticed; none when the mutant survived. */
  readonly killedBy?: string;
}

/** Every mutant of every rule, with the tests that ought to notice. */
export const trialsOf = (files: Rendered): readonly Trial[] => {
  const rules = rulesOf(files);
  const recorded = [...new Set(rules.flatMap(({ record }) => record ?? []))];
  const tests = testsOf(files, rules);
  return rules.flatMap((original) => {
    // The cheap ones first: most mutants are noticed by one of them.
    const depending = tests
      .filter((test) => test.rules.includes(original))
      .sort((a, b) => costOf(a.content) - costOf(b.content));
    const name =
      original.alert ??
      `${original.record}${original.labels?.["slo"] === undefined ? "" : `{${original.labels["slo"]}}`}`;
    return mutantsOf(original, recorded).map((mutant) => ({ name, mutant, tests: depending, original }));
  });
};

const rulesOf = (files: Rendered): readonly Rule[] =>
  [...files]
    .filter(([path]) => path.startsWith("prometheus/rules/"))
    .flatMap(([, text]) => (parse(text) as { groups: { rules: Rule[] }[] }).groups.flatMap(({ rules }) => rules));

const testsOf = (files: Rendered, rules: readonly Rule[]): readonly TestFile[] =>
  [...files]
    .filter(([path]) => path.startsWith("prometheus/tests/"))
    .map(([path, text]) => {
      const content = parse(text) as TestFile["content"];
      const stem = path.replace(/^.*\/|\.yml$/g, "");
      if (stem.startsWith("recordings")) return { path, content, rules: recordingsIn(files, content, rules) };
      const alert = stem.replace(/-[0-9]+s$/, "");
      return {
        path,
        content,
        rules: closure(
          rules.filter((rule) => rule.alert === alert),
          rules,
        ),
      };
    });

/** The recordings of the files that a test loads. */
const recordingsIn = (
  files: Rendered,
  { rule_files }: TestFile["content"],
  rules: readonly Rule[],
): readonly Rule[] => {
  const loaded = new Map(
    [...files].filter(([path]) => rule_files.some((file) => path.endsWith(file.replace("..", "")))),
  );
  const names = rulesOf(loaded).map(identity);
  return rules.filter((rule) => rule.record !== undefined && names.includes(identity(rule)));
};

const identity = ({ record, labels, expr }: Rule): string => JSON.stringify([record, labels, expr]);

/** The rules that others read, however indirectly, in the order in which they have to be evaluated. */
const closure = (asked: readonly Rule[], rules: readonly Rule[]): readonly Rule[] => {
  const needed = new Set<Rule>();
  const add = (rule: Rule): void => {
    for (const { metric, matchers } of selectorsOf(rule.expr)) {
      const slo = matchers.find(({ label }) => label === "slo")?.value;
      for (const each of rules)
        if (each.record === metric && (slo === undefined || each.labels?.["slo"] === slo) && !needed.has(each))
          add(each);
    }
    if (rules.includes(rule)) needed.add(rule);
  };
  asked.forEach(add);
  return [...needed];
};

/** Why a mutant that nobody notices is no gap: nothing that can be measured tells it from the rule. */
export const excuse = ({ name, mutant }: Trial): string | undefined => {
  if (mutant.operator === "boundary") return "differs only where a measured share equals its limit to the last digit";
  if (name === "Watchdog") return "any number fires";
  if (/^p[0-9]+_latency/.test(name) && mutant.was.startsWith("0 at") && mutant.now === "-1")
    return "no time is negative";
  return undefined;
};

/** Tries each; the tests of one mutant stop at the first that notices. */
export const tryAll = async (
  trials: readonly Trial[],
  tell: (verdict: Verdict) => void = () => {},
): Promise<Verdict[]> => {
  const folder = mkdtempSync(join(tmpdir(), "lighthouse-mutants-"));
  try {
    return await inParallel(availableParallelism(), [...trials.entries()], async ([index, trial]) => {
      const verdict = await tryOne(join(folder, String(index)), trial);
      tell(verdict);
      return verdict;
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const tryOne = async (prefix: string, trial: Trial): Promise<Verdict> => {
  for (const test of trial.tests) {
    const rules = test.rules.map((rule) => (rule === trial.original ? trial.mutant.rule : rule));
    if (!(await holds(prefix, test, rules))) return { trial, killedBy: test.path };
  }
  return { trial };
};

const holds = async (prefix: string, { content }: TestFile, rules: readonly Rule[]): Promise<boolean> => {
  writeFileSync(`${prefix}-rules.yml`, stringify({ groups: [{ name: "all", rules }] }));
  const { tests, evaluation_interval } = content;
  writeFileSync(`${prefix}-test.yml`, stringify({ rule_files: [`${prefix}-rules.yml`], evaluation_interval, tests }));
  const said = await run("promtool", ["test", "rules", `${prefix}-test.yml`]);
  // A mutant that Prometheus would not even load says nothing about the stories.
  if (!said.ok && !said.text.includes("exp")) throw new Error(`promtool did not run the stories: ${said.text}`);
  return said.ok;
};

/** The stories hold for the rules as they are; without this every mutant would count as noticed. */
export const baseline = async (trials: readonly Trial[]): Promise<readonly string[]> => {
  const folder = mkdtempSync(join(tmpdir(), "lighthouse-mutants-"));
  const tests = [...new Set(trials.flatMap((trial) => trial.tests))];
  try {
    const held = await inParallel(availableParallelism(), [...tests.entries()], ([index, test]) =>
      holds(join(folder, String(index)), test, test.rules),
    );
    return tests.filter((_, index) => held[index] !== true).map(({ path }) => path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** So many of them, spread over all: the same ones each time. */
export const sample = (trials: readonly Trial[], size: number): readonly Trial[] => {
  const step = trials.length / size;
  return step <= 1 ? trials : Array.from({ length: size }, (_, index) => trials[Math.floor(index * step)] as Trial);
};

const described = ({ name, mutant: { operator, was, now } }: Trial): string => `${name}: ${operator}: ${was} → ${now}`;

const percent = (part: number, whole: number): string => `${part} of ${whole} (${((100 * part) / whole).toFixed(1)} %)`;

const main = async (): Promise<void> => {
  const all = trialsOf(rendered("empty"));
  const size = Number(process.argv[2] ?? all.length);
  const only = process.argv[3] ?? "";
  const trials = sample(
    all.filter(({ name }) => name.includes(only)),
    size,
  );
  const broken = await baseline(trials);
  if (broken.length > 0) throw new Error(`these stories fail without any change: ${broken.join(", ")}`);
  let done = 0;
  const verdicts = await tryAll(trials, ({ trial, killedBy }) => {
    done += 1;
    if (killedBy === undefined) console.log(`survived  ${described(trial)}  ${excuse(trial) ?? "NOT EXCUSED"}`);
    if (done % 100 === 0) console.error(`${done} of ${trials.length}`);
  });
  const noticed = (of: readonly Verdict[]) =>
    percent(of.filter(({ killedBy }) => killedBy !== undefined).length, of.length);
  const operators = [...new Set(verdicts.map(({ trial }) => trial.mutant.operator))].sort();
  for (const operator of operators)
    console.log(
      `${operator.padEnd(12)} ${noticed(verdicts.filter(({ trial }) => trial.mutant.operator === operator))}`,
    );
  console.log(`noticed ${noticed(verdicts)}`);
  console.log(
    `of those that anything could tell apart ${noticed(verdicts.filter(({ trial }) => excuse(trial) === undefined))}`,
  );
  if (verdicts.some(({ trial, killedBy }) => killedBy === undefined && excuse(trial) === undefined))
    process.exitCode = 1;
};

if (import.meta.main) await main();
