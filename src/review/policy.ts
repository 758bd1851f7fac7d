import { type How, howDefs, howShape, type Value } from "./recompute/how.ts";
import { count, exactly, type FromShape, list, object, oneOf, type Shape, text, word } from "./shape/shape.ts";

/** What has to hold before a system is called ready. The verifier brings its own; a certificate only names its digest. */
export interface Policy {
  readonly version: 1;
  readonly name: string;
  /** How long a certificate is good for at most, in milliseconds. */
  readonly maxAgeMs: number;
  readonly waiverMsMax: number;
  /** What share of the agents may get the new build under CONDITIONAL, in percent. */
  readonly conditionalCapPercent: number;
  readonly checks: readonly PolicyCheck[];
  readonly signOff: SignOffRule;
}

export interface PolicyCheck extends FromShape<typeof checkBase> {
  /** All of them have to be within tolerance. */
  readonly measures: readonly Measure[];
}

export interface Measure {
  readonly name: string;
  readonly unit: string;
  readonly how: How;
  readonly tolerance: Tolerance;
  /** Rows or samples below which nothing is said: the check is `not-run`, for `insufficient-samples`. */
  readonly atLeast?: number;
}

export type Tolerance =
  | { readonly max: number }
  | { readonly min: number }
  | { readonly between: readonly [number, number] }
  | { readonly is: Value };

/** Who has to agree. `roles` are roles or kinds of expertise that agents are registered with. */
export type SignOffRule = FromShape<typeof signOffShape>;

export const sections = ["integrity", "security", "performance", "monitoring", "alerting", "operations"] as const;
export type Section = (typeof sections)[number];
export type Severity = "blocker" | "major" | "minor";

const ms = { ...count, minimum: 1 } as const;

const signOffShape = exactly({
  roles: list(exactly({ role: word, approvals: { ...count, minimum: 1, maximum: 100 } }), { max: 32 }),
  /** Different agents that approve, whatever their role. */
  quorum: { ...count, maximum: 100 },
  ttlMs: ms,
});

const checkBase = object(
  {
    id: word,
    title: text,
    section: oneOf(...sections),
    severity: oneOf("blocker", "major", "minor"),
    /** Nobody may wave these through, and NO-GO follows from any of them that is not passed. */
    probe: exactly({ id: word, versionMin: { ...count, minimum: 1 } }),
    /** How long a result keeps, in milliseconds. */
    ttlMs: ms,
  },
  {
    /** A run against a target whose control was switched off has to be there, and to fail. */
    selfTest: { type: "boolean" },
  },
);

const number = { type: "number" } as const;

const toleranceShape: Shape = {
  anyOf: [
    exactly({ max: number }),
    exactly({ min: number }),
    exactly({ between: list(number, { min: 2, max: 2 }) }),
    exactly({ is: { anyOf: [number, { type: "boolean" }, text] } }),
  ],
};

const checkShape: Shape = {
  ...checkBase,
  properties: {
    ...checkBase.properties,
    measures: list(
      object(
        { name: word, unit: text, how: howShape, tolerance: toleranceShape },
        { atLeast: { ...count, minimum: 1 } },
      ),
      { min: 1, max: 32 },
    ),
  },
  required: [...checkBase.required, "measures"],
};

export const policyShape: Shape = exactly({
  version: { type: "integer", minimum: 1, maximum: 1 },
  name: word,
  maxAgeMs: ms,
  waiverMsMax: ms,
  conditionalCapPercent: { ...count, maximum: 100 },
  checks: list(checkShape, { max: 256 }),
  signOff: signOffShape,
});

export const policyDefs = howDefs;
