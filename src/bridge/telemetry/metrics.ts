import { type Arm, armLabel } from "../../domain/arm.ts";
import type { Recorded } from "../../domain/event.ts";
import type { Observer } from "../../domain/observer.ts";
import { modes, type Signal, signals, stages, transports } from "../../domain/signal.ts";
import type { Clock } from "../../domain/world.ts";
import type { Log } from "../log/log.ts";
import { exposition } from "./exposition.ts";
import { type Meter, meter } from "./meter.ts";
import { openPairs } from "./pairs.ts";
import { type RecentAgents, recentAgents } from "./recent-agents.ts";
import { openSeries, type Series } from "./series.ts";
import type { Sink } from "./sink.ts";
import { openStories, type Stories } from "./story.ts";

export interface MetricsOptions {
  readonly clock: Clock;
  readonly build: { readonly version: string; readonly revision: string; readonly node: string };
  /** Position of the log's head before the bridge starts, where no log is `timed`. */
  readonly replayedUpTo?: number;
  readonly readings?: Readings;
  /** Counts by who asked whom, for so many pairs; absent: not at all. */
  readonly pairsMax?: number;
  /** Traces and logs, which follow the same elicitations. */
  readonly sinks?: readonly Sink[];
  /** A label value that no signal knows: a fault in the bridge, told once for each signal. */
  readonly onFault?: (fault: unknown) => void;
}

/** What is asked for at each scrape, because somebody else knows it. What nobody knows is not shown. */
export interface Readings {
  readonly ready?: () => boolean;
  /** Live connections by transport; a transport that is missing has none. */
  readonly connections?: () => Partial<Record<(typeof transports)[number], number>>;
  readonly mode?: () => (typeof modes)[number];
  readonly rolloutPercentage?: () => number;
  /** By which way a question for this agent goes now: where one counts that was never asked. Absent: by push. */
  readonly armOf?: (target: string) => Arm;
  readonly storeConnections?: () => number;
  readonly disk?: () => Promise<{ readonly freeBytes: number; readonly sizeBytes: number }>;
}

export interface Metrics {
  /** Follows the log; a projection, so that it can be replayed into. */
  readonly fold: (event: Recorded) => void;
  readonly observer: Observer;
  /** For the `observe` of a log that tells more than its interface does. */
  readonly log: Meter["log"];
  /**
   * The same log, with every append timed. Give it to the bridge, and before it starts: what is in the log by then is
   * remembered and not counted again.
   */
  readonly timed: (log: Log) => Log;
  readonly series: Series;
  /** The metrics as text, in OpenMetrics unless `accept` (a header) asks for something else. */
  readonly text: (accept?: string) => Promise<string>;
  readonly contentType: (accept?: string) => string;
  readonly expose: (accept?: string) => Promise<{ readonly contentType: string; readonly text: string }>;
  /** Brings the gauges up to date, for an exporter that reads `series`. */
  readonly refresh: () => Promise<void>;
}

/** Everything the bridge says in numbers. Feed it: `fold` with the log, `observer` with the rest. */
export const createMetrics = (options: MetricsOptions): Metrics => {
  const { clock, readings = {}, sinks = [], onFault = () => undefined } = options;
  const refused = new Set<Signal>();
  const series = openSeries(Object.values(signals), (signal, labels) => {
    if (refused.has(signal)) return;
    refused.add(signal);
    onFault(new Error(`${signal.name} has no series for ${JSON.stringify(labels)}`));
  });
  series.set(signals.build, options.build, 1);
  const stories = openStories();
  const counts = meter(series, clock);
  const recent = recentAgents(clock);
  const refresh = (): Promise<void> => refreshGauges(series, stories, recent, clock, readings);
  const pairs = options.pairsMax === undefined ? undefined : openPairs(options.pairsMax);
  const families = pairs === undefined ? series.families : [...series.families, pairs.family];
  const shown = exposition({ families, refresh });

  let past = options.replayedUpTo ?? 0;
  const fold = (event: Recorded): void => {
    const turn = stories.fold(event);
    if (event.position <= past) return counts.replayed(event);
    counts.folded(event, turn);
    recent.folded(event, turn);
    pairs?.folded(event, turn);
    for (const sink of sinks) sink.folded(event, turn);
  };

  return {
    fold,
    observer: observing(stories, counts, clock, sinks, readings.armOf ?? (() => "push")),
    log: counts.log,
    timed: (log) => {
      past = log.head().position;
      return timedLog(log, clock, counts.appended);
    },
    series,
    refresh,
    expose: shown.text,
    text: async (accept) => (await shown.text(accept)).text,
    contentType: shown.contentType,
  };
};

