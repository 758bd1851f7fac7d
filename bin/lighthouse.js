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
// A clone runs from source; an installed package has only the build.
const source = new URL("../src/cli/main.ts", import.meta.url);
await import(existsSync(source) ? source.href : new URL("../dist/cli/main.js", import.meta.url).href);
