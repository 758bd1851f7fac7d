import { signals } from "../../../domain/signal.ts";
import type { Proof } from "../alert/alert.ts";
import type { Promises, SloName } from "../slo.ts";
import { counter, gauge, type Phase, series } from "./series.ts";
import { silence, windowEdges } from "./stories.ts";

/** Stories about budgets that burn, the same for every promise: `bad` is a share of the events, or of the time. */

interface Stretch {
  readonly seconds: number;
  readonly bad: number;
  readonly perSecond?: number;
}
const minute = 60;
const hour = 3600;
const every = 60;
/** For stories that last for days: every minute would take promtool minutes. */
const seldom = 300;

const stream = (
  slo: SloName,
  { latencySeconds }: Promises,
  stretches: readonly Stretch[],
  pace: 60 | 300 = every,
): Proof["given"] => {
  const part = (of: (bad: number) => number): string =>
    counter(pace, ...stretches.map(({ seconds, bad, perSecond = 10 }): Phase => [perSecond * of(bad), seconds]));
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
        [series(signals.ready, {})]: gauge(pace, ...stretches.map(({ seconds, bad }): Phase => [1 - bad, seconds])),
      };
  }
};

/** The first look after a moment. */
const after = (seconds: number, pace = every): number => (Math.floor(seconds / pace) + 1) * pace;

/** How many times the limit of the fast page the worst burn is: about ten, and never more than everything. */
const worst = (budget: number): number => Math.min(9.7, 1 / (14.4 * budget));

export const burnProofs = (slo: SloName, promises: Promises): readonly Proof[] => {
  const budget = promises.budget[slo];
  const fast = 14.4 * budget;
  const slow = 6 * budget;
  const times = worst(budget);
  const clean = { seconds: 7 * hour, bad: 0 };
  const begins = clean.seconds;
  const story = (name: string, bad: number, seconds: number, expect: (ends: number) => Proof["expect"]): Proof => ({
    name,
    every,
    given: stream(slo, promises, [clean, { seconds, bad }, { seconds: 2 * hour, bad: 0 }]),
    expect: expect(begins + seconds),
  });
  const burst = after((100 / times) * minute);
  const long = after((300 / times) * minute);
  return [
    story("fires within minutes at a bad burst, and resolves five minutes after it", fast * times, burst, (ends) =>
      windowEdges(every, after(begins + hour / times), after(ends + 5 * minute * (1 - 1 / times))),
    ),
    story("fires within the hour just over 14.4 times the budget", fast * 1.1, 1.5 * hour, () => [
      { at: after(begins + hour / 1.1) - every, firing: 0 },
      { at: after(begins + hour / 1.1), firing: 1 },
    ]),
    story("fires within six hours just over 6 times the budget, and resolves", slow * 1.1, 6 * hour, (ends) =>
      windowEdges(every, after(begins + (6 * hour) / 1.1), after(ends + 30 * minute * (1 - 1 / 1.1))),
    ),
    story("goes on for half an hour after a long burst", fast * times, long, (ends) => [
      { at: after(ends + 30 * minute * (1 - 1 / (2.4 * times))) - every, firing: 1 },
      { at: after(ends + 30 * minute * (1 - 1 / (2.4 * times))), firing: 0 },
    ]),
    {
      name: "stays silent under 6 times the budget",
      every,
      given: stream(slo, promises, [{ seconds: 8 * hour, bad: slow * 0.9 }]),
      expect: silence(8 * hour),
    },
    ...(slo === "availability" ? [] : guardProofs(slo, promises)),
  ];
};

const guardProofs = (slo: SloName, promises: Promises): readonly Proof[] => [
  {
    name: "stays silent at 59 events an hour, all bad: the rule for little traffic judges them",
    every,
    given: stream(slo, promises, [{ seconds: 8 * hour, bad: 1, perSecond: 59 / hour }]),
    expect: silence(8 * hour),
  },
  {
    name: "fires at 60 events an hour, all bad",
    every,
    given: stream(slo, promises, [{ seconds: 3 * hour, bad: 1, perSecond: 60 / hour }]),
    expect: [{ at: 2 * hour, firing: 1 }],
  },
  {
    name: "stays silent without any traffic",
    every,
    given: stream(slo, promises, [{ seconds: 8 * hour, bad: 0, perSecond: 0 }]),
    expect: silence(8 * hour),
  },
];

const day = 24 * hour;

