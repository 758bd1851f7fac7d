import type { Lighthouse } from "../client/index.ts";
import type { Outcome } from "./result.ts";

/** A condition as the bridge tells it; what is not named here is not needed here. */
export interface ConditionView {
  readonly id: string;
  readonly check: string;
  readonly standing: "open" | "acknowledged" | "claimed" | "waived" | "closed" | "overdue";
  /** Who has taken it on. */
  readonly owner?: string;
  /** Places of its events in the log. */
  readonly positions: readonly number[];
}

export interface Run {
  readonly review: string;
  readonly prober: string;
  /** SHA-256 of the signed run, hex. */
  readonly digest: string;
  /** Milliseconds since 1970. */
  readonly ranAt: number;
  /** By when a new condition has to be mended. */
  readonly due: number;
}

/**
 * Tells the bridge what the run came to: a check that passed closes its conditions, one that did not opens them again,
 * or one anew. Resolves with the outcomes whose condition could not be closed, and why: whoever has to mend it may not be
 * who looked.
 */
export const tellConditions = async (
  operator: Pick<Lighthouse, "operate">,
  outcomes: readonly Outcome[],
  run: Run,
): Promise<readonly string[]> => {
  const conditions = await conditionsOf(operator);
  const refused: string[] = [];
  for (const outcome of outcomes) {
    const own = conditions.filter(({ check }) => check === outcome.id);
    const unsettled = own.filter(({ standing }) => standing !== "closed");
    // A waived check is one that does not pass and may; there is nothing to tell.
    if (outcome.state === "waived") continue;
    if (outcome.state === "pass") {
      for (const { id } of unsettled) {
        const said = await resolve(operator, id, true, "", run);
        if (said !== undefined) refused.push(`${outcome.id}: ${said}`);
      }
      continue;
    }
    const why = whyNot(outcome);
    const claimed = unsettled.filter(({ standing }) => standing === "claimed");
    for (const { id } of claimed) await resolve(operator, id, false, why, run);
    if (unsettled.length > 0) continue;
    const last = own.at(-1);
    if (last !== undefined) await resolve(operator, last.id, false, why, run);
    else await open(operator, outcome, why, run);
  }
  return refused;
};

export const conditionsOf = async (operator: Pick<Lighthouse, "operate">): Promise<readonly ConditionView[]> =>
  (await operator.operate<{ readonly conditions: readonly ConditionView[] }>("conditions.list", { all: true }))
    .conditions;

const open = (
  operator: Pick<Lighthouse, "operate">,
  { id: check, title, severity }: Outcome,
  what: string,
  { review, due }: Run,
): Promise<ConditionView> =>
  operator.operate("conditions.open", { check, title: title.slice(0, TITLE_CHARS_MAX), severity, review, what, due });

const TITLE_CHARS_MAX = 256;
const WHY_CHARS_MAX = 2_000;

/** Why it was refused, in words; undefined when it was taken. */
const resolve = async (
  operator: Pick<Lighthouse, "operate">,
  id: string,
  passed: boolean,
  why: string,
  { digest, ranAt, prober }: Run,
): Promise<string | undefined> => {
  try {
    await operator.operate("conditions.resolve", { id, passed, digest, ranAt, prober, why });
    return undefined;
  } catch (error) {
    if (error instanceof Error && error.name === "LighthouseRefusal") return error.message;
    throw error;
  }
};

/** What a shortfall is, in a sentence. */
export const whyNot = (outcome: Outcome): string => {
  const words =
    outcome.state === "not-run"
      ? `not run (${outcome.reason.kind}): ${outcome.reason.detail}`
      : outcome.state === "fail"
        ? outcome.measurements
            .filter(({ within }) => !within)
            .map(
              ({ name, value, unit }) => `${name} is ${value}${typeof value === "boolean" ? " for the" : ""} ${unit}`,
            )
            .join(", ")
        : outcome.state;
  return words.slice(0, WHY_CHARS_MAX);
};
