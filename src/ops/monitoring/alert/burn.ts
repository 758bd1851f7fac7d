import { burnProofs, lowTrafficProofs, ticketProofs } from "../proof/burning.ts";
import { badEvents, errorRatio, events, rounded, type SloName, type SloWindow } from "../slo.ts";
import type { Alert, Dashboard, Team, Tuning } from "./alert.ts";

/**
 * How fast a promise's budget burns, in two windows at once: the long one says that it matters, the short one that it
 * is still going on (Google's SRE workbook, chapter 5). 14.4 times the allowed share for an hour is 2 % of a month's
 * budget, 6 times for six hours 5 %, and that wakes somebody; 3 times for a day and once for three days are 10 %, and
 * wait for the morning.
 */
interface Pair {
  readonly short: SloWindow;
  readonly long: SloWindow;
  readonly times: number;
}
const page: readonly Pair[] = [
  { short: "5m", long: "1h", times: 14.4 },
  { short: "30m", long: "6h", times: 6 },
];
const ticket: readonly Pair[] = [
  { short: "2h", long: "1d", times: 3 },
  { short: "6h", long: "3d", times: 1 },
];

/** Below one event a minute, or three an hour, one failure is a large share; the rule for few events judges those. */
const enoughEvents = { "1h": 60, "1d": 72 } as const;

const burns = (slo: SloName, pairs: readonly Pair[], budget: number): string =>
  pairs
    .map(({ short, long, times }) => {
      const limit = rounded(times * budget);
      return `(${errorRatio(short)}{slo="${slo}"} > ${limit} and ${errorRatio(long)}{slo="${slo}"} > ${limit})`;
    })
    .join(" or ");

/** Without traffic that varies, three times a budget in a day is once in three days: one pair says both. */
const pairsOf = (slo: SloName, pairs: readonly Pair[]): readonly Pair[] =>
  slo === "availability" ? pairs.filter(({ long }) => long !== "1d") : pairs;

/** An outage for which somebody was called is not announced a second time when the bridge is back. */
const unlessCalled = (slo: SloName, condition: string, span: Tuning["span"]): string =>
  slo === "availability"
    ? `(${condition}) unless on () count_over_time(ALERTS{alertname="BridgeDown", alertstate="firing"}[${span("30m")}])`
    : condition;

const guarded = (slo: SloName, condition: string, window: "1h" | "1d"): string =>
  slo === "availability" ? condition : `(${condition}) and ${events(window)}{slo="${slo}"} >= ${enoughEvents[window]}`;

interface Subject {
  readonly slo: SloName;
  readonly name: string;
  readonly what: string;
  readonly bad: string;
  readonly component: Alert["component"];
  readonly team: Team;
  readonly dashboard: Dashboard;
}
const subjects: readonly Subject[] = [
  {
    slo: "elicitation-success",
    name: "ElicitationError",
    what: "Elicitations fail",
    bad: "end in a fault of the bridge",
    component: "elicitation",
    team: "on-call",
    dashboard: "lighthouse-slo",
  },
  {
    slo: "overhead-latency",
    name: "BridgeLatency",
    what: "The bridge is slow",
    bad: "take the bridge longer than it promises",
    component: "elicitation",
    team: "performance-team",
    dashboard: "lighthouse-slo",
  },
  {
    slo: "message-delivery",
    name: "Delivery",
    what: "Deliveries fail",
    bad: "are not delivered",
    component: "delivery",
    team: "on-call",
    dashboard: "lighthouse-slo",
  },
  {
    slo: "availability",
    name: "Availability",
    what: "The bridge is away",
    bad: "of the time it was not available",
    component: "bridge",
    team: "on-call",
    dashboard: "lighthouse-slo",
  },
];

const share = "{{ $value | humanizePercentage }}";

const pageOf = ({ slo, name, what, bad, component, team, dashboard }: Subject): Alert => ({
  name: `${name}BudgetBurnPage`,
  title: `${what}: Budget Burns Fast`,
  component,
  severity: "critical",
  team,
  for: "0s",
  concern: slo,
  labels: { slo },
  expr: ({ promises, span }) => unlessCalled(slo, guarded(slo, burns(slo, page, promises.budget[slo]), "1h"), span),
  summary: `${what}, fast enough to use up a month's budget in days.`,
  description: `${share} ${bad}.`,
  dashboard,
  proofs: ({ promises }) => burnProofs(slo, promises),
});

const ticketOf = (subject: Subject): Alert => ({
  ...pageOf(subject),
  name: `${subject.name}BudgetBurnTicket`,
  title: `${subject.what}: Budget Burns`,
  severity: "warning",
  expr: ({ promises }) =>
    guarded(subject.slo, burns(subject.slo, pairsOf(subject.slo, ticket), promises.budget[subject.slo]), "1d"),
  summary: `${subject.what}, and the month's budget will not last.`,
  proofs: ({ promises }) => ticketProofs(subject.slo, promises),
});

const lowTrafficOf = (subject: Subject): Alert => ({
  ...pageOf(subject),
  name: `${subject.name}LowTraffic`,
  title: `${subject.what}, at Little Traffic`,
  severity: "warning",
  threshold: 50,
  bounds: [10, 95],
  unit: "%",
  expr: ({ threshold }) => {
    const of = `{slo="${subject.slo}"}`;
    const bad = `${badEvents("6h")}${of} >= 5 and ${errorRatio("6h")}${of} > ${rounded(threshold / 100)}`;
    return `(${bad}) unless ${events("1h")}${of} >= ${enoughEvents["1h"]}`;
  },
  summary: `${subject.what}; there is little traffic, and most of it is bad.`,
  description: `About {{ $value | printf "%.0f" }} within six hours ${subject.bad}.`,
  proofs: ({ threshold, promises }) => lowTrafficProofs(subject.slo, promises, threshold / 100),
});

export const burnAlerts: readonly Alert[] = subjects.flatMap((subject) => [
  pageOf(subject),
  ticketOf(subject),
  ...(subject.slo === "availability" ? [] : [lowTrafficOf(subject)]),
]);
