import type { Lighthouse } from "../client/index.ts";
import { LighthouseFault, LighthouseRefusal } from "../client/refusal.ts";
import type { ListedAgent } from "../client/wire.ts";
import type { Jws } from "../domain/elicitation.ts";
import { signOffLine, signOffSchema } from "../domain/sign-off.ts";
import type { SignOffRule } from "./policy.ts";

/** What an answer has to fit. The digest is a constant in it, so that nobody signs for something else by mistake. */
const schemaFor = (core: string) => ({
  ...signOffSchema,
  properties: { ...signOffSchema.properties, core: { const: core } },
});

export interface Reviewer {
  readonly agent: string;
  /** The roles of the policy that this agent has. */
  readonly roles: readonly string[];
}

/** How one reviewer was asked, and what came of it. */
export interface Asked {
  readonly reviewer: Reviewer;
  readonly elicitation: string | null;
  readonly came: /** The signed answer, unchanged, and where its last event is in the log. */
    | { readonly how: "answered"; readonly answer: Jws; readonly position: number }
    /** Declined, expired, cancelled, no key of its own, unreachable: in words. */
    | { readonly how: "silent"; readonly why: string };
}

/** Who is registered with a role or an expertise that the policy names. */
export const reviewersFor = (rule: SignOffRule, agents: readonly ListedAgent[]): readonly Reviewer[] =>
  agents
    .filter(({ status }) => status === "active")
    .map(({ name, roles, expertise }) => ({
      agent: name,
      roles: rule.roles.map(({ role }) => role).filter((role) => roles.includes(role) || expertise.includes(role)),
    }))
    .filter(({ roles }) => roles.length > 0);

export interface Question {
  readonly review: string;
  /** SHA-256 in hex of what is signed off. */
  readonly core: string;
  /** Of the evidence, to be read by a person or a model. */
  readonly summary: string;
  readonly timeoutMs: number;
}

/**
 * Asks every reviewer at once, each by a question of its own whose answer has to carry the reviewer's own Ed25519
 * signature. Never rejects for what a reviewer does or does not.
 */
export const askReviewers = (
  client: Pick<Lighthouse, "ask">,
  reviewers: readonly Reviewer[],
  question: Question,
  signal: AbortSignal,
): Promise<readonly Asked[]> => Promise.all(reviewers.map((reviewer) => askOne(client, reviewer, question, signal)));

const askOne = async (
  client: Pick<Lighthouse, "ask">,
  reviewer: Reviewer,
  { review, core, summary, timeoutMs }: Question,
  signal: AbortSignal,
): Promise<Asked> => {
  try {
    const outcome = await client.ask(
      {
        to: reviewer.agent,
        message: `${signOffLine(review)}\n\n${summary}`,
        schema: schemaFor(core),
        timeoutMs,
        key: `${review}-${reviewer.agent}-${core.slice(0, KEY_DIGEST_CHARS)}`,
        requireEd25519: true,
      },
      { signal },
    );
    const { id: elicitation, position } = outcome;
    switch (outcome.status) {
      case "accepted":
        return { reviewer, elicitation, came: { how: "answered", answer: outcome.answer, position } };
      case "declined":
        return silent(reviewer, elicitation, `declined to answer: ${outcome.reason}`);
      case "cancelled":
        return silent(reviewer, elicitation, "the question was taken back");
      case "expired":
        return silent(reviewer, elicitation, "did not answer in time");
    }
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof LighthouseRefusal) return silent(reviewer, null, `could not be asked (${error.code})`);
    if (error instanceof LighthouseFault) return silent(reviewer, null, `could not be asked: ${error.message}`);
    throw error;
  }
};

const KEY_DIGEST_CHARS = 16;

const silent = (reviewer: Reviewer, elicitation: string | null, why: string): Asked => ({
  reviewer,
  elicitation,
  came: { how: "silent", why },
});
