import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Receivers, startReceivers } from "../../../test/ops/receivers.ts";
import { clock, pause, phone, type Stack, scheduler, startStack } from "../../../test/ops/stack.ts";
import { effectiveAlerts } from "./alert/effective.ts";
import { type Audience, audiences, type ChannelResult, testChannels } from "./channel.ts";

/** A real Alertmanager with the rendered routes, in front of receivers that take what PagerDuty and Slack take. */
interface Stage {
  readonly stack: Stack;
  readonly receivers: Receivers;
  readonly stop: () => Promise<void>;
}

const open = async (): Promise<Stage> => {
  const receivers = await startReceivers();
  const hook = (channel: string) => `${receivers.url}/slack/${channel}`;
  const stack = await startStack(
    ({ prometheus, alertmanager, secrets }) => `
environment: staging
prometheus: { endpoint: "http://127.0.0.1:${prometheus}" }
health_checks: { prober: "localhost:9115" }
alerting:
  alertmanager: { endpoint: "http://127.0.0.1:${alertmanager}", group_wait: 5s, group_interval: 1s }
  secrets_dir: ${secrets}
  pagerduty:
    url: ${receivers.url}/v2/enqueue
    routing_keys: { security-team: "\${KEY_SECURITY}", drill: "\${KEY_DRILL}" }
  slack: { webhook_urls: { security: "\${HOOK_SECURITY}", performance: "\${HOOK_PERFORMANCE}", drill: "\${HOOK_DRILL}" } }
`,
    {
      PAGERDUTY_ROUTING_KEY: keys.default,
      KEY_SECURITY: keys.security,
      KEY_DRILL: keys.drill,
      SLACK_WEBHOOK_URL: hook("default"),
      HOOK_SECURITY: hook("security"),
      HOOK_PERFORMANCE: hook("performance"),
      HOOK_DRILL: hook("drill"),
    },
    ["Alertmanager"],
  );
  const stop = async (): Promise<void> => {
    await stack.stop();
    await receivers.close();
  };
  return { stack, receivers, stop };
};

const keys = { default: "a".repeat(32), security: "b".repeat(32), drill: "c".repeat(32) } as const;

let stage: Stage;
beforeAll(async () => {
  stage = await open();
}, 60_000);
afterAll(async () => stage?.stop(), 30_000);

interface Sent {
  readonly path: string;
  readonly body: {
    readonly routing_key: string;
    readonly event_action: string;
    readonly dedup_key: string;
    readonly payload?: { readonly class?: string };
    readonly attachments?: readonly { readonly text: string }[];
  };
}
const sent = ({ receivers }: Stage): readonly Sent[] => receivers.bodies().map((each) => each as Sent);
/** What PagerDuty was told about an alert, in order. */
const paged = (alert: string): readonly Sent[] =>
  sent(stage).filter(({ path, body }) => path === "/v2/enqueue" && body.payload?.class === alert);
const said = (alert: string): readonly Sent[] =>
  sent(stage).filter(({ body }) => body.attachments?.[0]?.text.startsWith(`${alert} (`) === true);

interface Raised {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}
const raise = ({ stack }: Stage, alerts: readonly Raised[], endsInMs: number): Promise<string> =>
  phone.post(
    `${stack.alertmanager}/api/v2/alerts`,
    alerts.map((alert) => ({
      ...alert,
      startsAt: new Date(Date.now() - 10_000).toISOString(),
      endsAt: new Date(Date.now() + endsInMs).toISOString(),
    })),
  );

const until = async (isSo: () => boolean): Promise<void> => {
  for (let left = 200; left > 0 && !isSo(); left--) await pause(50);
};

