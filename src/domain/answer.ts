import type { AnswerCore, Question } from "./elicitation.ts";
import type { Json } from "./json.ts";
import type { Problem } from "./refusal.ts";

/**
 * The two JSON values that signatures and hashes are about. Both sides build them from here, so that they cannot drift;
 * the exact bytes are their RFC 8785 form.
 */

export const answerTyp = "lighthouse-answer+jws";

/** What `requestHash` is the SHA-256 of: everything that gives an answer its meaning. */
export const requestCore = (
  audience: string,
  id: string,
  question: Omit<Question, "requestHash" | "schema" | "key" | "signed">,
  /** SHA-256 of what the asker has signed of it, base64url; absent where it has signed nothing. */
  signedHash?: string,
): Json => ({
  v: 1,
  typ: "lighthouse.question",
  aud: audience,
  eid: id,
  from: question.from,
  to: question.to,
  message: question.message,
  schema: question.schemaHash,
  challenge: question.challenge,
  deadline: question.deadline,
  // Left out where it is not asked for, so that what was asked before there was such a thing keeps its hash.
  ...(question.requireEd25519 === true ? { requireEd25519: true } : {}),
  ...(signedHash === undefined ? {} : { question: signedHash }),
});

/** What the target gets to see, and all it needs to sign an answer. */
export interface Offer {
  readonly id: string;
  readonly audience: string;
  readonly from: string;
  readonly to: string;
  readonly message: string;
  readonly schema: Json;
  readonly schemaHash: string;
  readonly requestHash: string;
  readonly challenge: string;
  /** Milliseconds since 1970. */
  readonly deadline: number;
  readonly causedBy?: string;
  /** The answer must carry a signature by the target's own key beside its MAC. */
  readonly requireEd25519?: boolean;
}

export const offerOf = (audience: string, id: string, question: Question): Offer => ({
  id,
  audience,
  from: question.from,
  to: question.to,
  message: question.message,
  schema: question.schema,
  schemaHash: question.schemaHash,
  requestHash: question.requestHash,
  challenge: question.challenge,
  deadline: question.deadline,
  ...(question.causedBy === undefined ? {} : { causedBy: question.causedBy }),
  ...(question.requireEd25519 === true ? { requireEd25519: true } : {}),
});

export type Reply =
  | { readonly action: "accept"; readonly content: Json }
  | { readonly action: "decline"; readonly reason: string };

/** The value that the target signs. `seq` counts up per key; `iat` is seconds since 1970, as in RFC 7519. */
export const answerCore = (offer: Offer, reply: Reply, seq: number, iat: number): Json => ({
  v: 1,
  typ: "lighthouse.answer",
  aud: offer.audience,
  eid: offer.id,
  req: offer.requestHash,
  schema: offer.schemaHash,
  challenge: offer.challenge,
  from: offer.to,
  to: offer.from,
  action: reply.action,
  content: reply.action === "accept" ? reply.content : null,
  reason: reply.action === "decline" ? reply.reason : "",
  seq,
  iat,
});

type CoreMember = "aud" | "eid" | "req" | "schema" | "challenge" | "from" | "to" | "reason" | "typ";
const textMembers: readonly CoreMember[] = ["typ", "aud", "eid", "req", "schema", "challenge", "from", "to", "reason"];
const members: readonly string[] = [...textMembers, "v", "action", "content", "seq", "iat"];

/** Reads a signed payload as an answer core; every member that is missing, foreign or of the wrong kind is named. */
export const readAnswerCore = (
  payload: unknown,
  audience: string,
): { readonly ok: true; readonly core: AnswerCore } | { readonly ok: false; readonly problems: readonly Problem[] } => {
  if (typeof payload !== "object" || payload === null || Array.isArray(payload)) {
    return { ok: false, problems: [{ pointer: "", message: "must be an object" }] };
  }
  const raw = payload as { readonly [K in CoreMember]: string } & Pick<AnswerCore, "action" | "content"> & {
      readonly v: unknown;
      readonly seq: number;
      readonly iat: unknown;
    };
  const problems: Problem[] = [];
  const need = (ok: boolean, member: string, message: string): void => {
    if (!ok) problems.push({ pointer: `/${member}`, message });
  };
  for (const name of textMembers) need(typeof raw[name] === "string", name, "must be a string");
  for (const name in raw) need(members.includes(name), name, "is not a member of an answer core");
  need(raw.v === 1, "v", "must be 1");
  need(raw.typ === "lighthouse.answer", "typ", 'must be "lighthouse.answer"');
  need(raw.aud === audience, "aud", `must be "${audience}"`);
  need(raw.action === "accept" || raw.action === "decline", "action", 'must be "accept" or "decline"');
  need(raw.content !== undefined, "content", "is missing");
  need(raw.action !== "decline" || raw.content === null, "content", "must be null when declining");
  need(Number.isSafeInteger(raw.seq) && raw.seq >= 0, "seq", "must be a whole number from 0");
  need(Number.isSafeInteger(raw.iat), "iat", "must be whole seconds since 1970");
  return problems.length > 0 ? { ok: false, problems } : { ok: true, core: raw };
};
