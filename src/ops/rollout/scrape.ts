import { signals } from "../../domain/signal.ts";
import { type Measurement, noTally, type Tally } from "./measurement.ts";

/** What a bridge's `/metrics` says that a rollout goes by: totals since the bridge began, by arm. */
export interface Reading {
  readonly canary: Tally;
  readonly stable: Tally;
  /** The last durable event at the time of the scrape. */
  readonly position: number;
  /** Agents that were asked in the last minutes, and those that let more expire than they answered. */
  readonly agents: { readonly seen: number; readonly failing: number };
  /** Times that the bridge read its log and found it not to be what was signed. */
  readonly damaged: number;
  readonly isReady: boolean;
  readonly isEmergency: boolean;
}

interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The samples of a Prometheus or OpenMetrics exposition. What it does not understand it leaves out. */
const samplesOf = (text: string): readonly Sample[] =>
  text.split("\n").flatMap((line) => {
    const [, name, inside = "", value] = /^([a-zA-Z_:][\w:]*)(?:\{(.*?)\})? ([^ ]+)/.exec(line) ?? [];
    if (name === undefined || value === undefined || line.startsWith("#")) return [];
    const labels = Object.fromEntries([...inside.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map((m) => [m[1], m[2]]));
    return [{ name, labels, value: value === "+Inf" ? Number.POSITIVE_INFINITY : Number(value) }];
  });

/**
 * Reads a scrape. What is missing is told and never taken for 0: an exposition without the arms is of another bridge, or
 * of none.
 */
export const readScrape = (
  text: string,
  limits: { readonly overMs: number; readonly slowMs: number },
): { readonly ok: true; readonly reading: Reading } | { readonly ok: false; readonly why: string } => {
  const samples = samplesOf(text);
  const of = (name: string): readonly Sample[] => samples.filter((sample) => sample.name === name);
  const missing = [
    signals.elicitationsEnded.name,
    signals.deliveries.name,
    `${signals.bridgeOverhead.name}_bucket`,
    signals.logPosition.name,
    signals.ready.name,
    signals.agentsRecent.name,
    signals.logVerificationFailures.name,
  ].filter((name) => of(name).length === 0);
  if (missing.length > 0) return { ok: false, why: `the bridge's metrics have no ${missing.join(", ")}` };

  const arm = (label: "canary" | "stable"): Tally => {
    const sum = (name: string, fits: (labels: Sample["labels"]) => boolean = () => true): number =>
      of(name).reduce((total, s) => (s.labels["arm"] === label && fits(s.labels) ? total + s.value : total), 0);
    const ended = (...statuses: readonly string[]): number =>
      sum(signals.elicitationsEnded.name, ({ status }) => statuses.includes(status ?? ""));
    const upTo = (ms: number): number =>
      sum(`${signals.bridgeOverhead.name}_bucket`, ({ le }) => Math.abs(Number(le) - ms / 1_000) < 1e-9);
    const timed = sum(`${signals.bridgeOverhead.name}_count`);
    return {
      ended: ended("accepted", "declined", "expired", "error"),
      failed: ended("expired", "error"),
      expired: ended("expired"),
      deliveries: sum(signals.deliveries.name),
      undelivered: sum(signals.deliveries.name, ({ result }) => result === "failed"),
      timed,
      slow: timed - upTo(limits.overMs),
      verySlow: timed - upTo(limits.slowMs),
    };
  };
  const agents = (state: string): number =>
    of(signals.agentsRecent.name).find(({ labels }) => labels["state"] === state)?.value ?? 0;
  const failing = agents("failing");
  const emergency = of(signals.degradation.name).find(({ labels }) => labels["mode"] === "emergency");
  return {
    ok: true,
    reading: {
      canary: arm("canary"),
      stable: arm("stable"),
      position: of(signals.logPosition.name)[0]?.value ?? 0,
      agents: { seen: agents("answering") + failing, failing },
      damaged: of(signals.logVerificationFailures.name)[0]?.value ?? 0,
      isReady: of(signals.ready.name)[0]?.value === 1,
      isEmergency: emergency?.value === 1,
    },
  };
};

export type Difference =
  | { readonly ok: true; readonly seen: Pick<Measurement, "canary" | "stable"> }
  | { readonly ok: false; readonly why: string };

/** What happened between two readings. A counter that went down means that the bridge began again in between. */
export const difference = (before: Reading, after: Reading): Difference => {
  const arms = { canary: minus(after.canary, before.canary), stable: minus(after.stable, before.stable) };
  const wentDown = [...Object.values(arms.canary), ...Object.values(arms.stable)].some((value) => value < 0);
  return wentDown ? { ok: false, why: "the bridge began again: its counts went back" } : { ok: true, seen: arms };
};

const minus = (a: Tally, b: Tally): Tally =>
  Object.fromEntries(
    (Object.keys(noTally) as (keyof Tally)[]).map((key) => [key, a[key] - b[key]]),
  ) as unknown as Tally;
