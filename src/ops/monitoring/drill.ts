import { asPrometheus, type Telephone } from "./prometheus-api.ts";

/**
 * A drill: a threshold is really broken, and the alert followed from hop to hop until somebody was told, and until it
 * was over for them. What a folder of configuration files only promises is seen to happen, with its times.
 *
 * The exporter is a URL that Prometheus scrapes; whether a bridge or a stand-in answers there is the caller's business.
 */

/** The way of one alert, in order. `message` and `page` are those that arrived at Slack and PagerDuty. */
export const hops = ["seen", "firing", "told", "page", "message", "quiet", "resolved"] as const;
export type Hop = (typeof hops)[number];

export interface Scenario {
  /** A sentence: what is done to the system. */
  readonly name: string;
  readonly alert: string;
  /** True as soon as Prometheus has seen what was done; PromQL that returns something. */
  readonly seen: string;
  readonly provoke: () => Promise<void>;
  readonly relieve: () => Promise<void>;
  /** The longest time from the breach to the page, in seconds. */
  readonly pageWithinSeconds: number;
}

/** What reached the people's side, as far as the caller can see it: a receiver of its own, or the product's interface. */
export interface Notification {
  readonly channel: "pagerduty" | "slack";
  readonly alert: string;
  readonly state: "firing" | "resolved";
  /** What the product would have against it. */
  readonly problems: readonly string[];
}

export interface Stage {
  readonly prometheus: string;
  readonly alertmanager: string;
  readonly phone: Telephone;
  /** Milliseconds on a clock that never goes back. */
  readonly monotonic: () => number;
  /** Milliseconds since 1970, for the evidence. */
  readonly now: () => number;
  readonly pause: (ms: number) => Promise<void>;
  readonly notifications: () => readonly Notification[];
}

export interface DrillResult {
  readonly name: string;
  readonly alert: string;
  /** Milliseconds since the breach for hops up to `message`, since relief for `quiet` and `resolved`. */
  readonly ms: Readonly<Partial<Record<Hop, number>>>;
  /** When the breach and the relief were, milliseconds since 1970. */
  readonly at: { readonly breach: number; readonly relief: number };
  readonly passed: boolean;
  /** Why not, in words: the hop that was not reached, the time that was too long, what a product would refuse. */
  readonly failures: readonly string[];
}

/** How often each hop is looked at, and how long at most. */
const lookEveryMs = 50;
const patienceMs = 30_000;

export const runDrill = async (scenario: Scenario, stage: Stage): Promise<DrillResult> => {
  const { alert } = scenario;
  const before = stage.notifications().length;
  const fresh = () =>
    stage
      .notifications()
      .slice(before)
      .filter((each) => each.alert === alert);
  const arrived = (channel: Notification["channel"], state: Notification["state"]) => async () =>
    fresh().some((each) => each.channel === channel && each.state === state);
  const prometheus = asPrometheus(stage.prometheus, stage.phone);
  const firing = async () => (await prometheus.query(`ALERTS{alertname="${alert}", alertstate="firing"}`)) > 0;
  const told = async () => (await activeAlerts(stage)).includes(alert);

  const breach = stage.monotonic();
  const breachAt = stage.now();
  await scenario.provoke();
  const up = await follow(stage, breach, [
    ["seen", async () => (await prometheus.query(scenario.seen)) > 0],
    ["firing", firing],
    ["told", told],
    ["page", arrived("pagerduty", "firing")],
    ["message", arrived("slack", "firing")],
  ]);
  const relief = stage.monotonic();
  const reliefAt = stage.now();
  await scenario.relieve();
  // What never came up cannot go down.
  const down =
    up.page === undefined
      ? {}
      : await follow(stage, relief, [
          ["quiet", async () => !(await firing())],
          ["resolved", arrived("pagerduty", "resolved")],
        ]);
  const ms = { ...up, ...down };
  const failures = failuresOf(scenario, ms, fresh());
  const at = { breach: breachAt, relief: reliefAt };
  return { name: scenario.name, alert, ms, at, passed: failures.length === 0, failures };
};

type Look = readonly [Hop, () => Promise<boolean>];

/** When each hop was reached; all are looked at together, so that a slow look at one does not delay the next. */
const follow = async (stage: Stage, since: number, looks: readonly Look[]): Promise<Partial<Record<Hop, number>>> => {
  const reached = await Promise.all(looks.map(([, look]) => until(stage, since, look)));
  return Object.fromEntries(
    looks.flatMap(([hop], index) => (reached[index] === undefined ? [] : [[hop, reached[index]]])),
  );
};

const until = async (stage: Stage, since: number, look: () => Promise<boolean>): Promise<number | undefined> => {
  while (stage.monotonic() - since < patienceMs) {
    if (await look()) return Math.round(stage.monotonic() - since);
    await stage.pause(lookEveryMs);
  }
  return undefined;
};

const activeAlerts = async ({ alertmanager, phone }: Stage): Promise<readonly string[]> => {
  const answer = await phone.get(`${alertmanager}/api/v2/alerts?active=true&silenced=false&inhibited=false`);
  return (JSON.parse(answer) as { labels: { alertname: string } }[]).map(({ labels }) => labels.alertname);
};

const failuresOf = (
  { pageWithinSeconds }: Scenario,
  ms: DrillResult["ms"],
  notifications: readonly Notification[],
): readonly string[] => [
  ...hops.filter((hop) => ms[hop] === undefined).map((hop) => `${hop}: not within ${patienceMs / 1000} s`),
  ...(ms.page !== undefined && ms.page > pageWithinSeconds * 1000
    ? [`page: after ${(ms.page / 1000).toFixed(1)} s, more than ${pageWithinSeconds} s`]
    : []),
  ...notifications.flatMap(({ channel, problems }) =>
    problems.map((problem) => `${channel} would refuse it: ${problem}`),
  ),
];

/** A table for people: one line a scenario, the target of its page and the seconds of each hop. */
export const drillTable = (results: readonly (DrillResult & { readonly pageWithinSeconds: number })[]): string => {
  const seconds = (value: number | undefined): string =>
    (value === undefined ? "-" : (value / 1000).toFixed(2)).padStart(9);
  const width = Math.max(...results.map(({ alert }) => alert.length)) + 2;
  const head = `${"alert".padEnd(width)}${[...hops.slice(0, 4), "within", ...hops.slice(4)].map((each) => each.padStart(9)).join("")}`;
  return [
    head,
    ...results.map(({ alert, ms, passed, failures, pageWithinSeconds }) => {
      const [before, after] = [hops.slice(0, 4), hops.slice(4)].map((some) =>
        some.map((hop) => seconds(ms[hop])).join(""),
      );
      return `${alert.padEnd(width)}${before}${seconds(pageWithinSeconds * 1000)}${after}  ${passed ? "ok" : failures.join("; ")}`;
    }),
  ].join("\n");
};
