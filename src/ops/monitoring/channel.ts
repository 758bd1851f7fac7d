import type { Clock, Scheduler } from "../../domain/world.ts";
import { type Team, teams } from "./alert/alert.ts";
import { type Called, type CallPorts, call } from "./apply/call.ts";
import { routedTo } from "./channel/routed.ts";
import { type Channel, inWords, since, standing, type Tally, tallyOf, underWay } from "./channel/tally.ts";
import { inSeconds } from "./spec/parts.ts";
import type { Spec } from "./spec/schema.ts";
import { eventually } from "./verify/eventually.ts";

/**
 * A test of the channels: a marked alert is put into the running Alertmanager, for each team that somebody wants to be
 * sure of, and resolved again. It passes when Alertmanager routes it to that team, and counted exactly two notifications
 * by that integration from before the alert to after its end, and the product took both. Others' notifications at that
 * moment make it unclear, and it is tried again. Whether a telephone rang only its owner can say.
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
  readonly channel: Channel;
  /** `unclear`: others were told at the same time, each time that it was tried. */
  readonly state: "pass" | "fail" | "unclear" | "not run";
  /** What was asked and what came back, in the order in which it was. */
  readonly evidence: readonly string[];
  /** Milliseconds from the alert to the product's taking it, and from its end to its taking the news of that. */
  readonly firedMs?: number;
  readonly resolvedMs?: number;
}

/** How often an audience is tried while others' notifications come between. Each time people read one more message. */
const triesMax = 3;

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
    const results = await testedUntilClear(spec, testId, audience, channels, ports);
    for (const result of results) {
      all.push(result);
      ports.onTested?.(result, all.length, total);
    }
  }
  return all;
};

const testedUntilClear = async (
  spec: Spec,
  testId: string,
  audience: Audience,
  channels: readonly Channel[],
  ports: ChannelPorts,
): Promise<readonly ChannelResult[]> => {
  for (let tried = 1; ; tried++) {
    const id = tried === 1 ? testId : `${testId}-${tried}`;
    const results = await testAudience(spec, id, audience, channels, ports);
    if (tried === triesMax || results.every(({ state }) => state !== "unclear")) return results;
    // The end of this one may still be told, and would come between the next.
    const intervalMs = inSeconds(spec.alerting.alertmanager.group_interval) * 1000;
    await eventually(ports, intervalMs + 1000, async () => false);
    if (ports.signal?.aborted === true) return results;
  }
};

/** The channels that monitoring.yaml gives an audience. A drill without a key of its own pages nobody. */
export const channelsOf = ({ alerting: { pagerduty, slack } }: Spec, audience: Audience): readonly Channel[] => [
  ...(pagerduty.enabled && (audience !== "drill" || pagerduty.routing_keys.drill !== undefined)
    ? (["pagerduty"] as const)
    : []),
  ...(slack.enabled ? (["slack"] as const) : []),
];

