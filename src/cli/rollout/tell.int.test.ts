import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type FakeServer, fakeServer } from "../../../test/ops/fake-server.ts";
import type { NotifyEvent } from "../../ops/monitoring/notify.ts";
import { tell } from "./ports.ts";

const hook = "/services/T000/B000/hook";
const started: NotifyEvent = {
  ...{ kind: "deployment_started", version: "push-elicitation (ro_1)", percentage: 5, plan: "5 % → 100 %" },
  ...{ by: "operator", at: 0 },
};
const withdrawn: NotifyEvent = {
  kind: "rollback_triggered",
  version: "ro_1",
  reason: "errors: 40 of 100",
  by: "trigger",
};

let folder: string;
let there: FakeServer;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "lighthouse-tell-"));
  there = await fakeServer(({ path }) => ({ status: path === hook ? 200 : 202, body: "ok" }));
  process.env["SLACK_WEBHOOK_URL"] = there.url + hook;
  process.env["PAGERDUTY_ROUTING_KEY"] = "int-routing-key-0123456789abcdef";
});
afterEach(async () => {
  await there.close();
  rmSync(folder, { recursive: true, force: true });
  delete process.env["SLACK_WEBHOOK_URL"];
  delete process.env["PAGERDUTY_ROUTING_KEY"];
});

const options = (pagerduty: string) => {
  const monitoring = join(folder, "monitoring.yaml");
  writeFileSync(
    monitoring,
    `alerting: { slack: { webhook_url: '\${SLACK_WEBHOOK_URL}' }, pagerduty: { url: '${pagerduty}/v2/enqueue' } }`,
  );
  return { data: folder, monitoring };
};

test.each([started, withdrawn])("$kind reaches Slack and PagerDuty, as a change event", async (event) => {
  expect(await tell(options(there.url), event)).toEqual([
    { channel: "slack", state: "sent" },
    { channel: "pagerduty", state: "sent" },
  ]);
  expect(there.seen.map(({ path }) => path).sort()).toEqual([hook, "/v2/change/enqueue"]);
  for (const { text } of there.seen) expect(text).toContain(event.version);
});

test("a channel that takes the call and never answers holds nobody up for longer than it is given, and its end is not known", async () => {
  const mute: Server = createServer(() => undefined);
  await new Promise<void>((resolve) => mute.listen(0, "127.0.0.1", resolve));
  const { port } = mute.address() as { readonly port: number };
  try {
    const told = await tell(options(`http://127.0.0.1:${port}`), withdrawn, 200);
    expect(told).toMatchObject([
      { channel: "slack", state: "unknown" },
      { channel: "pagerduty", state: "unknown", why: "no answer within 0.2 s" },
    ]);
  } finally {
    mute.closeAllConnections();
    mute.close();
  }
});

test("nobody is told where no monitoring.yaml says whom, and that is said", async () => {
  expect(await tell({ data: folder }, started)).toMatchObject([
    { channel: "slack", state: "not configured" },
    { channel: "pagerduty", state: "not configured" },
  ]);
});
