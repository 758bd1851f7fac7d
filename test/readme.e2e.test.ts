import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, test } from "vitest";

/** The README's tour, executed: every line of every `sh` block, in order, against a real bridge. */
const repository = resolve(import.meta.dirname, "..");
const readme = readFileSync(join(repository, "README.md"), "utf8");
const commands = [...readme.matchAll(/^```sh\n([\s\S]*?)^```/gm)].flatMap((block) =>
  (block[1] as string).trim().split("\n"),
);

const data = mkdtempSync(join(tmpdir(), "lighthouse-readme-"));
const bin = join(repository, "bin/lighthouse.js");
let bridge: ChildProcess;

beforeAll(async () => {
  bridge = spawn(process.execPath, [bin, "serve", "--data", data, "--port", "0", "--json"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await new Promise((ready) => createInterface({ input: bridge.stdout as NodeJS.ReadableStream }).once("line", ready));
});
afterAll(async () => {
  const ended = new Promise((done) => bridge.once("exit", done));
  bridge.kill("SIGTERM");
  await ended;
  rmSync(data, { recursive: true, force: true });
});

/** `npx lighthouse` is this clone's own bin; the folder comes from the environment, as it would from the default. */
const run = (command: string) =>
  spawnSync("sh", ["-c", command.replaceAll("npx lighthouse", `"${process.execPath}" "${bin}"`)], {
    encoding: "utf8",
    env: { ...process.env, LIGHTHOUSE_DATA: data },
  });

test("the tour is there to be executed", () => {
  expect(commands.length).toBeGreaterThan(6);
});

test.each(commands)("%s", (command) => {
  const { status, stdout, stderr } = run(command);
  expect(`${stdout}${stderr}`).not.toMatch(/\n\s+at /);
  expect({ status, stderr: status === 0 ? "" : stderr }).toEqual({ status: 0, stderr: "" });
});

test("and the story it told is in the log", () => {
  const { stdout } = run("npx lighthouse events query --json --type elicitation.accepted");
  expect(stdout).toContain("elicitation.accepted");
});

test("the two programs speak with each other", async () => {
  const programs = [...readme.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, program = ""], n) => {
    const file = join(data, `program-${n}.ts`);
    const client = join(repository, "src/client/index.ts");
    writeFileSync(
      file,
      program.replace('"lighthouse-bridge"', JSON.stringify(client)).replaceAll(".lighthouse/", `${data}/`),
    );
    return file;
  });
  expect(programs).toHaveLength(2);
  const [alice = "", bob = ""] = programs;
  const answering = spawn(process.execPath, [bob], { stdio: "ignore" });
  const asking = spawnSync(process.execPath, [alice], { encoding: "utf8" });
  answering.kill();
  expect({ out: asking.stdout, err: asking.stderr }).toEqual({ out: "8766\n", err: "" });
});
