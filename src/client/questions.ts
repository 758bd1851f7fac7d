import type { Json } from "../domain/json.ts";
import type { Problem } from "../domain/refusal.ts";
import type { IncomingQuestion } from "./incoming.ts";
import type { Intake } from "./intake.ts";
import type { ClientLimits } from "./limit.ts";
import type { Link } from "./link.ts";
import type { Mailbox } from "./mailbox.ts";
import { LighthouseFault, LighthouseRefusal } from "./refusal.ts";

/** Returned by a handler instead of content. */
export const decline = (reason: string): Declined => ({ [declined]: reason });

export type Declined = { readonly [declined]: string };
const declined: unique symbol = Symbol("declined");

/** What was wrong with the handler's last answer to the same question. */
export interface Mend {
  /** 0 the first time. */
  readonly mends: number;
  /** With JSON Pointers into the content; empty the first time. */
  readonly problems: readonly Problem[];
}

/** Returns the content to accept with, `decline(reason)`, or `undefined` when it has answered by itself or will not. */
export type Handler = (
  question: IncomingQuestion,
  mend: Mend,
) => Json | Declined | undefined | Promise<Json | Declined | undefined>;

export interface AnswerOptions {
  /** Stops taking questions; handlers that run are waited for. */
  readonly signal?: AbortSignal;
  /** Handlers that run at the same time. */
  readonly concurrency?: number;
  /** A handler threw, or its answer was refused for good. The question is left open. Absent: `answerWith` throws it. */
  readonly onFault?: (fault: unknown, question: IncomingQuestion) => void;
}

/** Ways to answer: an iterator that hands out questions, or a handler that is called with each. */
export const questionsFrom = (link: Link, intake: Intake, mail: Mailbox, limits: ClientLimits) => {
  let readers = 0;

  /**
   * The questions for this agent as they come. While it is iterated, the bridge counts the agent as reachable. Several
   * iterators share the questions: each goes to one of them.
   */
  async function* questions({
    signal,
  }: {
    readonly signal?: AbortSignal;
  } = {}): AsyncGenerator<IncomingQuestion, void> {
    const wish = link.want("inbox");
    const polling = mail.want();
    readers++;
    try {
      for (;;) {
        const question = await intake.take(signal);
        if (question === undefined) break;
        yield question;
      }
      const why = link.ended();
      if (why !== undefined && signal?.aborted !== true && !isClosed(why)) throw why;
    } finally {
      readers--;
      if (readers === 0) intake.putBack();
      polling.release();
      wish.release();
    }
  }

  const handle = async (question: IncomingQuestion, handler: Handler): Promise<void> => {
    let problems: readonly Problem[] = [];
    for (let mends = 0; ; mends++) {
      const said = await handler(question, { mends, problems });
      if (said === undefined) return;
      try {
        await (isDeclined(said) ? question.decline(said[declined]) : question.accept(said));
        return;
      } catch (error) {
        if (!(error instanceof LighthouseRefusal)) throw error;
        // Somebody or something else was faster; `withdrawn` has told the handler.
        if (error.code === "already_ended" || error.code === "expired") return;
        if (error.code !== "content_invalid" || mends === limits.mendsMax) throw error;
        problems = error.problems;
      }
    }
  };

  /** Answers every question with a handler. Resolves when the signal aborts or the client is closed. */
  const answerWith = async (handler: Handler, options: AnswerOptions = {}): Promise<void> => {
    const { signal, concurrency = limits.answersAtOnce, onFault } = options;
    const stop = new AbortController();
    const abort = (): void => stop.abort();
    signal?.addEventListener("abort", abort);
    if (signal?.aborted === true) abort();
    let running = 0;
    let fault: { readonly error: unknown } | undefined;
    let wake: () => void = () => undefined;
    const untilOneIsDone = (): Promise<void> =>
      new Promise((resolve) => {
        wake = resolve;
      });

    const run = async (question: IncomingQuestion): Promise<void> => {
      running++;
      try {
        await handle(question, handler);
      } catch (error) {
        intake.release(question.id);
        if (onFault !== undefined) onFault(error, question);
        else if (!isClosed(error)) {
          fault ??= { error };
          abort();
        }
      } finally {
        running--;
        wake();
      }
    };

    try {
      for await (const question of questions({ signal: stop.signal })) {
        void run(question);
        while (running >= concurrency) await untilOneIsDone();
      }
    } finally {
      signal?.removeEventListener("abort", abort);
      while (running > 0) await untilOneIsDone();
    }
    if (fault !== undefined) throw fault.error;
  };

  return { questions, answerWith };
};

const isDeclined = (said: Json | Declined): said is Declined =>
  typeof said === "object" && said !== null && declined in said;

const isClosed = (error: unknown): boolean => error instanceof LighthouseFault && error.kind === "closed";
