import { answerCore, type Offer, type Reply } from "../domain/answer.ts";
import type { Json } from "../domain/json.ts";
import { refusal } from "../domain/refusal.ts";
import type { Clock } from "../domain/world.ts";
import type { Identity } from "./identity.ts";
import type { Link } from "./link.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";
import { LighthouseFault, LighthouseRefusal } from "./refusal.ts";
import type { ElicitationView } from "./wire.ts";

/** A question for this agent. It stays open, and may be answered again, until the bridge has taken one answer. */
export interface IncomingQuestion {
  readonly id: string;
  readonly from: string;
  readonly message: string;
  /** JSON Schema that the content of an accepted answer must fit. */
  readonly schema: Json;
  /** Milliseconds since 1970. */
  readonly deadline: number;
  readonly causedBy: string | undefined;
  /** W3C trace context that came with the question, where the bridge traces; answers carry it on. */
  readonly traceparent: string | undefined;
  /** All of it, as it is signed. */
  readonly offer: Offer;
  /**
   * Answers with content. Throws `LighthouseRefusal`: `content_invalid` has a problem for everything that does not fit,
   * with its JSON Pointer, and the question is still open; `already_ended` and `expired` come too late.
   */
  readonly accept: (content: Json) => Promise<Outcome>;
  readonly decline: (reason: string) => Promise<Outcome>;
  /** Says that this client works on it, for `leaseMs` milliseconds (60,000 if absent); then it is offered again. */
  readonly claim: (leaseMs?: number) => Promise<void>;
  /** Aborts when it ended otherwise than by an answer from here: taken back, expired, answered elsewhere. */
  readonly withdrawn: AbortSignal;
}

/** A question as the client keeps it. */
export interface HeldQuestion {
  readonly question: IncomingQuestion;
  /** Somebody has taken it to answer it. */
  taken: boolean;
  readonly end: (view: ElicitationView) => void;
  readonly lose: (why: Error) => void;
}

export interface AnswerPorts {
  readonly link: Link;
  readonly identity: Pick<Identity, "sign" | "hasOwnKey" | "rotate">;
  readonly clock: Clock;
  readonly audience: string;
  /** Counts up with every answer signed by this client's key; from above a number that another holder of it has reached. */
  readonly nextSeq: (above?: number) => number;
  /** Names this client in claims, over all its connections. */
  readonly holder: string;
  /** An answer was taken: there is nothing more to do about the question. */
  readonly settled: (id: string) => void;
}

export const incoming = (offer: Offer, traceparent: string | undefined, ports: AnswerPorts): HeldQuestion => {
  const { id, from, message, schema, deadline, causedBy } = offer;
  /** Payloads sent from here. Each holds the challenge and a count, so it is this client's and no other. */
  const sent: string[] = [];
  let gone: Error | undefined;
  let withdrawal: AbortController | undefined;

  const lose = (why: Error): void => {
    gone = why;
    withdrawal?.abort(why);
  };

  const reply = async (said: Reply): Promise<Outcome> => {
    if (offer.audience !== ports.audience) {
      throw new LighthouseFault("protocol", `the question is of ${offer.audience}, the key is for ${ports.audience}`);
    }
    if (offer.requireEd25519 === true && !ports.identity.hasOwnKey()) {
      throw new LighthouseRefusal(refusal("own_signature_missing", "this client's credential has no key of its own"));
    }
    let seq = ports.nextSeq();
    for (let attempt = 1; ; attempt++) {
      const iat = Math.floor(ports.clock.now() / 1000);
      const answer = await ports.identity.sign(answerCore(offer, said, seq, iat));
      sent.push(answer.payload);
      try {
        const view = await ports.link.call<ElicitationView>("elicitations.answer", {
          id,
          answer,
          ...(traceparent === undefined ? {} : { _meta: { traceparent } }),
        });
        ports.settled(id);
        return outcomeOf(view);
      } catch (error) {
        // The master secret's older epochs were revoked: the own key gets the MAC key of the newest.
        if (attempt === 1 && ports.identity.hasOwnKey() && isBadSignature(error)) {
          await ports.identity.rotate(ports.link.call, "mac");
          seq = ports.nextSeq();
          continue;
        }
        // Another process signs with the same key and has counted further, or the clock was set back.
        const reached = attempt < RENUMBERED_MAX ? reachedIn(error) : undefined;
        if (reached === undefined) throw error;
        seq = ports.nextSeq(reached);
      }
    }
  };

  return {
    taken: false,
    question: {
      id,
      from,
      message,
      schema,
      deadline,
      causedBy,
      traceparent,
      offer,
      accept: (content) => reply({ action: "accept", content }),
      decline: (reason) => reply({ action: "decline", reason }),
      claim: async (leaseMs) => {
        await ports.link.call("elicitations.claim", { id, leaseMs, holder: ports.holder });
      },
      // Most questions are answered without anybody asking for it.
      get withdrawn() {
        withdrawal ??= new AbortController();
        if (gone !== undefined) withdrawal.abort(gone);
        return withdrawal.signal;
      },
    },
    end: (view) => {
      if (view.answer === undefined || !sent.includes(view.answer.payload)) lose(whyEnded(view));
    },
    lose,
  };
};

/** How often one answer is signed anew with a higher number. */
const RENUMBERED_MAX = 5;

const isBadSignature = (error: unknown): boolean =>
  error instanceof LighthouseRefusal && error.code === "signature_invalid";

/** The number that a key was used with already, as the bridge's refusal says. */
const reachedIn = (error: unknown): number | undefined => {
  if (!(error instanceof LighthouseRefusal) || error.code !== "seq_used") return undefined;
  const [problem] = error.problems;
  const above = /^must be above (\d+)$/.exec(problem?.message ?? "")?.[1];
  return above === undefined ? undefined : Number(above);
};

const whyEnded = ({ status, reason }: ElicitationView): LighthouseRefusal =>
  new LighthouseRefusal(
    status === "expired"
      ? refusal("expired", "nobody answered in time")
      : refusal("already_ended", `it ended as ${status}${reason === undefined || reason === "" ? "" : `: ${reason}`}`),
  );
