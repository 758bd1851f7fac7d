import { answerTyp } from "../../domain/answer.ts";
import type { Jws } from "../../domain/elicitation.ts";
import type { Recorded } from "../../domain/event.ts";
import type { Exchange, ExchangeEvent } from "../../domain/exchange.ts";
import { inquiryTyp } from "../../domain/inquiry-core.ts";
import type { KeyHistory } from "../../domain/key.ts";
import { questionTyp } from "../../domain/question.ts";
import { readHeader } from "../../signing/header.ts";
import { verifyJws } from "../../signing/jws.ts";
import type { VerifyKey } from "../../signing/keys.ts";

/** Shows events to people who trust nothing but the log's key. */
export interface LogProofs {
  /** C2SP verifier key. */
  readonly key: string;
  readonly prove: (position: number) => Promise<ExchangeEvent>;
}

export interface ExchangePorts {
  readonly historyOf: (kid: string) => KeyHistory | undefined;
  /** A key as it was, whatever it is worth now. */
  readonly everOf: (kid: string) => VerifyKey | undefined;
  readonly proofs?: LogProofs;
}

/** All of an exchange but its name and its keys' present state. */
export type ExchangeParts = Pick<Exchange, "question" | "answer" | "macs" | "log"> & {
  readonly keys: readonly KeyHistory[];
};

/** Gathers a question, its end, the keys that signed and the proofs that they stand in the log. */
export const exchangeCommand =
  ({ historyOf, everOf, proofs }: ExchangePorts) =>
  async (events: readonly Recorded[]): Promise<ExchangeParts> => {
    const asked = events.find((event) => event.type === "elicitation.asked");
    const end = events.find((event) => isAnswer(event) || event.type === "elicitation.cancelled" || isExpiry(event));
    const question = asked?.data.signed;
    const answer = end !== undefined && isAnswer(end) ? end.data.answer : undefined;
    const keys = [...new Set([...kidsOf(question), ...kidsOf(answer)])].flatMap((kid) => historyOf(kid) ?? []);
    const places = new Set(
      [asked?.position, end?.position, ...keys.map(({ added }) => added.position)].filter((at) => at !== undefined),
    );
    const typ = asked?.data.inquiry === undefined ? questionTyp : inquiryTyp;
    const macs = [...macsOf("question", question, typ, everOf), ...macsOf("answer", answer, answerTyp, everOf)];
    const shown = proofs === undefined ? undefined : await Promise.all([...places].sort(byNumber).map(proofs.prove));
    return {
      ...(question === undefined ? {} : { question }),
      ...(answer === undefined ? {} : { answer }),
      keys,
      macs,
      ...(proofs === undefined || shown === undefined ? {} : { log: { key: proofs.key, events: shown } }),
    };
  };

export type ExchangeCommand = ReturnType<typeof exchangeCommand>;

/** Each MAC by itself, so that one which does not hold says nothing about another. */
const macsOf = (
  of: "question" | "answer",
  jws: Jws | undefined,
  typ: string,
  everOf: ExchangePorts["everOf"],
): Exchange["macs"] =>
  (jws?.signatures ?? []).flatMap((signature) => {
    const header = readHeader(signature.protected);
    if (header?.alg !== "HS256" || jws === undefined) return [];
    return { of, kid: header.kid, holds: verifyJws({ payload: jws.payload, signatures: [signature] }, everOf, typ).ok };
  });

const kidsOf = (jws: Jws | undefined): readonly string[] =>
  (jws?.signatures ?? []).flatMap((signature) => readHeader(signature.protected)?.kid ?? []);

const isAnswer = (event: Recorded): event is Recorded<"elicitation.accepted" | "elicitation.declined"> =>
  event.type === "elicitation.accepted" || event.type === "elicitation.declined";

const isExpiry = (event: Recorded): boolean => event.type === "elicitation.expired";

const byNumber = (a: number, b: number): number => a - b;