const observing = (
  stories: Stories,
  counts: Meter,
  clock: Clock,
  sinks: readonly Sink[],
  armOf: (target: string) => Arm,
): Observer => ({
  entered: (operation, traceparent, subject) => {
    if (sinks.length === 0) return traceparent;
    const story = subject === undefined ? undefined : stories.find(subject);
    let trace = traceparent;
    for (const sink of sinks) trace = sink.entered(operation, trace, story);
    return trace;
  },
  served: (call) => {
    const story = call.subject === undefined ? undefined : stories.find(call.subject);
    counts.served(call, story?.arm ?? armLabel[armOf(call.target ?? "")]);
    for (const sink of sinks) sink.served(call);
  },
  began: stories.began,
  queued: (leg, id) => {
    const story = stories.find(id);
    if (story === undefined) return;
    if (leg === "ask") story.askReceived = undefined;
    else stories.done(id);
  },
  handing: (leg, id, via) => {
    counts.handing(via);
    const story = stories.find(id);
    if (story === undefined) return null;
    let trace = leg === "ask" ? story.trace : story.endTrace;
    for (const sink of sinks) trace = sink.handing(leg, story, via, trace);
    return trace;
  },
  handed: (leg, id, via, error) => {
    const story = stories.find(id);
    counts.handed(story, via, error === undefined);
    if (story === undefined) return;
    const received = leg === "ask" ? story.askReceived : story.answerReceived;
    let ms: number | undefined;
    if (error === undefined && received !== undefined) {
      ms = clock.monotonic() - received;
      story.ownMs += ms;
      if (leg === "ask") story.askReceived = undefined;
      else story.answerReceived = undefined;
      counts.leg(leg, story, ms);
    }
    for (const sink of sinks) sink.handed(leg, story, via, ms, error);
    if (leg === "answer" && error === undefined) stories.done(id);
  },
});

/**
 * From asking for it to being told that it is durable, the wait behind other appends included. What may wait for the
 * next append is not timed: how long that takes says nothing about the disk.
 */
const timedLog = (log: Log, clock: Clock, appended: (ms: number) => void): Log => ({
  ...log,
  append: (appends, when = "now") => {
    if (when === "soon") return log.append(appends, when);
    const began = clock.monotonic();
    const appending = log.append(appends, when);
    // Beside the caller's own promise, so that nothing of this can delay or break it.
    appending.then(
      ({ ok }) => ok && appended(clock.monotonic() - began),
      () => undefined,
    );
    return appending;
  },
});

/** An expiry may come this late: a timer of a busy process does. */
const OVERDUE_MS = 5_000;

const refreshGauges = async (
  series: Series,
  stories: Stories,
  recent: RecentAgents,
  clock: Clock,
  readings: Readings,
): Promise<void> => {
  const { answering, failing } = recent.counts();
  series.set(signals.agentsRecent, { state: "answering" }, answering);
  series.set(signals.agentsRecent, { state: "failing" }, failing);
  const counts = stories.counts();
  for (const stage of stages) series.set(signals.elicitationsOpen, { stage }, counts[stage]);
  series.set(signals.elicitationsOverdue, {}, stories.overdue(clock.now() - OVERDUE_MS));
  const connections = readings.connections?.() ?? {};
  for (const transport of transports) series.set(signals.connections, { transport }, connections[transport] ?? 0);
  const current = readings.mode?.() ?? "normal";
  for (const mode of modes) series.set(signals.degradation, { mode }, mode === current ? 1 : 0);
  series.set(signals.rolloutPercentage, {}, readings.rolloutPercentage?.() ?? 0);
  if (readings.ready !== undefined) series.set(signals.ready, {}, readings.ready() ? 1 : 0);
  if (readings.storeConnections !== undefined) series.set(signals.storeConnections, {}, readings.storeConnections());
  // A disk that cannot be asked leaves the last known numbers: whether the log can append is another signal's matter.
  const disk = await readings.disk?.().catch(() => undefined);
  if (disk === undefined) return;
  series.set(signals.logDiskFree, {}, disk.freeBytes);
  series.set(signals.logDiskSize, {}, disk.sizeBytes);
};
