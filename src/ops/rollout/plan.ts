import { parse, YAMLParseError } from "yaml";
import { planShape } from "../../domain/event-rollout.ts";
import type { Json } from "../../domain/json.ts";
import type { Problem } from "../../domain/refusal.ts";
import { defaultPlan, planProblems, type RolloutPlan } from "../../domain/rollout-plan.ts";
import { check, isMap, type Shape } from "../monitoring/spec/check.ts";

export type ReadPlan =
  | { readonly ok: true; readonly plan: RolloutPlan }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * A plan from YAML (or JSON): what it says over what is usual, so an empty file is the default plan. Durations may be
 * written as `soak: 10m` instead of `soakMs: 600000`. Every problem at once.
 */
export const readPlan = (text: string, flag: string): ReadPlan => {
  let written: unknown;
  try {
    written = parse(text) ?? {};
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error;
    return { ok: false, problems: [{ pointer: "", message: error.message.split("\n")[0] ?? "is not YAML" }] };
  }
  if (!isMap(written)) return { ok: false, problems: [{ pointer: "", message: "must be a map: steps, analysis, …" }] };
  const usual = defaultPlan(flag);
  const plan = over(usual, withMilliseconds(written)) as RolloutPlan;
  const misshapen = check(planShape as Shape, plan).map(({ path, message, fix }) => {
    const pointer = path.map((token) => `/${token}`).join("");
    return { pointer, message: `${message}. ${pointer.endsWith("Ms") ? lengthOfTime : fix.replace(elsewhere, shown)}` };
  });
  // What has its shape is judged by what it says, also beside something that has not: all problems at once.
  const sections = new Set(misshapen.map(({ pointer }) => sectionOf(pointer)));
  const sound = Object.entries(plan).filter(([section]) => !sections.has(section) && Object.hasOwn(usual, section));
  const impossible = planProblems({ ...usual, ...Object.fromEntries(sound) }).filter(
    ({ pointer }) => !sections.has(sectionOf(pointer)),
  );
  const problems = [...misshapen, ...impossible].map((p) => ({ ...p, pointer: asWritten(written, p.pointer) }));
  return problems.length > 0 ? { ok: false, problems } : { ok: true, plan };
};

/** The checker is that of monitoring.yaml, and points there. */
const elsewhere = "See docs/monitoring.schema.json.";
const shown = "`lighthouse rollout plan --help` shows how it is written.";
const lengthOfTime = "Write a length of time: 500ms, 30s, 10m, 1h or 1d";
const sectionOf = (pointer: string): string => pointer.split("/")[1] ?? "";

/** `/steps/0/soakMs` → `/steps/0/soak`, where the file says `soak`. */
const asWritten = (written: unknown, pointer: string): string => {
  let at: unknown = written;
  const tokens = pointer.split("/").slice(1);
  return tokens
    .map((token) => {
      const short = token.replace(/Ms$/, "");
      const holds = (key: string): boolean => (isMap(at) || Array.isArray(at)) && Object.hasOwn(at, key);
      const key = !holds(token) && holds(short) ? short : token;
      at = holds(key) ? (at as Record<string, unknown>)[key] : undefined;
      return `/${key}`;
    })
    .join("");
};

/** What was written wins; a list is taken whole, so that steps are never half of one plan and half of another. */
const over = (usual: unknown, written: unknown): unknown =>
  isMap(usual) && isMap(written)
    ? Object.fromEntries(
        [...new Set([...Object.keys(usual), ...Object.keys(written)])].map((key) => [
          key,
          Object.hasOwn(written, key) ? over(usual[key], written[key]) : usual[key],
        ]),
      )
    : written;

const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** What is a length of time under any name; one that cannot be read is told as that, and not as an unknown word. */
const times: ReadonlySet<string> = new Set(["soak", "every", "maxHold", "window", "slow"]);

/** `soak: 10m` → `soakMs: 600000`, wherever a length of time stands. */
const withMilliseconds = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withMilliseconds);
  if (!isMap(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      const [, amount, unit] = (typeof item === "string" && /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(item)) || [];
      if (amount === undefined || unit === undefined) {
        return [typeof item === "string" && times.has(key) ? `${key}Ms` : key, withMilliseconds(item)];
      }
      return [key.endsWith("Ms") ? key : `${key}Ms`, Math.round(Number(amount) * (units[unit] ?? 1))];
    }),
  );
};

/** A plan as people read it. */
export const planLines = ({ flag, steps, analysis, triggers, certificate }: RolloutPlan): readonly string[] => {
  const percent = (share: number): string => `${Math.round(share * 1e4) / 100} %`;
  return [
    `flag ${flag}`,
    ...steps.map((step, i) => `step ${i + 1}  ${String(step.percent).padStart(3)} %  soak ${duration(step.soakMs)}`),
    `look every ${duration(analysis.everyMs)}; at least ${analysis.minSamples} samples of each kind in the canary arm`,
    `errors    sound up to ${percent(analysis.errors.ok)}, bad from ${percent(analysis.errors.bad)}`,
    `delivery  sound up to ${percent(analysis.delivery.ok)} failed, bad from ${percent(analysis.delivery.bad)}`,
    `latency   sound up to ${percent(analysis.latency.ok)} over ${analysis.latency.overMs} ms, bad from ${percent(analysis.latency.bad)}`,
    `or ${analysis.relative} times as many as the stable arm, and more than is sound`,
    `withdraws a sound canary with a chance of at most ${percent(analysis.falseRollback)} over the whole rollout;` +
      ` lets a bad one pass a step with at most ${percent(analysis.missed)} per criterion`,
    `holds when it sees nothing, and goes back after ${duration(analysis.maxHoldMs)} of it`,
    `at once  errors > ${percent(triggers.errorShare)} · over ${triggers.slowMs} ms > ${percent(triggers.slowShare)}` +
      ` · undelivered > ${percent(triggers.undeliveredShare)} · violations > ${triggers.violations}` +
      ` · damage to the log · bridge not well ${triggers.unhealthy} times (window ${duration(triggers.windowMs)})`,
    ...(triggers.over === "canary"
      ? [`         timeouts > ${triggers.timeoutsPerMinute} a minute · all of it of the canary arm alone`]
      : [
          `         timeouts > ${triggers.timeoutsPerMinute} a minute · agents that fail > ${percent(triggers.agentFailureShare)}` +
            ` of at least ${triggers.minAgents} · shares of the canary arm and of the whole system`,
        ]),
    `certificate ${certificate === "required" ? "required for every step" : "not required"}`,
  ];
};

const duration = (ms: number): string => {
  for (const [unit, size] of Object.entries(units).toReversed()) {
    if (ms >= size && (ms % size === 0 || size === 1)) return `${ms / size}${unit}`;
  }
  return `${ms}ms`;
};

/** What a plan is known by: the same plan has the same text, whoever wrote it. */
export const planText = (plan: RolloutPlan): string => JSON.stringify(sorted(plan as unknown as Json));

const sorted = (value: Json): Json => {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const map = value as { readonly [key: string]: Json };
  return Object.fromEntries(
    Object.keys(map)
      .sort()
      .map((key) => [key, sorted(map[key] as Json)]),
  );
};
