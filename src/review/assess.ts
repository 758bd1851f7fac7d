import type { ProbeResult } from "./check.ts";
import type { Evidence, ResourceDescriptor } from "./evidence/descriptor.ts";
import type { Measure, PolicyCheck, Tolerance } from "./policy.ts";
import { type Files, filesOf } from "./recompute/files.ts";
import { type Recomputed, recompute } from "./recompute/recompute.ts";
import type { Measurement, Reason } from "./result.ts";

export type Assessed =
  | { readonly state: "pass" | "fail"; readonly measurements: readonly Measurement[] }
  | { readonly state: "not-run"; readonly reason: Reason };

/**
 * What a probe's raw evidence says about one check of the policy: every number is made anew, and compared with what is
 * tolerated. Pure: the reviewer, the verifier and a stranger come to the same.
 */
export const assess = (check: PolicyCheck, result: ProbeResult, evidence: Evidence): Assessed => {
  if (result.probe.id !== check.probe.id || result.probe.version < check.probe.versionMin)
    return notRun("error", `the policy asks for probe ${check.probe.id} from version ${check.probe.versionMin} on`);
  if (result.state === "not-run") return { state: "not-run", reason: result.reason };
  if (check.selfTest === true) {
    if (result.selfTest === undefined) return notRun("self-test", "the probe was not tried on a sabotaged target");
    const sabotaged = measure(check.measures, result.selfTest.evidence, evidence);
    if (sabotaged.state !== "fail")
      return notRun("self-test", `the probe does not fail on a sabotaged target (${result.selfTest.sabotage})`);
  }
  return measure(check.measures, result.evidence, evidence);
};

const measure = (
  measures: readonly Measure[],
  descriptors: readonly ResourceDescriptor[],
  evidence: Evidence,
): Assessed => {
  const files = filesOf(descriptors, evidence);
  const measurements: Measurement[] = [];
  for (const one of measures) {
    const made = measureOne(one, files);
    if ("kind" in made) return { state: "not-run", reason: made };
    measurements.push(made);
  }
  return { state: measurements.every(({ within }) => within) ? "pass" : "fail", measurements };
};

const measureOne = ({ name, unit, how, tolerance, atLeast = 1 }: Measure, files: Files): Measurement | Reason => {
  const made = recompute(how, files);
  if (!made.ok) return { kind: made.kind, detail: `${name}: ${made.detail}` };
  const { value, n, estimate, quantiles } = made.value;
  if (n < atLeast) return { kind: "insufficient-samples", detail: `${name}: ${n} of at least ${atLeast}` };
  return {
    name,
    unit,
    value,
    n,
    within: isWithin(tolerance, value),
    ...(estimate === undefined ? {} : { estimate }),
    ...(quantiles === undefined ? {} : { quantiles: quantiles.map(([q, at]) => ({ q, value: at })) }),
  };
};

export const isWithin = (tolerance: Tolerance, value: Recomputed["value"]): boolean => {
  if ("is" in tolerance) return value === tolerance.is;
  if (typeof value !== "number") return false;
  if ("max" in tolerance) return value <= tolerance.max;
  if ("min" in tolerance) return value >= tolerance.min;
  return value >= tolerance.between[0] && value <= tolerance.between[1];
};

const notRun = (kind: Reason["kind"], detail: string): Assessed => ({ state: "not-run", reason: { kind, detail } });
