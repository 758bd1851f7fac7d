import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { httpDoor } from "../../../../test/support/http-door.ts";
import { openOperations } from "../open/operations.ts";
import { operations } from "../operations.ts";
import { healthPages } from "./health.ts";
import { openApi, openApiText } from "./openapi.ts";
import { STREAM_PATH } from "./stream.ts";

const committed = join(import.meta.dirname, "../../../../docs/openapi.json");
const run = promisify(execFile);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "openapi-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** What the public linter says about a document, with its recommended rules and nothing excused. */
const lint = async (text: string): Promise<{ readonly errors: number; readonly warnings: number }> => {
  const file = join(folder, "openapi.json");
  await writeFile(file, text);
  const cli = createRequire(import.meta.url).resolve("@redocly/cli/package.json");
  const args = [join(dirname(cli), "bin/cli.js"), "lint", file, "--extends", "recommended", "--format", "json"];
  const env = { ...process.env, REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true" };
  const { stdout } = await run(process.execPath, args, { cwd: folder, env }).catch(
    (failed) => failed as { stdout: string },
  );
  return (JSON.parse(stdout.slice(stdout.indexOf("{"))) as { totals: { errors: number; warnings: number } }).totals;
};

test("the document passes the public linter without an error or a warning", async () => {
  expect(await lint(openApiText())).toMatchObject({ errors: 0, warnings: 0 });
});

test("the linter can fail: a document without security, or with a dangling reference, does not pass", async () => {
  const { security: _, ...insecure } = openApi("1");
  expect((await lint(JSON.stringify(insecure))).errors).toBeGreaterThan(0);
  const dangling = openApiText().replaceAll("#/components/schemas/Offer", "#/components/schemas/Nothing");
  expect((await lint(dangling)).errors).toBeGreaterThan(0);
});

test("the committed document is the one that the code makes: `node docs/write-openapi.ts` brings it up to date", async () => {
  expect(JSON.parse(await readFile(committed, "utf8"))).toEqual(JSON.parse(openApiText()));
});

test("every operation, the stream and every health page is in the document, and what is served is that document", async () => {
  const { paths } = (await (await httpDoor()).call({ url: "/openapi.json" })).json<{
    paths: Record<string, Record<string, { operationId: string }>>;
  }>();
  const documented = Object.values(paths).flatMap((methods) => Object.values(methods).map((one) => one.operationId));
  expect(documented.sort()).toEqual(
    [
      ...[...operations, ...openOperations].map(({ name }) => name),
      ...healthPages.map(({ name }) => name),
      "stream.open",
    ].sort(),
  );
  expect(Object.keys(paths)).toContain(STREAM_PATH);
});
