import { beforeAll, describe, expect, test } from "vitest";
import { attacks } from "../../src/review/attack/list.ts";
import type { AttackResult } from "../../src/review/attack/result.ts";
import type { AttackReport } from "../../src/review/attack/run.ts";
import { attacked } from "./attacked.ts";
import { type Disabled, disabled } from "./control.ts";

/**
 * Every attack is refused by the bridge as it is, and turns red on a build in which the control that it tries does
 * nothing: an attack that cannot fail would show nothing. Beside those that are to turn red, each such build meets the
 * rest of their families, which must not: so each control is the one that the attack really tries.
 */

/** Bridges at once: one for each core that a CI machine has at least, and one that waits for its disk. */
const AT_ONCE = 3;
const PATIENCE_MS = 10_000;
/** Where a hang is what has to be seen. */
const HANG_MS = 2_500;

/** What takes a second or more, or another process: run where it is meant to turn red, and on the normal build. */
const slow: ReadonlySet<string> = new Set([
  "replay.expired",
  "replay.after-restart",
  "enrolment.expired",
  "words.terminal",
  "store.evidence-path",
  "store.edited-log",
]);

let normal: AttackReport;
const reports = new Map<Disabled, AttackReport | Error>();

beforeAll(async () => {
  const waiting = [undefined, ...disabled];
  const work = async (): Promise<void> => {
    while (waiting.length > 0) {
      const build = waiting.shift();
      if (build === undefined) normal = await attacked(attacks, [], PATIENCE_MS);
      else reports.set(build, await sabotagedRun(build).catch((error: unknown) => error as Error));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}, 300_000);

const sabotagedRun = ({ sabotage, reddens, hangs }: Disabled): Promise<AttackReport> => {
  const families = new Set(reddens.map(familyOf));
  const isBeside = (id: string): boolean => hangs !== true && !slow.has(id) && families.has(familyOf(id));
  const chosen = attacks.filter(({ id }) => reddens.includes(id) || isBeside(id));
  return attacked(chosen, sabotage, hangs === true ? HANG_MS : PATIENCE_MS);
};

const familyOf = (id: string): string => id.split(".", 1)[0] as string;

const red = ({ state }: AttackResult): boolean => state === "succeeded" || state === "control failed";

describe("the bridge as it is", () => {
  test("refuses every attack, accepts every control, and nothing of the attacks stays", () => {
    expect(normal.results.filter(red).map(({ id, says }) => `${id}: ${says}`)).toEqual([]);
    expect(normal.results.filter(({ state }) => state === "not run")).toEqual([]);
    expect(normal.results.length).toBe(attacks.length);
  });
});

describe("a build without", () => {
  test.each(disabled.map((build) => [build.control, build] as const))("%s", (_control, build) => {
    const report = reports.get(build);
    if (report === undefined || report instanceof Error) throw report ?? new Error("it was not run");
    const turned = report.results.filter(red);
    expect(turned.map(({ id }) => id).sort(), turned.map(({ id, says }) => `${id}: ${says}`).join("\n")).toEqual(
      [...build.reddens].sort(),
    );
    // At least one got through; others may have been stopped by a second line.
    expect(turned.some(({ state }) => state === "succeeded")).toBe(true);
  });
});
