import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

/** What a stranger gets: the packed tarball, installed somewhere else, without this repository beside it. */
const repository = resolve(import.meta.dirname, "..");
const elsewhere = mkdtempSync(join(tmpdir(), "lighthouse-package-"));
const inside = (command: string, ...args: string[]): string =>
  execFileSync(command, args, { cwd: elsewhere, encoding: "utf8" });

beforeAll(() => {
  execFileSync("npm", ["pack", "--pack-destination", elsewhere], { cwd: repository, stdio: "pipe" });
  const tarball = readdirSync(elsewhere).find((name) => name.endsWith(".tgz")) as string;
  writeFileSync(join(elsewhere, "package.json"), JSON.stringify({ name: "elsewhere", private: true, type: "module" }));
  inside("npm", "install", "--omit=optional", "--no-audit", "--no-fund", "--loglevel=error", join(elsewhere, tarball));
}, 180_000);
afterAll(() => rmSync(elsewhere, { recursive: true, force: true }));

const bin = () => join(elsewhere, "node_modules/lighthouse-bridge/bin/lighthouse.js");

test("the command runs from the build", () => {
  expect(inside(process.execPath, bin(), "--version").trim()).toMatch(/^\d+\.\d+\.\d+$/);
  expect(inside(process.execPath, bin(), "ask", "--help")).toContain("Examples:");
});

test("a bridge starts from the build, and its threads with it", () => {
  const script = `
    import { spawn } from "node:child_process";
    const bridge = spawn(process.execPath, [${JSON.stringify(bin())}, "serve", "--data", "data", "--port", "0", "--json"], { stdio: ["ignore", "pipe", "inherit"] });
    bridge.stdout.once("data", async (line) => {
      const health = await fetch(JSON.parse(line).url + "/health");
      console.log(await health.text());
      bridge.kill("SIGTERM");
    });`;
  writeFileSync(join(elsewhere, "start.js"), script);
  expect(JSON.parse(inside(process.execPath, "start.js"))).toMatchObject({ status: "ok" });
});

test("the library is the hand-written list, with types", () => {
  writeFileSync(
    join(elsewhere, "use.js"),
    `import * as lighthouse from "lighthouse-bridge"; console.log(typeof lighthouse.connect);`,
  );
  expect(inside(process.execPath, "use.js").trim()).toBe("function");
  expect(readdirSync(join(elsewhere, "node_modules/lighthouse-bridge/dist/client"))).toContain("index.d.ts");
});

test("an older Node gets one sentence", () => {
  const old = `Object.defineProperty(process.versions, "node", { value: "20.20.2" }); Object.defineProperty(process, "version", { value: "v20.20.2" }); await import(${JSON.stringify(bin())});`;
  const { status, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", old], { encoding: "utf8" });
  expect(status).toBe(1);
  expect(stderr.trim().split("\n")).toEqual([expect.stringContaining("needs Node.js 24 or newer, this is v20.20.2")]);
});
