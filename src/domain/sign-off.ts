import type { FromShape, Json } from "./json.ts";

/**
 * A sign-off is the signed answer to an ordinary elicitation whose message begins with this line. The bridge counts
 * them by it, so that nobody can leave an objection out of a certificate.
 */
export const signOffLine = (review: string): string => `Sign-off of review ${review}`;

/** The review that a question asks a sign-off for; undefined of any other question. */
export const reviewOfSignOff = (message: string): string | undefined =>
  /^Sign-off of review ([A-Za-z0-9][A-Za-z0-9._-]{0,127})(?:\n|$)/.exec(message)?.[1];

export const decisions = ["approve", "object", "abstain"] as const;

/** What such an answer has to hold. `core` is the digest of what was reviewed, as the question says it. */
export const signOffSchema = {
  type: "object",
  properties: {
    decision: { type: "string", enum: decisions },
    reason: { type: "string", minLength: 1, maxLength: 4_096 },
    core: { type: "string", pattern: "^[0-9a-f]{64}$" },
  },
  required: ["decision", "reason", "core"],
  additionalProperties: false,
} as const;
export type SignOffContent = FromShape<typeof signOffSchema>;

export const isSignOffContent = (value: Json): value is SignOffContent & Json => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const { decision, reason, core } = value as { readonly [name: string]: Json };
  return (
    decisions.some((known) => known === decision) &&
    typeof reason === "string" &&
    typeof core === "string" &&
    /^[0-9a-f]{64}$/.test(core)
  );
};
