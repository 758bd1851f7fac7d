import type { Proof } from "../alert/alert.ts";
import type { Promises, SloName } from "../slo.ts";
import { after, budgetStory, day, hour, minute, pace } from "./budget.ts";
import { silence, windowEdges } from "./stories.ts";

/** How many times the limit of the fast page the worst burn is: about ten, and never more than everything. */
const worst = (budget: number): number => Math.min(9.7, 1 / (14.4 * budget));

/**
 * The stories of a page. The clean time before each is as short as it may be: long enough that the pair of windows that
 * the story is not about stays below its limit, because every hour costs promtool a tenth of a second.
 */
export const burnProofs = (slo: SloName, promises: Promises): readonly Proof[] => {
  const every = pace.hours;
  const budget = promises.budget[slo];
  const [fast, slow] = [14.4 * budget, 6 * budget];
  const times = worst(budget);
  const burst = after((100 / times) * minute, every);
  const long = after((300 / times) * minute, every);
  const burning = (
    name: string,
    clean: number,
    bad: number,
    seconds: number,
    rest: number,
    expect: Proof["expect"],
    afterwards = 0,
  ): Proof =>
    budgetStory(
      name,
      slo,
      promises,
      every,
      [
        { seconds: clean, bad: 0 },
        { seconds, bad },
        { seconds: rest, bad: afterwards },
      ],
      expect,
    );
  return [
    // What goes on afterwards is just under the limit: seen in the short window, it must not keep people up.
    burning(
      "fires within minutes at a bad burst, and resolves five minutes after it",
      5 * hour,
      fast * times,
      burst,
      15 * minute,
      windowEdges(
        every,
        after(5 * hour + hour / times, every),
        after(5 * hour + burst + 5 * minute * (1 - 0.1 / (times - 0.9)), every),
      ),
      fast * 0.9,
    ),
    burning("fires within the hour just over 14.4 times the budget", 2 * hour, fast * 1.1, hour, 5 * minute, [
      { at: after(2 * hour + hour / 1.1, every) - 2 * every, firing: 0 },
      { at: after(2 * hour + hour / 1.1, every) + every, firing: 1 },
    ]),
    burning(
      "fires within six hours just over 6 times the budget, and resolves",
      6 * hour,
      slow * 1.1,
      6 * hour,
      10 * minute,
      windowEdges(
        every,
        after(6 * hour + (6 * hour) / 1.1, every),
        after(12 * hour + 30 * minute * (1 - 1 / 1.1), every),
      ),
    ),
    burning("goes on for half an hour after a long burst", 2 * hour, fast * times, long, 40 * minute, [
      { at: after(2 * hour + long + 30 * minute * (1 - 1 / (2.4 * times)), every) - 2 * every, firing: 1 },
      { at: after(2 * hour + long + 30 * minute * (1 - 1 / (2.4 * times)), every) + every, firing: 0 },
    ]),
    burning("stays silent under 6 times the budget", minute, slow * 0.9, 2 * hour, minute, silence(2 * hour)),
    ...(slo === "availability" ? [calledProof(promises)] : guardProofs(slo, promises)),
  ];
};

/** Ten minutes away, for nine of which somebody is being called. */
const calledProof = (promises: Promises): Proof => {
  const every = pace.hours;
  const away = budgetStory(
    "is not a second call for an outage, until half an hour after BridgeDown resolved",
    "availability",
    promises,
    every,
    [
      { seconds: hour, bad: 0 },
      { seconds: 10 * minute, bad: 1 },
      { seconds: 30 * minute, bad: 0 },
      { seconds: 40 * minute, bad: 1 },
    ],
    [
      { at: hour + 9 * minute, firing: 0 },
      { at: hour + 15 * minute, firing: 0 },
      { at: hour + 36 * minute, firing: 0 },
      { at: hour + 75 * minute, firing: 1 },
    ],
  );
  const called = 'ALERTS{alertname="BridgeDown", alertstate="firing", severity="critical"}';
  return { ...away, given: { ...away.given, [called]: `_x61 1x8 _x60` } };
};

const guardProofs = (slo: SloName, promises: Promises): readonly Proof[] => {
  const steady = (name: string, perSecond: number, seconds: number, expect: Proof["expect"]) =>
    budgetStory(name, slo, promises, pace.hours, [{ seconds, bad: 1, perSecond }], expect);
  return [
    steady(
      "stays silent at 59 events an hour, all bad: the rule for little traffic judges them",
      59 / hour,
      3 * hour,
      silence(3 * hour),
    ),
    steady("fires at 60 events an hour, all bad", 60 / hour, 2 * hour, [{ at: 1.5 * hour, firing: 1 }]),
    steady("stays silent without any traffic", 0, hour, silence(hour)),
  ];
};

