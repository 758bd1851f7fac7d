import { spawn } from "node:child_process";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Folder, folder } from "./support/processes.ts";

const root = resolve(import.meta.dirname, "..");
const at = (name: string): string => join(root, "examples/agents", name);

let f: Folder;
beforeEach(async () => {
  f = folder();
  await f.serve();
  await f.run("agent", "add", "alice");
  await f.run("agent", "add", "bob");
});
afterEach(() => f.cleanUp());

const file = (name: string): string => join(f.data, "agents", `${name}.json`);
const ask = (message: string, schema: object) =>
  f.run("ask", "bob", message, "--as", "alice", "--json", "--timeout", "30s", "--schema", JSON.stringify(schema));

test("the TypeScript expert tells code that Node can run from code that it cannot", async () => {
  const expert = spawn(process.execPath, [at("typescript-expert.ts"), file("bob")], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const schema = { type: "object", properties: { runs: { type: "boolean" } }, required: ["runs"] };
  expect((await ask("const n: number = 1;", schema)).out).toContain('"runs":true');
  expect((await ask("enum Colour { red }", schema)).out).toContain('"runs":false');
  expert.kill();
});
