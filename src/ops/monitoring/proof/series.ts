import { type LabelsOf, type Signal, signals } from "../../../domain/signal.ts";

/** Series for promtool's stories: phases with a value or a speed, and how many seconds they last. */
export type Phase = readonly [value: number, seconds: number];

/** A counter that grows by so much per second in each phase. */
export const counter = (every: number, ...phases: readonly Phase[]): string => {
  const parts = phases.reduce<{ readonly at: number; readonly text: readonly string[] }>(
    ({ at, text }, [perSecond, seconds]) => {
      const step = perSecond * every;
      const steps = seconds / every;
      return { at: at + step * steps, text: [...text, `${number(at)}+${number(step)}x${steps - 1}`] };
    },
    { at: 0, text: [] },
  );
  return parts.text.join(" ");
};

/** A gauge that keeps a value through each phase. */
export const gauge = (every: number, ...phases: readonly Phase[]): string =>
  phases.map(([value, seconds]) => `${number(value)}x${seconds / every - 1}`).join(" ");

/** No sample at all for so many seconds: not scraped, not there. */
export const missing = (every: number, seconds: number): string => `_x${seconds / every}`;

/** promtool reads no exponents with a plus sign and no endless fractions. */
const number = (value: number): string => String(Number(value.toFixed(9)));

/** Where a series comes from, written into every story so that nothing passes because labels happen to be missing. */
const origin = { job: "lighthouse-bridge", instance: "localhost:8765" };

/** A whole series of a signal: its labels and where it was scraped. */
export const series = <S extends Signal>({ name }: S, labels: LabelsOf<S>, suffix = "", from = origin): string =>
  named(`${name}${suffix}`, { ...(labels as Readonly<Record<string, string>>), ...from });

export const named = (name: string, labels: Readonly<Record<string, string>>): string =>
  `${name}{${Object.entries(labels)
    .map(([label, value]) => `${label}="${value}"`)
    .join(", ")}}`;

export const target = (job: string, instance: string): Readonly<Record<string, string>> => ({ job, instance });

type Leg = LabelsOf<(typeof signals)["bridgeOverhead"]>["leg"];

/**
 * The buckets of one leg of the bridge's own time, such that its P99 is `p99` seconds while anything happens.
 * `perSecond` observations a second in each phase.
 */
export const overhead = (every: number, leg: Leg, p99: number, ...phases: readonly Phase[]): Record<string, string> => {
  const { buckets } = signals.bridgeOverhead;
  const share = sharesBelow(buckets, p99);
  const of = (bound: string, part: number) => [
    `${signals.bridgeOverhead.name}_bucket{leg="${leg}", arm="stable", le="${bound}", job="${origin.job}", instance="${origin.instance}"}`,
    counter(every, ...phases.map(([perSecond, seconds]) => [perSecond * part, seconds] as const)),
  ];
  return Object.fromEntries([
    ...buckets.map((bound, index) => of(String(bound), share[index] ?? 1)),
    of("+Inf", 1),
    [series(signals.bridgeOverhead, { leg, arm: "stable" }, "_count"), counter(every, ...phases)],
  ]);
};

/** The cumulative shares of buckets whose 0.99 quantile, by Prometheus' straight-line rule, is exactly `p99`. */
const sharesBelow = (bounds: readonly number[], p99: number): readonly number[] => {
  const at = bounds.findIndex((bound) => p99 <= bound);
  if (at < 0) throw new Error(`no bucket reaches ${p99} s`);
  const low = bounds[at - 1] ?? 0;
  const part = (p99 - low) / ((bounds[at] ?? low) - low);
  // At its upper end a bucket must be full at 0.99; below it, what is under it follows from the place in it.
  const [below, within] = part > 0.985 ? [0, 0.99] : [(0.99 - part) / (1 - part), 1];
  return bounds.map((_, index) => (index < at ? below : index === at ? within : 1));
};
