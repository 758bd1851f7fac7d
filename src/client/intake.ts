import type { Offer } from "../domain/answer.ts";
import { type AnswerPorts, type HeldQuestion, type IncomingQuestion, incoming } from "./incoming.ts";
import type { ClientLimits } from "./limit.ts";
import type { ElicitationView } from "./wire.ts";

type Taker = (question: IncomingQuestion | undefined) => void;

/**
 * Questions on their way to whoever answers them. Each is given to one taker, once, in the order of arrival; that the
 * bridge offers it again after a lost connection changes nothing.
 */
export const intake = (ports: Omit<AnswerPorts, "settled">, limits: ClientLimits) => {
  const held = new Map<string, HeldQuestion>();
  // A Set, because a question that ends while it waits leaves the middle of the row.
  const arrived = new Set<HeldQuestion>();
  const takers = new Set<Taker>();
  let leftAtBridge = false;
  let over: Error | undefined;

  const settled = (id: string): void => {
    held.delete(id);
    if (leftAtBridge && held.size < limits.questionsHeldMax / 2) {
      leftAtBridge = false;
      ports.link.offerAgain();
    }
  };

  const hold = (offer: Offer, trace?: string): HeldQuestion => {
    const known = held.get(offer.id);
    if (known !== undefined) return known;
    const fresh = incoming(offer, trace, { ...ports, settled });
    held.set(offer.id, fresh);
    return fresh;
  };

  const give = (question: HeldQuestion): void => {
    const [taker] = takers;
    if (taker === undefined) {
      arrived.add(question);
      return;
    }
    takers.delete(taker);
    question.taken = true;
    taker(question.question);
  };

  const dropAll = (why: Error): void => {
    for (const question of held.values()) question.lose(why);
    held.clear();
    arrived.clear();
  };

  return {
    /** False when there is no room: it is left at the bridge. */
    offer: (offer: Offer, trace?: string): boolean => {
      if (!held.has(offer.id) && held.size >= limits.questionsHeldMax) {
        leftAtBridge = true;
        return false;
      }
      const question = hold(offer, trace);
      if (!question.taken) give(question);
      return true;
    },

    ended: (view: ElicitationView): void => {
      const question = held.get(view.id);
      if (question === undefined) return;
      arrived.delete(question);
      question.end(view);
      settled(view.id);
    },

    /** The same question that an iterator would give, for one that was read from the inbox. */
    questionOf: (offer: Offer): IncomingQuestion => hold(offer).question,

    /** Resolves with the next question, or with nothing once `signal` aborts or the client is closed. */
    take: (signal: AbortSignal | undefined): Promise<IncomingQuestion | undefined> =>
      new Promise((resolve) => {
        if (over !== undefined || signal?.aborted === true) return resolve(undefined);
        const [next] = arrived;
        if (next !== undefined) {
          arrived.delete(next);
          next.taken = true;
          return resolve(next.question);
        }
        if (signal === undefined) return void takers.add(resolve);
        const stop = (): void => taker(undefined);
        const taker: Taker = (question) => {
          signal.removeEventListener("abort", stop);
          takers.delete(taker);
          resolve(question);
        };
        signal.addEventListener("abort", stop, { once: true });
        takers.add(taker);
      }),

    /** Gives a question back that its taker did not answer: it is handed out again when it is offered again. */
    release: (id: string): void => {
      const question = held.get(id);
      if (question !== undefined) question.taken = false;
    },
    /** Nobody takes questions now: those that wait are offered again when somebody does. */
    putBack: (): void => {
      for (const { question } of arrived) held.delete(question.id);
      arrived.clear();
    },

    isHolding: (): boolean => held.size > 0,
    /** What is still open is offered again, as if for the first time. */
    dropAll,
    over: (why: Error): void => {
      over = why;
      dropAll(why);
      for (const taker of [...takers]) taker(undefined);
    },
  };
};

export type Intake = ReturnType<typeof intake>;