export const ticketProofs = (slo: SloName, promises: Promises): readonly Proof[] => {
  const budget = promises.budget[slo];
  const ends = 3 * day + 3 * day;
  return [
    {
      name: "fires within three days just over the budget, and resolves",
      every: seldom,
      given: stream(
        slo,
        promises,
        [
          { seconds: 3 * day, bad: 0 },
          { seconds: 3 * day, bad: budget * 1.1 },
          { seconds: 2 * hour, bad: 0 },
        ],
        seldom,
      ),
      expect: windowEdges(
        seldom,
        after(3 * day + (3 * day) / 1.1, seldom),
        after(ends + 6 * hour * (1 - 1 / 1.1), seldom),
      ),
    },
    {
      name: "stays silent just under the budget",
      every: seldom,
      given: stream(slo, promises, [{ seconds: 4 * day, bad: budget * 0.9 }], seldom),
      expect: [1, 2, 3, 4].map((days) => ({ at: days * day, firing: 0 })),
    },
    ...(slo === "availability" ? [] : [dayProof(slo, promises), ...ticketGuardProofs(slo, promises)]),
  ];
};

/**
 * Three times the budget for a day is, at even traffic, the same as once for three days. They part when the days before
 * were busy: then three days look fine, and the day does not.
 */
const dayProof = (slo: SloName, promises: Promises): Proof => {
  const limit = 3 * promises.budget[slo];
  const times = Math.min(9.7, 1 / limit);
  const begins = 3 * day;
  const seconds = after((1.5 * day) / times, seldom);
  return {
    name: "fires within a day at three times the budget, though busy days before were good, and resolves",
    every: seldom,
    given: stream(
      slo,
      promises,
      [
        { seconds: 2 * day, bad: 0, perSecond: 1000 },
        { seconds: day, bad: 0, perSecond: 1 },
        { seconds, bad: limit * times, perSecond: 1 },
        { seconds: 3 * hour, bad: 0, perSecond: 1 },
      ],
      seldom,
    ),
    expect: windowEdges(
      seldom,
      after(begins + day / times, seldom),
      after(begins + seconds + 2 * hour * (1 - 1 / times), seldom),
    ),
  };
};

const ticketGuardProofs = (slo: SloName, promises: Promises): readonly Proof[] => [
  {
    name: "stays silent at 71 events a day, all bad: the rule for little traffic judges them",
    every: seldom,
    given: stream(slo, promises, [{ seconds: 2 * day, bad: 1, perSecond: 71 / day }], seldom),
    expect: [1, 2].map((days) => ({ at: days * day, firing: 0 })),
  },
  {
    name: "fires at 72 events a day, all bad",
    every: seldom,
    given: stream(slo, promises, [{ seconds: 2 * day, bad: 1, perSecond: 72 / day }], seldom),
    expect: [{ at: 1.5 * day, firing: 1 }],
  },
];

export const lowTrafficProofs = (slo: SloName, promises: Promises, threshold: number): readonly Proof[] => {
  const few = 12 / hour;
  const bad = threshold + (1 - threshold) / 2;
  const over = bad / threshold;
  return [
    {
      name: "fires when most of the few events of six hours are bad, and resolves",
      every,
      given: stream(slo, promises, [
        { seconds: 7 * hour, bad: 0, perSecond: few },
        { seconds: 7 * hour, bad, perSecond: few },
        { seconds: 7 * hour, bad: 0, perSecond: few },
      ]),
      expect: windowEdges(every, after(7 * hour + (6 * hour) / over), after(14 * hour + 6 * hour * (1 - 1 / over))),
    },
    {
      name: "stays silent when most are good",
      every,
      given: stream(slo, promises, [{ seconds: 8 * hour, bad: threshold * 0.9, perSecond: few }]),
      expect: silence(8 * hour),
    },
    {
      name: "stays silent at four bad ones, and fires at five",
      every,
      given: stream(slo, promises, [
        { seconds: hour, bad: 0, perSecond: 0 },
        { seconds: 5 * hour, bad: 1, perSecond: 1 / hour },
        { seconds: hour, bad: 1, perSecond: 0 },
      ]),
      expect: [
        { at: 5 * hour + 30 * minute, firing: 0 },
        { at: 6 * hour + 30 * minute, firing: 1 },
      ],
    },
    {
      name: "leaves hours with enough events to the others",
      every,
      given: stream(slo, promises, [{ seconds: 8 * hour, bad: 1, perSecond: 61 / hour }]),
      expect: [{ at: 7 * hour, firing: 0 }],
    },
  ];
};
