import { afterAll, describe, expect, test } from "vitest";
import { fuzzed, INPUTS_MIN } from "./all.ts";

/** No crash, no hang, nothing accepted that must not be: whatever is sent. `node test/fuzz/run.ts --times 100` goes on for longer. */

const survived = new Map<string, number>();

describe("whatever is sent", () => {
  test.each(fuzzed.map((one) => [one.name, one] as const))(
    "%s",
    { timeout: 240_000 },
    async (name, { inputs, run }) => {
      await run(inputs);
      survived.set(name, inputs);
    },
  );

  test("it was enough", () => {
    const total = [...survived.values()].reduce((sum, inputs) => sum + inputs, 0);
    expect(total).toBeGreaterThanOrEqual(INPUTS_MIN);
  });
});

afterAll(() => {
  const total = [...survived.values()].reduce((sum, inputs) => sum + inputs, 0);
  console.log(`${total.toLocaleString("en")} inputs at ${survived.size} parsers`);
});
