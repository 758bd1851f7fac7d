import type { KeyObject } from "node:crypto";
import { answerTyp, readAnswerCore } from "../../domain/answer.ts";
import { idOf } from "../../domain/event.ts";
import { isSignOffContent } from "../../domain/sign-off.ts";
import { verifyJws } from "../../signing/jws.ts";
import { momentOf } from "../digest.ts";
import type { Census } from "./conditions.ts";
import type { ProvenEvent } from "./facts.ts";
import type { SignOffEntry } from "./statement.ts";

/** Who may sign off, and with which key. */
export interface Reviewer {
  readonly agent: string;
  readonly kid: string;
  readonly publicKey: KeyObject;
  readonly roles: readonly string[];
  /** Milliseconds since 1970. */
  readonly notBefore: number;
  readonly notAfter: number;
}

export interface SignOffs {
  readonly entries: readonly SignOffEntry[];
  /** Answers that count for nothing, and why. */
  readonly refused: readonly { readonly agent: string; readonly position: number; readonly why: string }[];
}

/**
 * The sign-offs among the log's events that the census counts: each the Ed25519-signed answer of a known reviewer about
 * exactly this core. An answer that does not hold is no approval, and is told.
 */
export const signOffsOf = (
  events: readonly ProvenEvent[],
  census: Census | undefined,
  core: string,
  audience: string,
  reviewers: readonly Reviewer[],
): SignOffs => {
  const entries: SignOffEntry[] = [];
  const refused: { agent: string; position: number; why: string }[] = [];
  for (const counted of census?.signOffs ?? []) {
    const event = events.find(({ position }) => position === counted.position);
    if (event?.type !== "elicitation.accepted" && event?.type !== "elicitation.declined") continue;
    const read = readSignOff(event, counted.to, core, audience, reviewers);
    if ("why" in read) refused.push({ agent: counted.to, position: event.position, why: read.why });
    else entries.push(read);
  }
  return { entries, refused };
};

const readSignOff = (
  event: ProvenEvent & { readonly type: "elicitation.accepted" | "elicitation.declined" },
  agent: string,
  core: string,
  audience: string,
  reviewers: readonly Reviewer[],
): SignOffEntry | { readonly why: string } => {
  const own = reviewers.filter(
    (one) => one.agent === agent && one.notBefore <= event.time && event.time < one.notAfter,
  );
  const signed = verifyJws(
    event.data.answer,
    (kid) => {
      const key = own.find((one) => one.kid === kid);
      return key === undefined ? undefined : { alg: "Ed25519", kid, publicKey: key.publicKey };
    },
    answerTyp,
    "report",
  );
  if (!signed.ok) return { why: `no trusted Ed25519 signature of ${agent}: ${signed.reason}` };
  const read = readAnswerCore(signed.payload, audience);
  if (!read.ok)
    return { why: `not an answer of this bridge: ${read.problems[0]?.pointer} ${read.problems[0]?.message}` };
  const { eid, from, action, content, reason } = read.core;
  const elicitation = idOf(event.stream);
  if (eid !== elicitation) return { why: "the signed answer is to another question" };
  if (from !== agent) return { why: `the signed answer is ${from}'s` };
  const roles = [...new Set(own.filter(({ kid }) => signed.verified.includes(kid)).flatMap((one) => one.roles))].sort();
  const entry = { agent, roles, at: momentOf(event.time), elicitation, position: event.position };
  if (action === "decline") return { ...entry, decision: "declined", reason: reason.slice(0, REASON_CHARS_MAX) };
  if (!isSignOffContent(content)) return { why: "the signed answer is no sign-off" };
  if (content.core !== core) return { why: "it was given for other evidence, another build or another policy" };
  return { ...entry, decision: content.decision, reason: content.reason.slice(0, REASON_CHARS_MAX) };
};

const REASON_CHARS_MAX = 4_096;
