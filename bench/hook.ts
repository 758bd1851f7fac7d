import { spawnSync } from "node:child_process";
import { join, resolve } from "node:path";
import { folder } from "../test/support/processes.ts";

/**
 * What `lighthouse hook` takes beside a running bridge, next to a Node that does nothing, in alternation, in one run.
 * `node bench/hook.ts [runs] [bin/lighthouse.js of a build]`
 */
const runs = Number(process.argv[2] ?? 40);
const bin = process.argv[3] ?? resolve(import.meta.dirname, "../bin/lighthouse.js");
const f = folder();
await f.serve();
await f.run("agent", "add", "alice");
await f.run("agent", "add", "bob");
const file = join(f.data, "agents", "bob.json");

const timed = (args: readonly string[]): number => {
  const started = performance.now();
  spawnSync(process.execPath, args, { input: "{}" });
  return performance.now() - started;
};
const bare: number[] = [];
const silent: number[] = [];
const telling: number[] = [];
for (let n = 0; n < runs; n++) {
  bare.push(timed(["-e", "0"]));
  silent.push(timed([bin, "hook", "PostToolUse", "--as", file]));
}
await f.run("ask", "bob", "Ship it?", "--as", "alice", "--no-wait");
for (let n = 0; n < runs; n++) telling.push(timed([bin, "hook", "SessionStart", "--as", file]));
await f.cleanUp();

const at = (values: readonly number[], share: number): string =>
  ([...values].sort((a, b) => a - b)[Math.floor(values.length * share)] as number).toFixed(0).padStart(5);
for (const [name, values] of Object.entries({ "node -e 0": bare, "nothing waits": silent, "one is told": telling })) {
  console.log(`${name.padEnd(14)} median ${at(values, 0.5)} ms   p90 ${at(values, 0.9)} ms   best ${at(values, 0)} ms`);
}
