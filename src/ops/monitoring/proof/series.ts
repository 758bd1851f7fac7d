import type { HistogramSignal, LabelsOf, Signal } from "../../../domain/signal.ts";

/** Series for promtool's stories: phases with a value or a speed, and how many seconds they last. */
export type Phase = readonly [value: number, seconds: number];

/** Series by selector, values in promtool's notation. */
export type Given = Readonly<Record<string, string>>;

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
const first = { job: "lighthouse-bridge", instance: "localhost:8765" };
const second = 'instance="localhost:8766"';

/** A whole series of a signal: its labels and where it was scraped. */
export const series = <S extends Signal>({ name }: S, labels: LabelsOf<S>, suffix = ""): string =>
  named(`${name}${suffix}`, { ...(labels as Readonly<Record<string, string>>), ...first });

export const named = (name: string, labels: Readonly<Record<string, string>>): string =>
  `${name}{${Object.entries(labels)
    .map(([label, value]) => `${label}="${value}"`)
    .join(", ")}}`;

export const target = (job: string, instance: string): Readonly<Record<string, string>> => ({ job, instance });

/** Beside every series the same one of a second bridge that has nothing to do: whatever is summed has to be summed. */
export const besideIdle = (given: Given): Given => ({
  ...given,
  ...Object.fromEntries(
    Object.entries(given).map(([selector, values]) => [
      selector.replace(/instance="[^"]+"/, second),
      `0x${samplesIn(values) - 1}`,
    ]),
  ),
});

/** How many samples a text in promtool's notation stands for. */
const samplesIn = (values: string): number =>
  values.split(" ").reduce((sum, part) => {
    const [, gap, repeats] = /^(_?).*?x([0-9]+)$/.exec(part) ?? [];
    return sum + (repeats === undefined ? 1 : Number(repeats) + (gap === "_" ? 0 : 1));
  }, 0);

/**
 * The buckets of a histogram such that its P99 is `p99` while anything happens, by `perSecond` observations a second in
 * each phase.
 */
export const observations = <S extends HistogramSignal>(
  signal: S,
  labels: LabelsOf<S>,
  every: number,
  p99: number,
  ...phases: readonly Phase[]
): Given => {
  const shares = sharesBelow(signal.buckets, p99);
  const part = (share: number) =>
    counter(every, ...phases.map(([perSecond, seconds]): Phase => [perSecond * share, seconds]));
  const bucket = (le: string) => series(signal, labels, "_bucket").replace("{", `{le="${le}", `);
  return Object.fromEntries([
    ...signal.buckets.map((bound, index) => [bucket(String(bound)), part(shares[index] ?? 1)]),
    [bucket("+Inf"), part(1)],
    [series(signal, labels, "_count"), part(1)],
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