describe("every alert of the catalogue", () => {
  const told = () => effectiveAlerts(stage.stack.spec).filter(({ labels }) => labels.severity !== "info");
  // Each in an environment of its own: what mutes what is another test's matter (routing.ops.test.ts).
  const raised = () =>
    told().map(
      ({ name, labels, annotations }): Raised => ({
        labels: { alertname: name, environment: name, ...labels },
        annotations,
      }),
    );

  it("arrives under its team's key and in the channel of its purpose, and is closed under the same one", async () => {
    await raise(stage, raised(), 60_000);
    await until(() => told().every(({ name }) => paged(name).length >= 1 && said(name).length >= 1));
    await raise(stage, raised(), 0);
    await until(() => told().every(({ name }) => paged(name).length >= 2 && said(name).length >= 2));
    expect(told().length).toBeGreaterThan(40);
    for (const { name, labels } of told()) {
      const key = labels.team === "security-team" ? keys.security : keys.default;
      expect([name, ...paged(name).map(({ body }) => [body.routing_key, body.event_action])]).toEqual([
        name,
        [key, "trigger"],
        [key, "resolve"],
      ]);
      expect(new Set(paged(name).map(({ body }) => body.dedup_key)).size, name).toBe(1);
      const channel = { "security-team": "security", "performance-team": "performance" }[labels.team as string];
      expect(new Set(said(name).map(({ path }) => path)), name).toEqual(new Set([`/slack/${channel ?? "default"}`]));
    }
  });

  it("is taken by both products as it is, with nothing in it that a template could not fill in", () => {
    expect(stage.receivers.notifications().flatMap(({ problems }) => problems)).toEqual([]);
    expect(JSON.stringify(stage.receivers.bodies())).not.toContain("<no value>");
  });

  it("is configured without a secret in what Alertmanager shows", async () => {
    const status = JSON.parse(await phone.get(`${stage.stack.alertmanager}/api/v2/status`)) as {
      config: { original: string };
    };
    expect(status.config.original).toContain("routing_key_file");
    for (const secret of [...Object.values(keys), `${stage.receivers.url}/slack`])
      expect(status.config.original).not.toContain(secret);
  });
});

const tested = (on: Stage, testId: string, wanted: readonly Audience[]): Promise<readonly ChannelResult[]> =>
  testChannels(on.stack.spec, { testId, audiences: wanted }, { fetch, clock, scheduler });
const states = (results: readonly ChannelResult[]) =>
  Object.fromEntries(results.map(({ channel, state }) => [channel, state]));
const words = (results: readonly ChannelResult[], of: ChannelResult["channel"]): string =>
  (results.find(({ channel }) => channel === of)?.evidence ?? []).join("\n");
const isTest = (body: Readonly<Record<string, unknown>>): boolean => JSON.stringify(body).includes("ChannelTest");

describe("a test of the channels", () => {
  it("reaches and releases every team and the drill, in PagerDuty and in Slack, and says how it knows", async () => {
    const results = await tested(stage, "test-1", audiences);
    expect(results).toHaveLength(audiences.length * 2);
    for (const { state, evidence, firedMs, resolvedMs, audience } of results) {
      expect([state, evidence]).toEqual(["pass", expect.anything()]);
      expect(evidence.join("\n")).toContain("alertmanager_notifications_total grew by 1, every one was taken");
      expect(evidence.join("\n")).toContain("alertmanager_notifications_total grew by 2, every one was taken");
      expect(evidence.join("\n")).toContain(`it goes to ${audience}, and nothing mutes it`);
      expect([firedMs, resolvedMs]).toEqual([expect.any(Number), expect.any(Number)]);
    }
    for (const audience of audiences) {
      const alert = `ChannelTest-${audience}`;
      const arrived = stage.receivers.notifications().filter((each) => each.alert === alert);
      expect(arrived.flatMap(({ problems }) => problems)).toEqual([]);
      expect(new Set(arrived.map(({ channel, state }) => `${channel} ${state}`)).size, alert).toBe(4);
    }
    expect(new Set(paged("ChannelTest-drill").map(({ body }) => body.routing_key))).toEqual(new Set([keys.drill]));
  });

  it("passes when PagerDuty is busy for a moment, and says that it was", async () => {
    let left = 2;
    stage.receivers.refuse(429, () => left-- > 0);
    const results = await tested(stage, "busy-1", ["on-call"]);
    expect(states(results)).toEqual({ pagerduty: "pass", slack: "pass" });
    expect(words(results, "pagerduty")).toContain("every one was taken after 2 refusal(s)");
  });

  it("that is silenced says by what, and does not pass", async () => {
    const { silenceID } = JSON.parse(
      await phone.post(`${stage.stack.alertmanager}/api/v2/silences`, {
        matchers: [{ name: "drill_id", value: "mute-1", isRegex: false, isEqual: true }],
        startsAt: new Date(Date.now() - 1000).toISOString(),
        endsAt: new Date(Date.now() + 60_000).toISOString(),
        createdBy: "test",
        comment: "test",
      }),
    ) as { silenceID: string };
    const results = await tested(stage, "mute-1", ["immediate"]);
    expect(states(results)).toEqual({ pagerduty: "fail", slack: "fail" });
    expect(words(results, "pagerduty")).toContain(`it is muted by silence ${silenceID}`);
  });
});

