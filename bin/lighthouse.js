#!/usr/bin/env node
// Plain JavaScript that every Node can parse, so that an old one gets a sentence instead of a syntax error.
const major = Number(process.versions.node.split(".")[0]);
if (major < 24) {
  process.stderr.write(
    "lighthouse needs Node.js 24 or newer, this is " +
      process.version +
      ": in a clone, `npm ci && npm start` brings its own.\n",
  );
  process.exit(1);
}
const { existsSync } = await import("node:fs");
const { enableCompileCache } = await import("node:module");
// What was compiled once, and stripped of its types, is not compiled again: half of what a hook takes from source.
// By the environment for the threads and processes to come, a tenth of what a bridge takes to start.
const { directory } = enableCompileCache?.() ?? {};
if (directory !== undefined) process.env.NODE_COMPILE_CACHE ??= directory;
// A clone runs from source; an installed package has only the build.
const at = (name) => {
  const source = new URL(`../src/cli/${name}.ts`, import.meta.url);
  return existsSync(source) ? source.href : new URL(`../dist/cli/${name}.js`, import.meta.url).href;
};
// A hook runs beside every step of a model and must not wait for the other commands to load.
if (process.argv[2] === "hook" && !process.argv.includes("--help")) {
  const { runHook } = await import(at("hook/run"));
  await runHook(process.argv.slice(3));
} else {
  await import(at("main"));
}
