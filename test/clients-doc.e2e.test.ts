import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { clientNames } from "../src/cli/connect/client.ts";
import { folder } from "./support/processes.ts";

const page = readFileSync(resolve(import.meta.dirname, "../docs/clients.md"), "utf8");
const commands = [...page.matchAll(/^npx lighthouse (.+)$/gm)].map(([, args = ""]) => args.split(" "));

test("every command of docs/clients.md does what a reader expects, in the order of the page", async () => {
  const f = folder();
  process.env["CODEX_HOME"] = `${f.cwd}/codex`;
  await f.serve();
  expect(commands.length).toBeGreaterThan(6);
  const told: string[] = [];
  for (const args of commands) {
    const { code, out, err } = await f.run(...args);
    expect([args.join(" "), code, err]).toEqual([args.join(" "), 0, err]);
    told.push(out);
  }
  expect(told.join("\n")).toContain("it is my-claude");
  for (const client of clientNames) expect(commands.map((args) => args[1])).toContain(client);
  delete process.env["CODEX_HOME"];
  await f.cleanUp();
});