describe("a delivery that fails", () => {
  let stages: readonly Stage[] = [];
  beforeAll(async () => {
    stages = await Promise.all(Array.from({ length: 6 }, open));
  }, 60_000);
  afterAll(async () => {
    await Promise.all(stages.map(({ stop }) => stop()));
  }, 30_000);

  /** Somebody else's alerts, told through the same two products all the time. */
  const chatter = (on: Stage): { readonly stop: () => void } => {
    let isOn = true;
    void (async () => {
      for (let turn = 0; isOn; turn++) {
        await raise(on, [{ labels: { alertname: "Other", concern: `other-${turn}`, team: "on-call" } }], 60_000);
        await pause(60);
      }
    })();
    return {
      stop: () => {
        isOn = false;
      },
    };
  };

  it("never passes, whatever the product says and whoever else is told at the time", async () => {
    const [busy, broken, silent, refusing, crowded, crowdedAndBusy] = stages as [
      Stage,
      Stage,
      Stage,
      Stage,
      Stage,
      Stage,
    ];
    busy.receivers.refuse(429, isTest);
    broken.receivers.refuse(500, isTest);
    silent.receivers.refuse("silence", isTest);
    refusing.receivers.refuse(400, isTest);
    crowdedAndBusy.receivers.refuse(429, isTest);
    const talks = [chatter(crowded), chatter(crowdedAndBusy)];
    const results = await Promise.all(stages.map((on) => tested(on, "fault-1", ["on-call"])));
    for (const talk of talks) talk.stop();
    for (const result of results.slice(0, 4)) expect(states(result)).toEqual({ pagerduty: "fail", slack: "pass" });
    expect(states(results[4] ?? [])).toEqual({ pagerduty: "unclear", slack: "unclear" });
    // Nothing passed that the receivers did not take, its beginning and its end.
    for (const [index, on] of stages.entries())
      for (const { channel, state } of results[index] ?? []) {
        const taken = on.receivers.notifications().filter((each) => each.alert === "ChannelTest-on-call");
        const isTaken = new Set(taken.filter((each) => each.channel === channel).map((each) => each.state)).size === 2;
        expect(state === "pass" && !isTaken, `${channel} of stage ${index}`).toBe(false);
      }
    // Refused or crowded, whichever is seen first; never passed.
    expect(["fail", "unclear"]).toContain(states(results[5] ?? [])["pagerduty"]);
    for (const result of results.slice(0, 4))
      expect(words(result, "pagerduty")).toMatch(
        /notifications_failed_total grew by 1, with [0-9]+ request\(s\) refused/,
      );
    expect(words(results[4] ?? [], "slack")).toMatch(/grew by \d+ instead of 1: others were told at the same time/);
  });

  it("of nobody, but somebody else's message in between, is no pass at once: the test is made again", async () => {
    const on = stages[3] as Stage;
    on.receivers.refuse(500, () => false);
    const other = [{ labels: { alertname: "Other", concern: "in-between", team: "on-call" } }];
    let raised = false;
    const disturbed: typeof fetch = async (input, init) => {
      const response = await fetch(input, init);
      if (init?.method === "POST" && !raised) {
        raised = true;
        await raise(on, other, 60_000);
      }
      return response;
    };
    const results = await testChannels(
      on.stack.spec,
      { testId: "again-1", audiences: ["security-team"] },
      { fetch: disturbed, clock, scheduler },
    );
    expect(states(results)).toEqual({ pagerduty: "pass", slack: "pass" });
    expect(words(results, "pagerduty")).toContain("drill_id again-1-2");
  });
});
