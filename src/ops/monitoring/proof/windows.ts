import {
  badEvents,
  budgetLeft,
  errorRatio,
  events,
  type Promises,
  type SloName,
  type SloWindow,
  sloNames,
} from "../slo.ts";
import { inSeconds } from "../spec/parts.ts";
import { day, hour, stream } from "./budget.ts";
import type { RecordingProof } from "./recorded.ts";
import { besideIdle } from "./series.ts";

/**
 * Every window is what its name says. Half a window after traffic fell a hundredfold, a share that has not changed is
 * still measured as it is, unless part and whole look back over different times; and an outage that began then has
 * filled half of the window.
 */
export const windowProofs = (promises: Promises): readonly RecordingProof[] =>
  sloNames.flatMap((slo) => [
    fall(slo, promises, 60, 2 * hour, ["5m", "30m", "1h"]),
    fall(slo, promises, 600, 3.5 * day, ["2h", "6h", "1d", "3d"]),
    month(slo, promises),
    ...(slo === "availability" ? [] : [counts(slo, promises), idle(slo, promises), spotless(slo, promises)]),
  ]);

const few = 0.005;
const many = 0.5;
const share = 0.25;

const fall = (
  slo: SloName,
  promises: Promises,
  every: 60 | 600,
  begins: number,
  windows: readonly SloWindow[],
): RecordingProof => {
  const longest = Math.max(...windows.map(inSeconds));
  const available = slo === "availability";
  const stretches = [
    { seconds: begins, bad: available ? 0 : share, perSecond: many },
    { seconds: longest, bad: available ? 2 * share : share, perSecond: few },
  ];
  return {
    subject: slo,
    name: `${slo} looks back as far as its names say: ${windows.join(", ")}`,
    every,
    given: available ? stream(slo, promises, every, stretches) : besideIdle(stream(slo, promises, every, stretches)),
    expect: windows.map((window) => ({
      at: begins + Math.floor(inSeconds(window) / 2 / every) * every,
      expr: `abs(sum(${errorRatio(window)}{slo="${slo}"}) - ${share}) < bool 0.06`,
      value: 1,
    })),
  };
};

/** What is left of a budget is measured over thirty days, seen by one look an hour. */
const month = (slo: SloName, promises: Promises): RecordingProof => {
  const every = 3600;
  const used = 0.75 * promises.budget[slo];
  const available = slo === "availability";
  const stretches = [
    { seconds: 31 * day, bad: available ? 0 : used, perSecond: many },
    { seconds: 16 * day, bad: available ? 2 * used : used, perSecond: few },
  ];
  const at = 46 * day;
  const uptime = 100 * (1 - used);
  return {
    subject: slo,
    name: `a quarter of the budget of ${slo} is left when three quarters were used in thirty days`,
    every,
    given: available ? stream(slo, promises, every, stretches) : besideIdle(stream(slo, promises, every, stretches)),
    expect: [
      { at, expr: `round(sum(${budgetLeft}{slo="${slo}"}), 0.01)`, value: 0.25 },
      ...(available ? [{ at, expr: `abs(sum(uptime) - ${uptime}) < bool ${10 * used}`, value: 1 }] : []),
    ],
  };
};

const counts = (slo: SloName, promises: Promises): RecordingProof => ({
  subject: slo,
  name: `${slo} counts its events`,
  every: 600,
  given: besideIdle(stream(slo, promises, 600, [{ seconds: 3 * day, bad: share, perSecond: 1 }])),
  expect: [
    { at: 2.5 * day, expr: `round(sum(${events("1h")}{slo="${slo}"}))`, value: hour },
    { at: 2.5 * day, expr: `round(sum(${events("1d")}{slo="${slo}"}))`, value: day },
    { at: 2.5 * day, expr: `round(sum(${badEvents("6h")}{slo="${slo}"}))`, value: 6 * hour * share },
  ],
});

const idle = (slo: SloName, promises: Promises): RecordingProof => ({
  subject: slo,
  name: `${slo} says nothing about hours without events`,
  every: 60,
  given: besideIdle(stream(slo, promises, 60, [{ seconds: hour, bad: 0, perSecond: 0 }])),
  expect: [
    { at: 1800, expr: `{__name__=~"slo:sli_error:ratio_rate.+", slo="${slo}"}` },
    { at: 1800, expr: `${budgetLeft}{slo="${slo}"}` },
  ],
});

/** Bad ones that were never seen have no series, in a bridge whose exporter forgot to start them at 0. */
const spotless = (slo: SloName, promises: Promises): RecordingProof => {
  const all = stream(slo, promises, 60, [{ seconds: hour, bad: 0 }]);
  const given = Object.fromEntries(Object.entries(all).filter(([selector]) => !/"(error|failed)"/.test(selector)));
  return {
    subject: slo,
    name: `${slo} is spotless where nothing bad was ever seen`,
    every: 60,
    given: besideIdle(given),
    expect: [
      { at: 1800, expr: `count({__name__=~"slo:sli_error:ratio_rate.+", slo="${slo}"} == 0)`, value: 7 },
      { at: 1800, expr: `sum(${budgetLeft}{slo="${slo}"})`, value: 1 },
    ],
  };
};
