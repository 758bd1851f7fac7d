import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { pause } from "../../../test/ops/stack.ts";
import { type Credential, connect } from "../../client/index.ts";
import { effectiveAlerts } from "../../ops/monitoring/alert/effective.ts";
import { readSpec } from "../../ops/monitoring/spec.ts";
import { LOG_FILE } from "../data-folder.ts";
import { serve } from "../serve.ts";

/**
 * From a byte that somebody flipped on the disk to the number that an alert reads, on a bridge that runs. That the alert
 * fires when the number grows is promtool's part (the stories of LogTampered and SecurityViolationCritical).
 */
let data = "";
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), "lighthouse-tampered-"));
});
afterEach(() => rmSync(data, { recursive: true, force: true }));

const said: string[] = [];
const start = (verifyLogAfterMs: number) =>
  serve({ data, port: 0, host: "127.0.0.1", verifyLogAfterMs }, "test", (text) => void said.push(text));

const valueAt = async (url: string, selector: string): Promise<number> => {
  const text = await (await fetch(`${url}/metrics`)).text();
  const line = text.split("\n").find((each) => each.startsWith(`${selector} `));
  return Number(line?.slice(selector.length + 1));
};

/** One bit of one byte of one event's data, in the file of the log; pages that were split have left copies behind. */
const flip = (needle: string): void => {
  const path = join(data, LOG_FILE);
  const bytes = readFileSync(path);
  expect(bytes.indexOf(needle)).toBeGreaterThan(0);
  const file = openSync(path, "r+");
  for (let at = bytes.indexOf(needle); at >= 0; at = bytes.indexOf(needle, at + 1))
    writeSync(file, Buffer.from([needle.charCodeAt(0) ^ 1]), 0, 1, at);
  closeSync(file);
};

test("one flipped bit in the log of a running bridge is a number of an alert that pages at once", async () => {
  const first = await start(60_000);
  const credential = JSON.parse(readFileSync(first.operatorFile, "utf8")) as Credential;
  const client = await connect({ credential });
  const { position } = await client.events.append("invoice.paid", { amount: "one hundred and seven" });
  // Enough behind it that what the next start appends stands on another page of the file.
  for (let left = 10; left > 0; left--) await client.events.append("invoice.noted", { text: "x".repeat(2_000) });
  client.close();
  await first.stop();

  const failures = "lighthouse_log_verification_failures_total";
  const tampered = 'security_violations_total{type="tampered_log",severity="critical"}';
  // A start reads all of it and would refuse: it is damaged after that.
  const bridge = await start(500);
  flip("one hundred and seven");
  // Before the verdict the series is there and says 0: an increase can be seen.
  expect([await valueAt(bridge.url, failures), await valueAt(bridge.url, tampered)]).toEqual([0, 0]);
  while ((await valueAt(bridge.url, "lighthouse_log_verifications_total")) === 0) await pause(20);
  expect([await valueAt(bridge.url, failures), await valueAt(bridge.url, tampered)]).toEqual([1, 1]);
  expect(said.join("\n")).toContain(`the log does not verify at position ${position}`);
  await bridge.stop();

  const empty = readSpec("");
  const alert = empty.ok ? effectiveAlerts(empty.spec).find(({ name }) => name === "LogTampered") : undefined;
  expect(alert?.expr).toBe(`sum(increase(${failures}[10m])) > 0`);
  expect(alert?.labels).toMatchObject({ severity: "critical", team: "security-team" });
});
