import { spawn } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

/** Here and not among the ordinary tests: each installs what it runs, 52 and 90 MB. */
const run = (
  script: string,
  ...args: readonly string[]
): Promise<{ readonly code: number | null; readonly out: string }> =>
  new Promise((ended) => {
    const child = spawn(process.execPath, [join(import.meta.dirname, script), ...args], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let out = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (out += chunk));
    child.on("close", (code) => ended({ code, out }));
  });

test("the official conformance suite says what docs/mcp-conformance.txt says, and nothing fails", async () => {
  const { code, out } = await run("conformance.ts", "--check");
  expect(code, out).toBe(0);
}, 900_000);

test("MCP Inspector's command line lists, asks and answers over HTTP and stdio", async () => {
  const { code, out } = await run("inspector.ts");
  expect(code, out).toBe(0);
}, 600_000);
