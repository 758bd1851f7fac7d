import { notRunKinds } from "./check.ts";
import { descriptorShape } from "./evidence/descriptor.ts";
import { sections } from "./policy.ts";
import { count, exactly, type FromShape, list, moment, object, oneOf, text, word } from "./shape/shape.ts";

/** One number, how many rows it was made from, and whether the policy tolerates it. The policy says how it is made. */
export const measurementShape = object(
  {
    name: word,
    unit: text,
    value: { anyOf: [{ type: "number" }, { type: "boolean" }, text] },
    n: count,
    within: { type: "boolean" },
  },
  {
    /** The quantile that `value` is an upper bound of. */
    estimate: { type: "number" },
    quantiles: list(exactly({ q: { type: "number", minimum: 0, maximum: 1 }, value: { type: "number" } }), { max: 32 }),
  },
);
export type Measurement = FromShape<typeof measurementShape>;

const head = {
  id: word,
  title: text,
  section: oneOf(...sections),
  severity: oneOf("blocker", "major", "minor"),
  probe: exactly({ id: word, version: { ...count, minimum: 1 } }),
  startedAt: moment,
  endedAt: moment,
};

const files = list(descriptorShape, { min: 1, max: 64 });
const measured = { measurements: list(measurementShape, { min: 1, max: 32 }), evidence: files };
const selfTest = exactly({ sabotage: text, evidence: files });
const reason = exactly({ kind: oneOf(...notRunKinds, "missing", "stale", "foreign", "self-test"), detail: text });

/**
 * The outcome of one check. No certificate that fits can have a pass without raw evidence and a number, or a number for
 * what was not run; and there is no fifth state.
 */
export const outcomeShape = {
  anyOf: [
    object({ ...head, state: oneOf("pass"), ...measured }, { selfTest }),
    object({ ...head, state: oneOf("fail"), ...measured }, { selfTest }),
    exactly({ ...head, state: oneOf("not-run"), reason }),
    object(
      {
        ...head,
        state: oneOf("waived"),
        waiver: exactly({ condition: word, by: word, reason: text, until: moment }),
        underlying: {
          anyOf: [exactly({ state: oneOf("fail"), ...measured }), exactly({ state: oneOf("not-run"), reason })],
        },
      },
      { selfTest },
    ),
  ],
} as const;
export type Outcome = FromShape<typeof outcomeShape>;
export type OutcomeState = Outcome["state"];
export type Reason = FromShape<typeof reason>;
