import { descriptorShape } from "./evidence/descriptor.ts";
import { count, exactly, type FromShape, list, moment, object, oneOf, text, word } from "./shape/shape.ts";

/** Only the policy can say that a check does not apply, by not asking for it. */
export const notRunKinds = ["error", "skipped", "timeout", "unavailable", "insufficient-samples"] as const;

const reasonShape = exactly({ kind: oneOf(...notRunKinds), detail: text });

const ran = {
  check: word,
  probe: exactly({ id: word, version: { ...count, minimum: 1 } }),
  startedAt: moment,
  endedAt: moment,
};

const files = list(descriptorShape, { min: 1, max: 64 });

/**
 * What a probe has to say about one check: the raw evidence, or why there is none. It does not say `pass`: whoever has
 * the policy and the evidence finds that out, and everybody finds the same.
 */
export const probeResultShape = {
  anyOf: [
    object(
      { ...ran, state: oneOf("ran"), evidence: files },
      {
        /** The same probe on a target whose one control was switched off. */
        selfTest: exactly({ sabotage: text, evidence: files }),
      },
    ),
    exactly({ ...ran, state: oneOf("not-run"), reason: reasonShape }),
  ],
} as const;
export type ProbeResult = FromShape<typeof probeResultShape>;
export type NotRunReason = FromShape<typeof reasonShape>;

/** What was judged, by digest; the same three in every statement of a review. */
export const subjectNames = ["build", "config", "alert-rules"] as const;

const sha = exactly({ sha256: { type: "string", pattern: "^[0-9a-f]{64}$" } });
export const subjectShape = list(exactly({ name: oneOf(...subjectNames), digest: sha }), { min: 3, max: 3 });
export type Subject = FromShape<typeof subjectShape>;

/** What a prober signs (predicate of an in-toto statement of type `probeRunType`). */
export const probeRunShape = exactly({
  /** Id of the review. */
  review: word,
  /** Name of who measured, whose key signs. */
  prober: word,
  profile: word,
  startedAt: moment,
  endedAt: moment,
  results: list(probeResultShape, { max: 256 }),
});
export type ProbeRun = FromShape<typeof probeRunShape>;
export const probeRunType = "urn:lighthouse:probe-run:1";
