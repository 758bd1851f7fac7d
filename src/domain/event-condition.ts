import { count, object, strings, text, time } from "./event-shape.ts";

/** What a review found wanting, and what became of it; and the bridge's statement of every such condition. */

export const conditionSeverities = ["blocker", "major", "minor"] as const;

export const signOffEnds = ["open", "accepted", "declined", "cancelled", "expired"] as const;

const run = {
  digest: { type: "string", pattern: "^[0-9a-f]{64}$", description: "SHA-256 of the signed probe run, hex" },
  ranAt: { ...time, description: "when it began, milliseconds since 1970" },
  prober: { ...text, description: "who measured" },
} as const;

export const conditionEvents = {
  "condition.opened": {
    version: 1,
    shape: object(
      {
        check: { ...text, description: "the check that fell short, and whose passing run closes this" },
        title: text,
        severity: { type: "string", enum: conditionSeverities },
        review: { ...text, description: "the review that found it" },
        what: { ...text, description: "what was found" },
        due: time,
      },
      ["check", "title", "severity", "review", "what", "due"],
    ),
  },
  "condition.acknowledged": { version: 1, shape: object({ owner: text, due: time }, ["owner", "due"]) },
  /** Somebody says that it is mended, and why that can be believed. Nothing is believed yet. */
  "condition.claimed": {
    version: 1,
    shape: object({ note: text, evidence: { ...strings, description: "SHA-256 in hex, or links" } }, [
      "note",
      "evidence",
    ]),
  },
  /** The check was run again and passed, by somebody other than who claimed it. */
  "condition.closed": { version: 1, shape: object(run, ["digest", "ranAt", "prober"]) },
  /** The check was run again and did not pass. */
  "condition.reopened": {
    version: 1,
    shape: object({ ...run, why: text }, ["digest", "ranAt", "prober", "why"]),
  },
  "condition.waived": { version: 1, shape: object({ reason: text, until: time }, ["reason", "until"]) },
  /** Every condition and every sign-off of a review, and how far each has come: who leaves one out is found out. */
  "condition.census": {
    version: 1,
    shape: object(
      {
        review: text,
        conditions: {
          type: "array",
          items: object({ id: text, revision: count }, ["id", "revision"]),
        },
        /** Questions that the actor asked for a sign-off of this review. */
        signOffs: {
          type: "array",
          items: object(
            {
              elicitation: text,
              to: text,
              how: { type: "string", enum: signOffEnds },
              position: { ...count, description: "of the event that ended it, or of the question" },
            },
            ["elicitation", "to", "how", "position"],
          ),
        },
      },
      ["review", "conditions", "signOffs"],
    ),
  },
} as const;
