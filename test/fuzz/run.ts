import { parseArgs } from "node:util";
import { fuzzed } from "./all.ts";

/** `node test/fuzz/run.ts [--times N] [--only part-of-a-name]`: so many times what the tests do, with other seeds. */
const { values } = parseArgs({
  options: { times: { type: "string", default: "1" }, only: { type: "string", default: "" } },
});

let total = 0;
for (const { name, inputs, run } of fuzzed.filter((one) => one.name.includes(values.only))) {
  const count = inputs * Number(values.times);
  const begun = performance.now();
  const { accepted, refused } = await run(count);
  const ms = performance.now() - begun;
  total += count;
  console.log(
    `${name.padEnd(52)}${count.toLocaleString("en").padStart(12)} inputs${(ms / 1000).toFixed(1).padStart(8)} s${String(accepted).padStart(9)} taken${String(refused).padStart(9)} refused`,
  );
}
console.log(`${"together".padEnd(52)}${total.toLocaleString("en").padStart(12)} inputs`);
