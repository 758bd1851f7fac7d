import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, test } from "vitest";

/** Who may import whom. The longest matching prefix owns a file; a folder may always import itself. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  signing: [],
  schema: [],
  "bridge/log": ["domain", "signing"],
  "bridge/command": ["domain", "signing", "schema", "bridge/log"],
  "bridge/projection": ["domain", "bridge/log"],
  "bridge/delivery": ["domain", "bridge/log", "bridge/projection"],
  "bridge/telemetry": ["domain", "bridge/log", "bridge/projection", "bridge/delivery"],
  // The wiring of the runtime's parts; its doors are hung by `cli/serve.ts`.
  "bridge/bridge.ts": ["domain", "signing", "bridge/log", "bridge/command", "bridge/projection", "bridge/delivery"],
  "bridge/transport": [
    "domain",
    "schema",
    "bridge/log",
    "bridge/command",
    "bridge/projection",
    "bridge/delivery",
    "bridge/bridge.ts",
  ],
  client: ["domain", "signing", "schema"],
  ops: ["domain", "client"],
  review: ["domain", "signing", "client"],
  cli: ["domain", "signing", "schema", "bridge", "client", "ops", "review"],
};

const src = resolve(import.meta.dirname, "../src");

interface Source {
  readonly path: string;
  readonly text: string;
}

const sources: readonly Source[] = readdirSync(src, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
  .map((entry) => {
    const full = join(entry.parentPath, entry.name);
    return { path: relative(src, full), text: readFileSync(full, "utf8") };
  });
/** Tests and the contract suites stand beside the code and may use what they need. */
const code = sources.filter(({ path }) => !/\.(test|contract)\.ts$/.test(path));

const ownerOf = (path: string): string | undefined =>
  Object.keys(mayImport)
    .filter((place) => path === place || path.startsWith(`${place}/`))
    .sort((a, b) => b.length - a.length)[0];

/** Every specifier of a static, type-only, re-exporting or dynamic import. */
const importsOf = (text: string): readonly string[] =>
  [...text.matchAll(/(?:^|\s)(?:import|export)\s[^;'"]*?from\s*["']([^"']+)["']|import\s*\(?\s*["']([^"']+)["']/g)].map(
    (m) => (m[1] ?? m[2]) as string,
  );

const internalImports = ({ path, text }: Source): readonly string[] =>
  importsOf(text)
    .filter((specifier) => specifier.startsWith("."))
    .map((specifier) => relative(src, resolve(src, dirname(path), specifier)));

describe("the house", () => {
  test("the walk saw the house", () => {
    expect(code.length).toBeGreaterThan(30);
    expect(code.flatMap(internalImports).length).toBeGreaterThan(60);
  });

  test("every file has a folder in the table", () => {
    expect(code.filter(({ path }) => ownerOf(path) === undefined).map((f) => f.path)).toEqual([]);
  });

  test("imports flow the way of the table", () => {
    const wrong = code.flatMap((file) => {
      const owner = ownerOf(file.path) as string;
      const allowed = [owner, ...(mayImport[owner] ?? [])];
      return internalImports(file)
        .filter((target) => !allowed.some((place) => target === place || target.startsWith(`${place}/`)))
        .map((target) => `${file.path} imports ${target}`);
    });
    expect(wrong).toEqual([]);
  });

  test("the language is pure: domain imports no package and waits for nothing", () => {
    const wrong = code
      .filter(({ path }) => path.startsWith("domain/"))
      .filter(
        ({ text }) =>
          importsOf(text).some((s) => !s.startsWith(".")) || /\basync\b|\bawait\b/.test(withoutComments(text)),
      );
    expect(wrong.map((f) => f.path)).toEqual([]);
  });

  test("time, chance, timers and the environment are read in cli/ alone", () => {
    const world =
      /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bcrypto\.random|\brandomUUID\b|\brandomBytes\b|\bsetTimeout\b|\bsetInterval\b|\bprocess\.env\b|\bperformance\.now\b/;
    const wrong = code
      .filter(({ path }) => !path.startsWith("cli/") && !worldly.includes(path))
      .filter(({ text }) => world.test(withoutComments(text)));
    expect(wrong.map((f) => f.path)).toEqual([]);
  });

  test("no barrels: nothing is exported wholesale", () => {
    expect(code.filter(({ text }) => /export\s+\*/.test(withoutComments(text))).map((f) => f.path)).toEqual([]);
  });
});

/** Files outside `cli/` that touch the world, each with its reason. */
const worldly: readonly string[] = [
  // What a client uses when its caller gives it no world of its own, in Node and in browsers.
  "client/world.ts",
  // A page's own script: it runs in a browser, which knows what time it is.
  "review/page/check.ts",
];

const withoutComments = (text: string): string => text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
