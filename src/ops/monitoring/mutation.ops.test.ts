import { expect, it } from "vitest";
import { baseline, excuse, sample, trialsOf, tryAll } from "../../../test/ops/mutation.ts";
import { rendered } from "../../../test/ops/tree.ts";

/** As many as take some half a minute; all of them: `node test/ops/mutation.ts`. */
const sampleSize = 24;

it("a rule that is wrong in one place is noticed by its stories, wherever it is wrong", {
  timeout: 300_000,
}, async () => {
  const trials = trialsOf(rendered("empty")).filter((trial) => excuse(trial) === undefined);
  expect(trials.length).toBeGreaterThan(1000);
  const tried = sample(trials, sampleSize);
  expect(await baseline(tried)).toEqual([]);
  const verdicts = await tryAll(tried);
  const unnoticed = verdicts.filter(({ killedBy }) => killedBy === undefined);
  expect(unnoticed.map(({ trial: { name, mutant } }) => `${name}: ${mutant.was} → ${mutant.now}`)).toEqual([]);
});
