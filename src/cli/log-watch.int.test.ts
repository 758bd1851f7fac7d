import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Verdict } from "../bridge/log/verify.ts";
import { LOG_FILE } from "./data-folder.ts";
import { watchLog } from "./log-watch.ts";
import { serve } from "./serve.ts";
import { realScheduler } from "./world.ts";

let data = "";
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), "lighthouse-watch-"));
});
afterEach(() => rmSync(data, { recursive: true, force: true }));

const verdict = (): Promise<Verdict> =>
  new Promise((resolve, reject) => {
    const watch = watchLog({
      data,
      scheduler: realScheduler,
      firstAfterMs: 1,
      onVerdict: (found) => void watch.stop().then(() => resolve(found)),
      onFault: reject,
    });
  });

test("a log that a bridge writes verifies; one event changed from outside is found", async () => {
  const bridge = await serve({ data, port: 0, host: "127.0.0.1" }, "test", () => undefined);
  expect(await verdict()).toMatchObject({ ok: true, signaturesChecked: true });
  const metrics = async (): Promise<string> => (await fetch(`${bridge.url}/metrics`)).text();
  const health = (await (await fetch(`${bridge.url}/event-store/health`)).json()) as {
    readonly head: { readonly position: number };
    readonly checkpoint: { readonly size: number; readonly root: string; readonly at: number };
  };
  expect(health.checkpoint.size).toBeGreaterThan(0);
  expect(Buffer.from(health.checkpoint.root, "base64")).toHaveLength(32);
  expect(Math.abs(Date.now() - health.checkpoint.at)).toBeLessThan(60_000);
  const text = await metrics();
  expect(text).toMatch(new RegExp(`^lighthouse_log_checkpoint_events ${health.checkpoint.size}$`, "m"));
  expect(text).toMatch(/^database_connections_active [23]$/m);
  expect(text).toMatch(/^lighthouse_log_verification_failures_total 0$/m);
  await bridge.stop();

  const db = new DatabaseSync(join(data, LOG_FILE));
  db.exec("UPDATE event SET record = replace(record, 'operator', 'nobodies') WHERE position = 2");
  db.close();
  expect(await verdict()).toMatchObject({ ok: false, position: 2 });
}, 60_000);
