import type { EventData } from "../../domain/event.ts";
import type { StepEvidence } from "./judge.ts";
import type { Measurement } from "./measurement.ts";
import { allEvents, type Operator, type RolloutStanding } from "./operator.ts";

/** What has been seen of the present step. */
export interface Remembered extends StepEvidence {
  /** Looks in a row at which the bridge was not well. */
  readonly unhealthy: number;
}

export const noEvidenceYet: Remembered = { measurements: [], blindMs: 0, blindBecause: "", unhealthy: 0 };

/** The evidence of a step as its events say it: who takes over judges by the same as who died. */
export const remembered = async (
  operator: Pick<Operator, "query">,
  { id: rollout, position }: Pick<RolloutStanding, "id" | "position">,
  step: number,
): Promise<Remembered> => {
  const types = ["rollout.measured", "rollout.blind"] as const;
  const events = await allEvents(operator, { stream: "rollout", types, after: position });
  const measurements: Measurement[] = [];
  let [blindMs, blindBecause] = [0, ""];
  for (const { type, data } of events) {
    const { id, step: of } = data as { readonly id: string; readonly step: number };
    if (id !== rollout || of !== step) continue;
    if (type === "rollout.blind") {
      const { forMs, why } = data as EventData<"rollout.blind">;
      [blindMs, blindBecause] = [blindMs + forMs, why];
    } else {
      const { forMs, canary, stable, violations, agents } = data as EventData<"rollout.measured">;
      measurements.push({ forMs, canary, stable, violations, ...(agents && { agents }) });
      [blindMs, blindBecause] = [0, ""];
    }
  }
  return { measurements, blindMs, blindBecause, unhealthy: 0 };
};
