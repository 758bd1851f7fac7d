import { LighthouseFault, LighthouseRefusal } from "../../client/refusal.ts";
import type { Clock, Scheduler } from "../../domain/world.ts";
import type { NotRunReason, ProbeResult, ProbeRun } from "../check.ts";
import type { EvidenceWriter, ResourceDescriptor } from "../evidence/descriptor.ts";
import { type Found, notRun, type Probe, type Profile, type Raw } from "./probe.ts";
import type { OpenStage } from "./stage.ts";

export interface RunProbes {
  readonly review: string;
  readonly profile: Profile;
  /** Name of who measures, whose key signs. */
  readonly prober: string;
  readonly probes: readonly Probe[];
  readonly stage: OpenStage;
  readonly evidence: EvidenceWriter;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly signal: AbortSignal;
  readonly onProbe?: (told: ProbeTold) => void;
}

export type ProbeTold =
  | { readonly probe: string; readonly step: "begins" }
  | { readonly probe: string; readonly step: "goes on"; readonly done: number; readonly total: number }
  | { readonly probe: string; readonly step: "ended"; readonly found: "ran" | NotRunReason; readonly ms: number };

/** How long one probe may take; what it has not done by then is not run. In milliseconds. */
export const PROBE_MS_MAX = 600_000;

/**
 * Runs the probes one after the other, so that no two disturb each other's numbers. A probe that throws is not run, for
 * that reason. Rejects with the signal's reason when it aborts: a review that was cut off says nothing.
 */
export const runProbes = async (run: RunProbes): Promise<ProbeRun> => {
  const { clock, probes, stage, signal, onProbe = () => undefined } = run;
  const startedAt = moment(clock);
  const results: ProbeResult[] = [];
  for (const probe of probes) {
    signal.throwIfAborted();
    const began = clock.monotonic();
    const probeStarted = moment(clock);
    onProbe({ probe: probe.id, step: "begins" });
    const progress = (done: number, total: number): void => onProbe({ probe: probe.id, step: "goes on", done, total });
    const found = await withinTime(run, probe, probe.run(stage.stageFor(probe.id, progress)));
    signal.throwIfAborted();
    results.push(...(await resultsOf(run, probe, probeStarted, found)));
    const ms = Math.round(clock.monotonic() - began);
    onProbe({ probe: probe.id, step: "ended", found: found.ran ? "ran" : found.reason, ms });
  }
  const { review, prober, profile } = run;
  return { review, prober, profile, startedAt, endedAt: moment(clock), results };
};

const withinTime = ({ scheduler, signal }: RunProbes, probe: Probe, running: Promise<Found>): Promise<Found> =>
  new Promise((resolve, reject) => {
    const tooLong = notRun("timeout", `${probe.id} took more than ${PROBE_MS_MAX / 1000} s`);
    const cancel = scheduler.after(PROBE_MS_MAX, () => resolve(tooLong));
    const abort = (): void => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    running
      .then(resolve, (error: unknown) => resolve(notRun("error", inWords(error))))
      .finally(() => {
        cancel();
        signal.removeEventListener("abort", abort);
      });
  });

const WORDS_MAX = 2_000;

const inWords = (error: unknown): string => {
  if (error instanceof LighthouseRefusal)
    return `the bridge said no (${error.code}): ${error.message}`.slice(0, WORDS_MAX);
  if (error instanceof LighthouseFault) return `${error.kind}: ${error.message}`.slice(0, WORDS_MAX);
  return (error instanceof Error ? error.message : String(error)).slice(0, WORDS_MAX);
};

/** The same evidence answers all of a probe's checks. */
const resultsOf = async (
  { clock, evidence }: RunProbes,
  { id, version, checks }: Probe,
  startedAt: string,
  found: Found,
): Promise<readonly ProbeResult[]> => {
  const common = { probe: { id, version }, startedAt, endedAt: moment(clock) };
  if (!found.ran) return checks.map(({ id: check }) => ({ ...common, check, state: "not-run", reason: found.reason }));
  const collectedAt = clock.now();
  const kept = async (raws: readonly Raw[]): Promise<ResourceDescriptor[]> => {
    const files: ResourceDescriptor[] = [];
    for (const { name, mediaType, bytes } of raws)
      files.push(await evidence.put(bytes, { name, mediaType, collectedAt }));
    return files;
  };
  const files = await kept(found.evidence);
  const selfTest =
    found.selfTest === undefined
      ? {}
      : { selfTest: { sabotage: found.selfTest.sabotage, evidence: await kept(found.selfTest.evidence) } };
  return checks.map(({ id: check }) => ({ ...common, check, state: "ran", evidence: files, ...selfTest }));
};

const moment = (clock: Clock): string => new Date(clock.now()).toISOString();
