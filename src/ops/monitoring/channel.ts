import type { Clock, Scheduler } from "../../domain/world.ts";
import { type Team, teams } from "./alert/alert.ts";
import { type Called, type CallPorts, call } from "./apply/call.ts";
import { inSeconds } from "./spec/parts.ts";
import type { Spec } from "./spec/schema.ts";
import { eventually } from "./verify/eventually.ts";

/**
 * A test of the channels: a marked alert is put into the running Alertmanager, for each team that somebody wants to be
 * sure of, and resolved again. Arrival is what Alertmanager itself says about it: how many notifications it handed to
 * PagerDuty and Slack, and how many of them were refused. Whether a telephone rang only its owner can say.
 */
export const audiences = [...teams, "drill"] as const;
export type Audience = Team | "drill";

export interface ChannelPorts extends CallPorts {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly onTested?: (result: ChannelResult, done: number, total: number) => void;
}

export interface ChannelTest {
  /** Tells one test from another, in the alert and in what people read. */
  readonly testId: string;
  readonly audiences: readonly Audience[];
}

export interface ChannelResult {
  readonly audience: Audience;
  readonly channel: "pagerduty" | "slack";
  readonly state: "pass" | "fail" | "not run";
  /** What was asked and what came back, in the order in which it was. */
  readonly evidence: readonly string[];
  /** Milliseconds from the alert to its being handed over, and from its end to the news of that. */
  readonly firedMs?: number;
  readonly resolvedMs?: number;
}

export const testChannels = async (
  spec: Spec,
  { testId, audiences: wanted }: ChannelTest,
  ports: ChannelPorts,
): Promise<readonly ChannelResult[]> => {
  const all: ChannelResult[] = [];
  const planned = wanted.map((audience) => [audience, channelsOf(spec, audience)] as const);
  const total = planned.reduce((sum, [, channels]) => sum + Math.max(1, channels.length), 0);
  for (const [audience, channels] of planned) {
    if (ports.signal?.aborted === true) break;
    for (const result of await testAudience(spec, testId, audience, channels, ports)) {
      all.push(result);
      ports.onTested?.(result, all.length, total);
    }
  }
  return all;
};

type Channel = ChannelResult["channel"];

/** The channels that monitoring.yaml gives an audience. A drill without a key of its own pages nobody. */
export const channelsOf = ({ alerting: { pagerduty, slack } }: Spec, audience: Audience): readonly Channel[] => [
  ...(pagerduty.enabled && (audience !== "drill" || pagerduty.routing_keys.drill !== undefined)
    ? (["pagerduty"] as const)
    : []),
  ...(slack.enabled ? (["slack"] as const) : []),
];

/** Beside the waits that Alertmanager is told to keep: its own work and the product's, retries included. */
const patienceMs = 20_000;

const testAudience = async (
  spec: Spec,
  testId: string,
  audience: Audience,
  channels: readonly Channel[],
  ports: ChannelPorts,
): Promise<readonly ChannelResult[]> => {
  const { endpoint, group_wait, group_interval } = spec.alerting.alertmanager;
  if (channels.length === 0)
    return [notRun(audience, "pagerduty", `monitoring.yaml gives ${audience} neither PagerDuty nor Slack`)];
  const labels = labelsOf(audience, testId);
  const startsAt = ports.clock.now();
  const put = (endsAt: number): Promise<Called> =>
    call(ports, {
      method: "POST",
      url: `${endpoint}/api/v2/alerts`,
      headers: {},
      body: [
        {
          labels,
          annotations: annotationsOf(spec),
          startsAt: new Date(startsAt).toISOString(),
          endsAt: new Date(endsAt).toISOString(),
        },
      ],
      isRepeatable: true,
      attempts: 2,
    });

  const before = await countsOf(endpoint, ports);
  if (!before.ok) return channels.map((channel) => notRun(audience, channel, before.reason));
  const fired = ports.clock.monotonic();
  const raised = await put(startsAt + ALERT_MS);
  if (!raised.ok) return channels.map((channel) => failed(audience, channel, [raised.reason]));
  const waitMs = inSeconds(group_wait) * 1000 + patienceMs;
  const up = await handedOver(endpoint, channels, before.counts, waitMs, ports);
  // Whatever came of it: a test that fires until its time is up would be an incident.
  const resolvedAt = ports.clock.monotonic();
  const middle = await countsOf(endpoint, ports);
  const lowered = await put(ports.clock.now());
  const down =
    lowered.ok && middle.ok
      ? await handedOver(endpoint, channels, middle.counts, inSeconds(group_interval) * 1000 + patienceMs, ports)
      : new Map<Channel, Handed>();
  return channels.map((channel) => {
    const [told, over] = [up.get(channel), down.get(channel)];
    const evidence = [
      `POST /api/v2/alerts ${labels.alertname} for ${audience}: taken`,
      handedInWords(told, fired),
      `POST /api/v2/alerts with its end: ${lowered.ok ? "taken" : lowered.reason}`,
      handedInWords(over, resolvedAt),
    ];
    const isWell = told?.failures === 0 && over?.failures === 0;
    return {
      audience,
      channel,
      state: isWell ? "pass" : "fail",
      evidence,
      ...(told === undefined ? {} : { firedMs: Math.round(told.at - fired) }),
      ...(over === undefined ? {} : { resolvedMs: Math.round(over.at - resolvedAt) }),
    };
  });
};

