import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { folder } from "../support/processes.ts";
import { authorizingProxy } from "./authorizing-proxy.ts";
import { type Check, judge, type Row, table } from "./conformance-table.ts";

/**
 * Runs the official MCP conformance suite against a real bridge, for both protocol versions.
 *
 *     node test/mcp/conformance.ts            writes docs/mcp-conformance.txt anew
 *     node test/mcp/conformance.ts --check    fails when something failed, or when the table is not what is written there
 *
 * The runner is installed for the occasion: 52 MB and 122 packages of a pre-release are too much for everybody who works
 * on this. MCP_CONFORMANCE names one that is there already (its `dist/index.js`).
 */
const RUNNER = "@modelcontextprotocol/conformance";
const RUNNER_VERSION = "0.2.0-alpha.12";
const revisions = ["2026-07-28", "2025-11-25"] as const;
const page = resolve(import.meta.dirname, "../../docs/mcp-conformance.txt");

const work = mkdtempSync(join(tmpdir(), "mcp-conformance-"));
const runner = (): string => {
  const given = process.env["MCP_CONFORMANCE"];
  if (given !== undefined) return given;
  writeFileSync(join(work, "package.json"), "{}");
  execFileSync("npm", ["install", "--no-audit", "--no-fund", "--silent", `${RUNNER}@${RUNNER_VERSION}`], { cwd: work });
  return join(work, "node_modules", RUNNER, "dist/index.js");
};

const run = (script: string, url: string, revision: string): Promise<readonly Row[]> =>
  new Promise((done, failed) => {
    const out = join(work, revision);
    const args = [script, "server", "--url", url, "--requirements", revision, "--output-dir", out];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "inherit"] });
    child.on("error", failed);
    child.on("close", () => {
      const rows = readdirSync(out).map((name): Row => {
        const [, scenario = name] = /^server-(.*)-\d{4}-\d\d-\d\dT[\d-]+Z$/.exec(name) ?? [];
        const checks = JSON.parse(readFileSync(join(out, name, "checks.json"), "utf8")) as readonly Check[];
        return judge(scenario, checks);
      });
      done(rows.sort((a, b) => (a.scenario < b.scenario ? -1 : 1)));
    });
  });

const f = folder();
const script = runner();
const bridge = await f.serve();
await f.run("agent", "add", "conformance");
const { token } = JSON.parse(readFileSync(join(f.data, "agents/conformance.json"), "utf8")) as {
  readonly token: string;
};
const proxy = await authorizingProxy(bridge.url, token);
const all: (readonly [string, readonly Row[]])[] = [];
for (const revision of revisions) all.push([revision, await run(script, `${proxy.url}/mcp`, revision)]);
proxy.close();
await f.cleanUp();
rmSync(work, { recursive: true, force: true });

const text = table(`${RUNNER} ${RUNNER_VERSION}`, all);
const failed = all.flatMap(([revision, rows]) =>
  rows.filter(({ result }) => result === "failed").map((r) => [revision, r]),
);
if (all.some(([, rows]) => rows.length === 0)) throw new Error("the suite ran no scenario");
if (process.argv.includes("--check")) {
  if (!existsSync(page) || readFileSync(page, "utf8") !== text) {
    console.error(
      "docs/mcp-conformance.txt is not what the suite says now: `node test/mcp/conformance.ts` writes it anew",
    );
    process.exitCode = 1;
  }
} else writeFileSync(page, text);
console.log(text);
if (failed.length > 0) {
  console.error(JSON.stringify(failed, null, 2));
  process.exitCode = 1;
}
