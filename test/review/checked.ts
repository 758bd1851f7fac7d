import { assess } from "../../src/review/assess.ts";
import type { Probe, Stage } from "../../src/review/probe/probe.ts";
import { checksOf } from "../../src/review/probe/propose.ts";
import { runProbes } from "../../src/review/probe/run.ts";
import { manualTime } from "../support/manual-time.ts";
import { inMemory } from "./look.ts";

/** Runs a probe of one check away from any bridge, and says what the check that it proposes came to. */
export const checkedBy = async (probe: Probe, stage: Partial<Stage> = {}) => {
  const time = manualTime(1_767_571_200_000);
  const { writer, files } = inMemory();
  const { results } = await runProbes({
    ...{ review: "r", profile: "quick", prober: "p", probes: [probe], clock: time, scheduler: time },
    ...{ signal: new AbortController().signal, evidence: writer },
    stage: {
      stageFor: () => ({ clock: time, pause: (ms: number) => time.advance(ms), ...stage }) as Stage,
      clear: async () => [],
    },
  });
  const [check] = checksOf([probe]);
  const [result] = results;
  if (check === undefined || result === undefined) throw new Error(`${probe.id} says nothing`);
  const assessed = assess(check, result, files);
  const says =
    assessed.state === "not-run"
      ? assessed.reason.detail
      : assessed.measurements.map((m) => `${m.name} ${m.value}${m.within ? "" : " (out)"}`).join(", ");
  const text = [...files.values()].map((bytes) => Buffer.from(bytes).toString("utf8")).join("\n");
  return { state: assessed.state, says, text };
};