/** The longest that a test can fire when whoever began it is gone before the end. */
const ALERT_MS = 120_000;

const labelsOf = (audience: Audience, testId: string) => ({
  alertname: `ChannelTest-${audience}`,
  severity: "warning",
  concern: `channel-test-${testId}`,
  drill_id: testId,
  // With the mark the route for drills takes it; without, the team's own, and its name says what it is.
  ...(audience === "drill" ? { test: "true" } : { team: audience }),
});

const annotationsOf = ({ alerting, grafana }: Spec) => ({
  summary: "This is a test of the channel.",
  description: "Nothing is wrong; it resolves by itself.",
  runbook_url: `${alerting.runbooks}/Watchdog.md`,
  dashboard_url: `${grafana.endpoint}/d/lighthouse-overview`,
});

interface Counts {
  readonly sent: ReadonlyMap<Channel, number>;
  readonly failed: ReadonlyMap<Channel, number>;
}

interface Handed {
  /** Monotonic. */
  readonly at: number;
  readonly failures: number;
}

const handedInWords = (handed: Handed | undefined, since: number): string => {
  if (handed === undefined) return "alertmanager_notifications_total did not grow in time";
  const ms = Math.round(handed.at - since);
  return handed.failures === 0
    ? `alertmanager_notifications_total grew after ${ms} ms, alertmanager_notifications_failed_total did not`
    : `alertmanager_notifications_failed_total grew by ${handed.failures}: the product refused it or was not reached`;
};

/** When each channel had one notification more than before. Other alerts at that moment would count as well. */
const handedOver = async (
  endpoint: string,
  channels: readonly Channel[],
  before: Counts,
  forMs: number,
  ports: ChannelPorts,
): Promise<ReadonlyMap<Channel, Handed>> => {
  const handed = new Map<Channel, Handed>();
  await eventually(ports, forMs, async () => {
    const now = await countsOf(endpoint, ports);
    if (!now.ok) return false;
    for (const channel of channels) {
      const more = (of: keyof Counts): number => (now.counts[of].get(channel) ?? 0) - (before[of].get(channel) ?? 0);
      if (!handed.has(channel) && more("sent") > 0)
        handed.set(channel, { at: ports.clock.monotonic(), failures: more("failed") });
    }
    return channels.every((channel) => handed.has(channel));
  });
  return handed;
};

const countsOf = async (
  endpoint: string,
  ports: CallPorts,
): Promise<{ readonly ok: true; readonly counts: Counts } | { readonly ok: false; readonly reason: string }> => {
  const url = `${endpoint}/metrics`;
  const called = await call(ports, { method: "GET", url, headers: {}, isRepeatable: true, attempts: 1 });
  if (!called.ok) return { ok: false, reason: called.reason };
  const lines = String(called.body).split("\n");
  const read = (name: string): ReadonlyMap<Channel, number> =>
    new Map(
      (["pagerduty", "slack"] as const).map((channel) => [
        channel,
        // Newer ones split failures by reason: what belongs to one channel is added up.
        lines
          .filter((line) => line.startsWith(`${name}{`) && line.includes(`integration="${channel}"`))
          .reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0),
      ]),
    );
  return {
    ok: true,
    counts: {
      sent: read("alertmanager_notifications_total"),
      failed: read("alertmanager_notifications_failed_total"),
    },
  };
};

const notRun = (audience: Audience, channel: Channel, reason: string): ChannelResult => ({
  audience,
  channel,
  state: "not run",
  evidence: [reason],
});

const failed = (audience: Audience, channel: Channel, evidence: readonly string[]): ChannelResult => ({
  audience,
  channel,
  state: "fail",
  evidence,
});
