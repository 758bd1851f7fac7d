import type { Json } from "../domain/json.ts";
import type { Scheduler } from "../domain/world.ts";
import type { InferSchema } from "../schema/infer.ts";
import type { JsonSchema } from "../schema/node.ts";
import { type InferStandard, isStandardJsonSchema, jsonSchemaOf, type StandardJsonSchema } from "../schema/standard.ts";
import type { Asking, AskParams } from "./asking.ts";
import type { ClientLimits } from "./limit.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";
import type { Asked, Reach } from "./wire.ts";

/** What may bind an answer: a JSON Schema (2020-12), or a schema object of a library that speaks Standard JSON Schema. */
export type AnswerSchema = JsonSchema | StandardJsonSchema;

/** The type of an accepted answer: inferred from a literal schema, any JSON where the schema is not known. */
export type ContentOf<S> = S extends StandardJsonSchema
  ? InferStandard<S>
  : S extends undefined | boolean
    ? Json
    : string extends keyof S
      ? Json
      : InferSchema<S>;

export interface Question<S extends AnswerSchema | undefined = AnswerSchema | undefined> {
  /** Name of the agent that is asked. */
  readonly to: string;
  readonly message: string;
  readonly schema?: S;
  /** Milliseconds until the deadline; 300,000 if absent. */
  readonly timeoutMs?: number;
  /** Idempotency key: the same key asks once. Absent, the client makes one, so that a lost connection asks once too. */
  readonly key?: string;
  /** Id of the elicitation that led to this one. */
  readonly causedBy?: string;
  /**
   * Take no answer without a signature by the target's own Ed25519 key, which proves it to people who hold no secret.
   * Refused with `own_key_missing` when the target has no such key.
   */
  readonly requireEd25519?: boolean;
  /** W3C trace context of whatever led to the question; it is recorded, and handed to the one who answers. */
  readonly traceparent?: string;
}

export interface AskOptions {
  /**
   * Aborting it before anything was sent throws its reason. Later, `onAbort` decides:
   * - `cancel` (default): the question is taken back, and the ask settles with what truly happened: `cancelled`, or the
   *   answer that was faster. Without the bridge's word within `cancelPatienceMs` it throws the signal's reason.
   * - `leave`: throws the signal's reason at once; the question stays open, `wait(id)` takes it up again.
   */
  readonly signal?: AbortSignal;
  readonly onAbort?: "cancel" | "leave";
}

/** A question that is on the bridge's disk. */
export interface AskHandle<Content = Json> {
  readonly id: string;
  readonly reach: Reach;
  /** Milliseconds since 1970. */
  readonly deadline: number;
  /** True when the key had been used for this same question before. */
  readonly repeated: boolean;
  readonly outcome: Promise<Outcome<Content>>;
  /** Takes the question back; resolves with what truly happened. */
  readonly cancel: (reason?: string) => Promise<Outcome<Content>>;
}

export interface Ask {
  /** Asks, and resolves with the outcome. Throws `LighthouseRefusal` when the bridge does not take the question. */
  <const S extends AnswerSchema | undefined = undefined>(
    question: Question<S>,
    options?: AskOptions,
  ): Promise<Outcome<ContentOf<S>>>;
  /** Resolves as soon as the question is on disk, with its id and what is true about reaching its target. */
  readonly start: <const S extends AnswerSchema | undefined = undefined>(
    question: Question<S>,
    options?: AskOptions,
  ) => Promise<AskHandle<ContentOf<S>>>;
}

export const askWith = (
  asking: Asking,
  { scheduler, limits }: { readonly scheduler: Scheduler; readonly limits: ClientLimits },
): Ask => {
  const begin = (
    question: Question,
    { signal, onAbort = "cancel" }: AskOptions,
    asked: (asked: Asked) => void,
    resolve: (outcome: Outcome<never>) => void,
    reject: (error: unknown) => void,
  ): void => {
    if (signal === undefined) {
      return asking.ask(paramsOf(question), asked, { ended: (view) => resolve(outcomeOf(view)), failed: reject });
    }
    if (signal.aborted) return reject(signal.reason);
    let id: string | undefined;
    let cancelPatience = (): void => undefined;
    const abort = (): void => {
      if (onAbort === "leave") {
        if (id !== undefined) asking.forget(id);
        return settle(() => reject(signal.reason));
      }
      cancelPatience = scheduler.after(limits.cancelPatienceMs, () => settle(() => reject(signal.reason)));
      if (id !== undefined) asking.cancel(id, REASON, () => undefined);
    };
    const settle = (how: () => void): void => {
      signal.removeEventListener("abort", abort);
      cancelPatience();
      how();
    };
    signal.addEventListener("abort", abort, { once: true });
    asking.ask(
      paramsOf(question),
      (reply) => {
        id = reply.id;
        asked(reply);
        if (!signal.aborted) return;
        if (onAbort === "leave") asking.forget(id);
        else asking.cancel(id, REASON, () => undefined);
      },
      {
        ended: (view) => settle(() => resolve(outcomeOf(view))),
        failed: (error) => settle(() => reject(error)),
      },
    );
  };

  const ask = (question: Question, options: AskOptions = {}) =>
    new Promise((resolve, reject) => begin(question, options, () => undefined, resolve, reject));

  const start = (question: Question, options: AskOptions = {}) =>
    new Promise((started, failed) => {
      const outcome = new Promise<Outcome<never>>((resolve, reject) => {
        const asked = ({ id, reach, deadline, repeated }: Asked): void => {
          const cancel = (reason = ""): Promise<Outcome<never>> =>
            new Promise((resolve, reject) => {
              outcome.then(resolve, reject);
              asking.cancel(id, reason, reject);
            });
          // In a later turn, when `outcome` has its value.
          queueMicrotask(() => started({ id, reach, deadline, repeated, outcome, cancel }));
        };
        begin(question, options, asked, resolve, (error) => {
          failed(error);
          reject(error);
        });
      });
      // Whoever keeps only the id has not ignored an error.
      outcome.catch(() => undefined);
    });

  return Object.assign(ask, { start }) as unknown as Ask;
};

const REASON = "the asker aborted";

const paramsOf = (question: Question): AskParams => {
  const { traceparent, ...params } = question;
  const meta = traceparent === undefined ? {} : { _meta: { traceparent } };
  const { schema } = params;
  return isStandardJsonSchema(schema) ? { ...params, ...meta, schema: asJsonSchema(schema) } : { ...params, ...meta };
};

/** A library may take a millisecond to say a type as JSON Schema; it is asked once. */
const asJsonSchema = (schema: StandardJsonSchema): JsonSchema => {
  let known = converted.get(schema);
  if (known === undefined) {
    known = jsonSchemaOf(schema);
    converted.set(schema, known);
  }
  return known;
};

const converted = new WeakMap<StandardJsonSchema, JsonSchema>();
