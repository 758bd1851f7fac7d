import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { folder } from "../support/processes.ts";

/**
 * MCP Inspector's command line against a real bridge, over HTTP and stdio: lists the tools (strictly: a schema that some
 * client would not take is an error), asks, reads the inbox, answers. `node test/mcp/inspector.ts`
 * It is installed for the occasion (90 MB); MCP_INSPECTOR names one that is there already.
 */
const INSPECTOR = "@modelcontextprotocol/inspector";
const INSPECTOR_VERSION = "2.12.0";
const bin = resolve(import.meta.dirname, "../../bin/lighthouse.js");
const work = mkdtempSync(join(tmpdir(), "mcp-inspector-"));
const inspector = (): string => {
  const given = process.env["MCP_INSPECTOR"];
  if (given !== undefined) return given;
  writeFileSync(join(work, "package.json"), "{}");
  const what = `${INSPECTOR}@${INSPECTOR_VERSION}`;
  execFileSync("npm", ["install", "--no-audit", "--no-fund", "--silent", "--ignore-scripts", what], { cwd: work });
  return join(work, "node_modules", INSPECTOR, "clients/launcher/build/index.js");
};

const f = folder();
const script = inspector();
const bridge = await f.serve();
for (const name of ["alice", "bob"]) await f.run("agent", "add", name);
const file = (name: string): string => join(f.data, "agents", `${name}.json`);
const { token } = JSON.parse(readFileSync(file("alice"), "utf8")) as { readonly token: string };
const http = [`${bridge.url}/mcp`, "--transport", "http", "--header", `Authorization: Bearer ${token}`];
const stdio = [process.execPath, bin, "mcp", "--as", file("bob")];

const inspect = (way: readonly string[], ...args: readonly string[]) => {
  // Options first: the command to start over stdio takes what follows it.
  const all = way === stdio ? [...args, "--", ...way] : [...way, ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, "--cli", ...all], { encoding: "utf8" });
  return { status, out: stdout, err: stderr };
};
const call = (way: readonly string[], tool: string, ...args: readonly string[]) => {
  const { status, out, err } = inspect(
    way,
    ...["--method", "tools/call", "--tool-name", tool],
    ...args.flatMap((arg) => ["--tool-arg", arg]),
  );
  if (status !== 0) throw new Error(`${tool}: ${status} ${out} ${err}`);
  return JSON.parse(out).structuredContent;
};
const expectThat = (what: string, isSo: boolean): void => {
  console.log(`${isSo ? "ok    " : "FAILED"} ${what}`);
  if (!isSo) process.exitCode = 1;
};

try {
  for (const [name, way] of [
    ["http", http],
    ["stdio", stdio],
  ] as const) {
    const { status, out, err } = inspect(way, "--method", "tools/list", "--strict");
    const names = (JSON.parse(out) as { tools: { name: string }[] }).tools.map((tool) => tool.name);
    expectThat(`${name}: lists ${names.length} tools, whose schemas are portable`, status === 0 && names.length === 10);
    // "Any JSON" is what an answer may be, and the Inspector warns of every place that says so.
    const warned = err.split("Warning: tool").slice(1);
    const other = warned.filter((warning) => !warning.includes("no validation keyword"));
    expectThat(`${name}: warns of nothing but places for any JSON (${warned.length})`, other.length === 0);
  }
  const { id } = call(http, "lighthouse_ask", "to=bob", "message=Which port?", 'schema={"type":"integer"}');
  expectThat("http: alice asks", typeof id === "string");
  const { questions } = call(stdio, "lighthouse_inbox");
  expectThat("stdio: bob finds it", questions[0]?.id === id);
  const answered = call(stdio, "lighthouse_answer", `id=${id}`, "action=accept", "content=8765");
  expectThat("stdio: bob answers, signed", answered.status === "accepted");
  const outcome = call(http, "lighthouse_wait", `id=${id}`);
  expectThat("http: alice has the answer", outcome.content?.data === 8765);
} finally {
  await f.cleanUp();
  rmSync(work, { recursive: true, force: true });
}
