import { describe, expect, test } from "vitest";
import { type BugName, bugNames, bugs } from "./bugs.ts";
import { planFor } from "./plan.ts";
import { main } from "./run.ts";
import { type Result, simulate } from "./simulate.ts";

const EVENTS = 5_000;
/** As many as `run.ts` takes unless told otherwise. */
const DEFAULT_SEEDS = 200;
const SEEDS = 10;

const live = (seed: number, bug?: BugName): Promise<Result> => simulate(seed, planFor(seed, EVENTS), { bug });

const run = async (...args: readonly string[]): Promise<{ readonly code: number; readonly text: string }> => {
  const lines: string[] = [];
  const code = await main(args, (line) => lines.push(line));
  return { code, text: lines.join("\n") };
};

describe("one seed", () => {
  test("is one life: run again, it is the same to the last byte; another is another", async () => {
    const [first, again, other] = [await live(1), await live(1), await live(2)];

    expect(again.digest).toBe(first.digest);
    expect(again.events).toBe(first.events);
    expect(other.digest).not.toBe(first.digest);
  });

  test("is the same life when it is watched", async () => {
    const unwatched = await live(3);
    const watched = await simulate(3, planFor(3, EVENTS), { recording: true });

    expect(watched.digest).toBe(unwatched.digest);
    expect(watched.lines.length).toBeGreaterThan(100);
  });
});

test(`in ${SEEDS} lives with crashes, torn writes, lost connections and clocks that jump, every promise is kept`, async () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { failure, acknowledged } = await live(seed);
    expect({ seed, failure }).toEqual({ seed, failure: undefined });
    expect(acknowledged).toBeGreaterThan(0);
  }
});

describe("a bridge that is wrong on purpose is found", () => {
  test.each(bugNames)("%s", async (bug) => {
    expect(bugs[bug].what).not.toBe("");
    let found: Result | undefined;
    for (const seed of [rare[bug] ?? 1, ...allSeeds]) {
      const result = await live(seed, bug);
      if (result.failure !== undefined) found = result;
      if (found !== undefined) break;
    }
    expect(found?.failure?.invariant).toMatch(broken[bug]);
  });
});

const allSeeds = Array.from({ length: DEFAULT_SEEDS }, (_, i) => i + 1);

/** Where a mistake that shows in few lives was found last: tried first, which saves half a minute. */
const rare: { readonly [B in BugName]?: number } = {
  "takes-any-fence": 149,
  "takes-an-old-flag-fence": 48,
  "sets-a-step-twice": 33,
  "does-a-step-twice": 40,
  "anybody-ends-an-emergency": 36,
};

/** The promise that each mistake breaks: found for its own reason, and not by accident. */
const broken: { readonly [B in BugName]: RegExp } = {
  "acks-before-sync": /before it is on disk/,
  "retries-a-failed-sync": /before it is on disk|^what is told is what is on disk$/,
  "keeps-the-torn-tail": /the log survives|is on disk/,
  "offers-before-flush": /^offered means that bytes have left$/,
  "ends-twice": /^one end, once$/,
  "forgets-numbers": /^a number counts once$/,
  "ignores-leases": /^a legal story$/,
  "expires-early": /^expiry is true$/,
  "forgets-deadlines": /^liveness$/,
  "stops-with-the-clock": /^liveness$|^what is not acknowledged comes again$/,
  "forgets-keys": /^one key asks once$/,
  "lets-strangers-read": /^reads are private$/,
  "lies-about-reach": /^the reach that is told is true$/,
  "forgets-the-place": /misses nothing|no (event|outcome) is missed|^liveness$/,
  "tells-twice": /^no (outcome|event) twice, all in order$|hears nothing twice/,
  "loses-an-outcome": /^no outcome is missed$|^liveness$/,
  "reroute-forgets": /^a question gets to a target that is there$/,
  "pushes-mail": /^a question goes by its arm and no other$|^replay gives what is live$/,
  "keeps-what-nobody-has": /^what is not acknowledged comes again$/,
  "forgets-who-leads": /^one controller acts$/,
  "takes-any-fence": /^one controller acts$/,
  "takes-an-old-flag-fence": /^after a rollback the arm is off$/,
  "sets-a-step-twice": /^no effect twice$/,
  "does-a-step-twice": /^no effect twice$/,
  "leaves-questions-behind": /^no question is lost across a rollback$/,
  "only-says-that-it-switched": /^a withdrawn arm takes no new question$/,
  "never-finishes": /^what was begun comes to its end$/,
  "anybody-ends-an-emergency": /^nobody leaves an emergency but a person$/,
  "works-in-an-emergency": /^an emergency takes no new work$/,
  "does-not-say-when": /^a refusal in an emergency says when to come again$/,
  "reads-nothing-in-an-emergency": /^in an emergency all but new work goes on$/,
  "believes-any-own-signature": /^answers are signed$/,
  "forgets-to-fold":
    /^replay gives what is live$|before it is on disk|^what is told is what is on disk$|^no fault$|^liveness$|^the reach that is told is true$/,
};

describe("the command", () => {
  test("says of a failure the seed, the promise, the shortest trace, and how to see it again", async () => {
    const { code, text } = await run("--seeds", "3", "--bug", "ends-twice");

    expect(code).toBe(1);
    expect(text).toContain("seed 1 broke a promise");
    expect(text).toContain("one end, once");
    const steps = Number(/shortest after \d+ runs: (\d+) of \d+ steps/.exec(text)?.[1]);
    expect(steps).toBeLessThan(6);

    const again = /^again: node test\/simulation\/run\.ts (.*)$/m.exec(text)?.[1] ?? "";
    const replayed = await run(...again.split(" ").map((word) => word.replaceAll('"', "")));
    expect(replayed.code).toBe(1);
    expect(replayed.text).toContain("one end, once");
  });

  test("counts what was seen and how fast", async () => {
    const { code, text } = await run("--seeds", "2");

    expect(code).toBe(0);
    expect(text).toMatch(/2 seeds kept every promise: \d+ events, .* events\/s, \d+ × real time/);
    expect(text).toMatch(/\d+ {2}power cut/);
  });

  test("refuses what it does not understand", async () => {
    expect((await run("--bug", "no-such-bug")).text).toContain("acks-before-sync");
    expect((await run("--seeds", "many")).code).toBe(2);
  });
});
