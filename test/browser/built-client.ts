import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../..");

const PAGE = `<!doctype html><title>page</title>
<script type="module">import * as lighthouse from "/client/browser.js"; window.lighthouse = lighthouse;</script>`;

/** The browser's client as it is built and published, and a page, on an origin of its own. */
export const builtClient = async () => {
  const out = mkdtempSync(join(tmpdir(), "lighthouse-browser-"));
  const project = join(out, "tsconfig.json");
  const compilerOptions = { outDir: join(out, "built"), rootDir: join(root, "src"), types: [], declaration: false };
  const files = [join(root, "src/client/browser.ts")];
  writeFileSync(
    project,
    JSON.stringify({ extends: join(root, "tsconfig.build.json"), compilerOptions, files, include: [] }),
  );
  execFileSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", project], { stdio: "pipe" });

  const server = createServer(({ url = "/" }, response) => {
    if (url === "/") return response.setHeader("content-type", "text/html").end(PAGE);
    try {
      response
        .setHeader("content-type", "text/javascript")
        .end(readFileSync(join(out, "built", new URL(url, "http://x").pathname)));
    } catch {
      response.writeHead(404).end();
    }
    return undefined;
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
      rmSync(out, { recursive: true, force: true });
    },
  };
};