/** Beside the waits that Alertmanager is told to keep: its own work and the product's, retries included. */
const patienceMs = 20_000;
/** Alertmanager gives a notification this long at least, and `group_interval` if that is longer; then it gives it up. */
const notifyMsMin = 10_000;

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
  // A group that should have been told by now is told at once: what `group_wait` adds is no question here.
  const startsAt = ports.clock.now() - inSeconds(group_wait) * 1000 - 1000;
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
  const watch = watching(endpoint, audience, channels, ports);

  const before = await watch.quiet(Math.max(notifyMsMin, inSeconds(group_interval) * 1000) + 1000);
  if (!before.ok) return channels.map((channel) => notRun(audience, channel, before.reason));
  const fired = ports.clock.monotonic();
  const raised = await put(ports.clock.now() + ALERT_MS);
  if (!raised.ok) return channels.map((channel) => failed(audience, channel, [raised.reason]));
  const routed = await routedTo(endpoint, testId, audience, ports);
  // What is muted or goes elsewhere is not waited for.
  const up = await watch.until(channels, before.tallies, 1, routed.ok ? patienceMs : 0);
  // Whatever came of it: a test that fires until its time is up would be an incident.
  const ended = ports.clock.monotonic();
  const lowered = await put(ports.clock.now());
  // What did not arrive is not said to be over either: Alertmanager remembers what it told.
  const isUp = channels.filter((channel) => up.get(channel)?.standing === "arrived");
  const down = await watch.until(isUp, before.tallies, 2, inSeconds(group_interval) * 1000 + patienceMs);

  return channels.map((channel) => {
    const [told, over] = [up.get(channel), down.get(channel)];
    const state =
      told?.standing === "crowded" || over?.standing === "crowded"
        ? "unclear"
        : told?.standing === "arrived" && over?.standing === "arrived" && routed.ok && lowered.ok
          ? "pass"
          : "fail";
    return {
      audience,
      channel,
      state,
      evidence: [
        `POST /api/v2/alerts ${labels.alertname}, drill_id ${testId}: taken`,
        routed.says,
        inTime(told, fired, 1),
        `POST /api/v2/alerts with its end: ${lowered.ok ? "taken" : lowered.reason}`,
        ...(told?.standing === "arrived" || over?.standing === "crowded" ? [inTime(over, ended, 2)] : []),
      ],
      ...(told?.standing === "arrived" ? { firedMs: Math.round(told.at - fired) } : {}),
      ...(told?.standing === "arrived" && over?.standing === "arrived"
        ? { resolvedMs: Math.round(over.at - ended) }
        : {}),
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

interface Seen {
  readonly standing: ReturnType<typeof standing>;
  readonly counted: Tally;
  /** When it came to stand so; monotonic. */
  readonly at: number;
}

type Tallies = ReadonlyMap<Channel, Tally>;
const none: Tally = { begun: 0, requests: 0, refused: 0, failed: 0 };

const inTime = (seen: Seen | undefined, from: number, expected: number): string => {
  if (seen === undefined) return "Alertmanager's /metrics could not be read";
  const ms = Math.round(seen.at - from);
  return `${inWords(seen.counted, expected)}, after ${ms} ms`;
};

/** Looks at what Alertmanager counts for the receiver of an audience. */
const watching = (endpoint: string, audience: Audience, channels: readonly Channel[], ports: ChannelPorts) => {
  const look = async (): Promise<
    { readonly ok: true; readonly tallies: Tallies } | { readonly ok: false; readonly reason: string }
  > => {
    const url = `${endpoint}/metrics`;
    const called = await call(ports, { method: "GET", url, headers: {}, isRepeatable: true, attempts: 1 });
    if (!called.ok) return { ok: false, reason: called.reason };
    const text = String(called.body);
    return { ok: true, tallies: new Map(channels.map((channel) => [channel, tallyOf(text, channel, audience)])) };
  };
  return {
    /** What was counted when nothing was under way; after that time, whatever it says: then nothing can be any more. */
    quiet: async (forMs: number): ReturnType<typeof look> => {
      let last = await look();
      await eventually(ports, forMs, async () => {
        last = await look();
        return !last.ok || [...last.tallies.values()].every((tally) => underWay(tally) === 0);
      });
      return last;
    },
    /**
     * Until each of these has arrived or cannot any more, seen twice in a row: a request and its failure are counted one
     * after the other, and a look may fall between.
     */
    until: async (
      those: readonly Channel[],
      before: Tallies,
      expected: number,
      forMs: number,
    ): Promise<ReadonlyMap<Channel, Seen>> => {
      const seen = new Map<Channel, Seen>();
      if (those.length === 0) return seen;
      await eventually(ports, forMs, async () => {
        const now = await look();
        if (!now.ok) return false;
        const settled = those.map((channel) => {
          const counted = since(before.get(channel) ?? none, now.tallies.get(channel) ?? none);
          const stands = standing(counted, expected);
          const last = seen.get(channel);
          const isSame = last?.standing === stands;
          seen.set(channel, { standing: stands, counted, at: isSame ? last.at : ports.clock.monotonic() });
          return isSame && stands !== "waiting";
        });
        return settled.every(Boolean);
      });
      return seen;
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
