import { readFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { expect, test } from "vitest";

const here = import.meta.dirname;

const code = (file: string): string =>
  readFileSync(file, "utf8")
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .replace(/^\s*\/\/.*$/gm, "");

/** Every module that a page would load, and every specifier of a package among their imports. */
const walk = (entry: string) => {
  const files = new Set<string>();
  const packages = new Set<string>();
  const visit = (file: string): void => {
    if (files.has(file)) return;
    files.add(file);
    const text = code(file);
    // What is imported as a type alone is gone at run time.
    for (const [, statement, specifier] of text.matchAll(/^((?:import|export)\s[^;]*?)from\s+"([^"]+)";/gm)) {
      const names = /\{([^}]*)\}/
        .exec(statement ?? "")?.[1]
        ?.split(",")
        .map((name) => name.trim()) ?? ["*"];
      if (/^(import|export) type\s/.test(statement ?? "")) continue;
      if (names.filter((name) => name !== "").every((name) => name.startsWith("type "))) continue;
      if (specifier?.startsWith(".")) visit(resolve(dirname(file), specifier));
      else packages.add(specifier as string);
    }
    for (const [, specifier] of text.matchAll(/\bimport\(\s*"([^"]+)"/g)) packages.add(specifier as string);
  };
  visit(resolve(here, entry));
  return { files: [...files].map((file) => relative(here, file)), packages: [...packages] };
};

test("the browser's client imports no package and nothing of Node", () => {
  const { files, packages } = walk("browser.ts");
  expect(packages).toEqual([]);
  expect(files).toEqual(expect.arrayContaining(["lighthouse.ts", "web-suite.ts", "../signing/canonical.ts"]));
  const nodeOnly = files.filter((file) => /\b(Buffer|process|__dirname)\b/.test(code(resolve(here, file))));
  expect(nodeOnly).toEqual([]);
});

test("the walk would see it: Node's client imports the package ws and node:crypto", () => {
  expect(walk("index.ts").packages).toEqual(expect.arrayContaining(["ws", "node:crypto"]));
});
