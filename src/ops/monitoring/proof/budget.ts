import { signals } from "../../../domain/signal.ts";
import type { Proof } from "../alert/alert.ts";
import type { Promises, SloName } from "../slo.ts";
import { besideIdle, counter, type Given, gauge, type Phase, series } from "./series.ts";

/** What stories about budgets are told with; the same for every promise. */

export interface Stretch {
  readonly seconds: number;
  /** Share of the events, or of the time, that is bad. */
  readonly bad: number;
  readonly perSecond?: number;
}

export const minute = 60;
export const hour = 3600;
export const day = 86_400;

type Pace = Proof["every"];

/** One look a minute for stories of hours; for those of days promtool would need minutes. */
export const pace = { hours: 60, days: 600, nights: 300 } as const;

export const budgetStory = (
  name: string,
  slo: SloName,
  promises: Promises,
  every: Pace,
  stretches: readonly Stretch[],
  expect: Proof["expect"],
): Proof => ({
  name,
  every,
  // A second bridge that is idle changes no sum; to availability it would be a bridge that is not ready.
  given:
    slo === "availability"
      ? stream(slo, promises, every, stretches)
      : besideIdle(stream(slo, promises, every, stretches)),
  expect,
});

/** The first look after a moment. */
export const after = (seconds: number, every: Pace): number => (Math.floor(seconds / every) + 1) * every;

export const stream = (
  slo: SloName,
  { latencySeconds }: Promises,
  every: number,
  stretches: readonly Stretch[],
): Given => {
  const part = (of: (bad: number) => number): string =>
    counter(every, ...stretches.map(({ seconds, bad, perSecond = 10 }): Phase => [perSecond * of(bad), seconds]));
  const ended = (status: "accepted" | "error") => series(signals.elicitationsEnded, { status, arm: "stable" });
  const overhead = (suffix: string) => series(signals.bridgeOverhead, { leg: "ask", arm: "stable" }, suffix);
  const delivered = (result: "offered" | "failed") =>
    series(signals.deliveries, { via: "websocket", result, arm: "stable" });
  switch (slo) {
    case "elicitation-success":
      return { [ended("error")]: part((bad) => bad), [ended("accepted")]: part((bad) => 1 - bad) };
    case "overhead-latency":
      return {
        [overhead("_count")]: part(() => 1),
        [overhead("_bucket").replace("{", `{le="${latencySeconds}", `)]: part((bad) => 1 - bad),
      };
    case "message-delivery":
      return { [delivered("failed")]: part((bad) => bad), [delivered("offered")]: part((bad) => 1 - bad) };
    case "availability":
      // A value between 0 and 1 stands for a bridge that came and went between two looks.
      return {
        [series(signals.ready, {})]: gauge(every, ...stretches.map(({ seconds, bad }): Phase => [1 - bad, seconds])),
      };
  }
};
