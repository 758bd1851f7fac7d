import type { Team } from "./alert/alert.ts";
import type { Notification, Stage } from "./drill.ts";

/**
 * A test of the channels: a marked alert is put into Alertmanager by hand, for each team that somebody wants to be sure
 * of, and resolved again. It says whether the way from Alertmanager to people works; the way to Alertmanager is what
 * drills are for.
 */
export interface ChannelTest {
  readonly team: Team | "drill";
  readonly drillId: string;
  /** Told to people; says that it is a test. */
  readonly links: { readonly runbook: string; readonly dashboard: string };
}

export interface ChannelResult {
  readonly team: Team | "drill";
  readonly channel: Notification["channel"];
  /** Milliseconds from the alert to its arrival, and from its end to the news of that. */
  readonly firedMs?: number;
  readonly resolvedMs?: number;
  readonly problems: readonly string[];
}

const lookEveryMs = 20;
const patienceMs = 10_000;

export const testChannel = async (
  { team, drillId, links }: ChannelTest,
  channels: readonly Notification["channel"][],
  stage: Stage,
  now: () => Date,
): Promise<readonly ChannelResult[]> => {
  const alert = `ChannelTest-${team}`;
  const started = now();
  const put = (endsAt: Date) =>
    stage.phone.post(`${stage.alertmanager}/api/v2/alerts`, [
      {
        labels: {
          alertname: alert,
          severity: "warning",
          concern: `channel-test-${drillId}`,
          drill_id: drillId,
          // Without the mark it would be an incident; with it, the route for drills takes it.
          ...(team === "drill" ? { test: "true" } : { team }),
        },
        annotations: {
          summary: "This is a test of the channel.",
          description: "Nothing is wrong; it resolves by itself.",
          runbook_url: links.runbook,
          dashboard_url: links.dashboard,
        },
        startsAt: started.toISOString(),
        endsAt: endsAt.toISOString(),
      },
    ]);
  const arrival = async (channel: Notification["channel"], state: Notification["state"], since: number) => {
    while (stage.monotonic() - since < patienceMs) {
      if (
        stage.notifications().some((each) => each.alert === alert && each.channel === channel && each.state === state)
      )
        return Math.round(stage.monotonic() - since);
      await stage.pause(lookEveryMs);
    }
    return undefined;
  };
  const fired = stage.monotonic();
  await put(new Date(started.getTime() + 60_000));
  const up = await Promise.all(channels.map((channel) => arrival(channel, "firing", fired)));
  const resolved = stage.monotonic();
  await put(now());
  const down = await Promise.all(channels.map((channel) => arrival(channel, "resolved", resolved)));
  return channels.map((channel, index) => ({
    team,
    channel,
    ...defined("firedMs", up[index]),
    ...defined("resolvedMs", down[index]),
    problems: stage
      .notifications()
      .filter((each) => each.alert === alert && each.channel === channel)
      .flatMap(({ problems }) => problems),
  }));
};

const defined = <K extends string>(key: K, value: number | undefined): Partial<Record<K, number>> =>
  value === undefined ? {} : ({ [key]: value } as Record<K, number>);