/** The stories of a ticket. */
export const ticketProofs = (slo: SloName, promises: Promises): readonly Proof[] => {
  const every = pace.days;
  const budget = promises.budget[slo];
  return [
    budgetStory(
      "fires within three days just over the budget, and resolves",
      slo,
      promises,
      every,
      [
        { seconds: 3 * day, bad: 0 },
        { seconds: 3 * day, bad: budget * 1.1 },
        { seconds: 2 * hour, bad: 0 },
      ],
      windowEdges(every, after(3 * day + (3 * day) / 1.1, every), after(6 * day + 6 * hour * (1 - 1 / 1.1), every)),
    ),
    budgetStory(
      "stays silent just under the budget",
      slo,
      promises,
      every,
      [{ seconds: 1.5 * day, bad: budget * 0.9 }],
      // A look beyond the last sample would find the bridge away.
      silence(1.5 * day - every),
    ),
    ...(slo === "availability" ? [] : [...dayProofs(slo, promises), ...ticketGuardProofs(slo, promises)]),
  ];
};

/**
 * Three times the budget for a day is, at even traffic, the same as once for three days. They part when the days before
 * were busy: then three days look fine, and the day does not.
 */
const dayProofs = (slo: SloName, promises: Promises): readonly Proof[] => {
  const every = pace.days;
  const limit = 3 * promises.budget[slo];
  const times = Math.min(9.7, 1 / limit);
  const seconds = after((1.5 * day) / times, every);
  const begins = 3 * day;
  const busy = [
    { seconds: 2 * day, bad: 0, perSecond: 1000 },
    { seconds: day, bad: 0, perSecond: 1 },
  ];
  return [
    budgetStory(
      "fires within hours though busy days before were good, and resolves when it is just under three times the budget",
      slo,
      promises,
      every,
      [...busy, { seconds, bad: limit * times, perSecond: 1 }, { seconds: 3 * hour, bad: limit * 0.9, perSecond: 1 }],
      windowEdges(
        every,
        after(begins + day / times, every),
        after(begins + seconds + 2 * hour * (1 - 0.1 / (times - 0.9)), every),
      ),
    ),
    budgetStory(
      "fires within a day just over three times the budget, though busy days before were good",
      slo,
      promises,
      every,
      [...busy, { seconds: day, bad: limit * 1.1, perSecond: 1 }],
      [
        { at: after(begins + day / 1.1, every) - 2 * every, firing: 0 },
        { at: after(begins + day / 1.1, every) + every, firing: 1 },
      ],
    ),
  ];
};

const ticketGuardProofs = (slo: SloName, promises: Promises): readonly Proof[] => {
  const steady = (name: string, perDay: number, expect: Proof["expect"]) =>
    budgetStory(name, slo, promises, pace.days, [{ seconds: 1.5 * day, bad: 1, perSecond: perDay / day }], expect);
  return [
    steady("stays silent at 71 events a day, all bad: the rule for little traffic judges them", 71, silence(1.5 * day)),
    steady("fires at 72 events a day, all bad", 72, [{ at: 1.25 * day, firing: 1 }]),
  ];
};

/** The stories of the rule for hours with few events, in which a burn rate says nothing. */
export const lowTrafficProofs = (slo: SloName, promises: Promises, threshold: number): readonly Proof[] => {
  const every = pace.nights;
  const few = 12 / hour;
  const bad = threshold + (1 - threshold) / 2;
  const over = bad / threshold;
  const night = (name: string, stretches: Parameters<typeof budgetStory>[4], expect: Proof["expect"]) =>
    budgetStory(name, slo, promises, every, stretches, expect);
  return [
    night(
      "fires when most of the few events of six hours are bad, and resolves",
      [
        { seconds: 7 * hour, bad: 0, perSecond: few },
        { seconds: 7 * hour, bad, perSecond: few },
        { seconds: 7 * hour, bad: 0, perSecond: few },
      ],
      windowEdges(
        every,
        after(7 * hour + (6 * hour) / over, every),
        after(14 * hour + 6 * hour * (1 - 1 / over), every),
      ),
    ),
    night(
      "stays silent when most are good",
      [{ seconds: 8 * hour, bad: threshold * 0.9, perSecond: few }],
      silence(8 * hour),
    ),
    night(
      "stays silent at four bad ones, and fires at five",
      [
        { seconds: hour, bad: 0, perSecond: 0 },
        { seconds: 5 * hour, bad: 1, perSecond: 1 / hour },
        { seconds: hour, bad: 1, perSecond: 0 },
      ],
      [
        { at: 5 * hour + 30 * minute, firing: 0 },
        { at: 6 * hour + 30 * minute, firing: 1 },
      ],
    ),
    night(
      "leaves hours with enough events to the others",
      [{ seconds: 8 * hour, bad: 1, perSecond: 61 / hour }],
      [{ at: 7 * hour, firing: 0 }],
    ),
    night(
      "judges hours with one event too few for the others",
      [{ seconds: 8 * hour, bad: 1, perSecond: 59 / hour }],
      [{ at: 7 * hour, firing: 1 }],
    ),
  ];
};
