import type { Jws } from "../domain/elicitation.ts";
import { questionCore, questionTyp } from "../domain/question.ts";
import type { Clock, Rng } from "../domain/world.ts";
import { canonical } from "../signing/canonical.ts";
import type { Identity } from "./identity.ts";
import type { ClientLimits } from "./limit.ts";
import type { Link } from "./link.ts";
import { LighthouseRefusal } from "./refusal.ts";
import { strayOutcomes } from "./stray.ts";
import { type Asked, type ElicitationView, isEnd } from "./wire.ts";

/** Who waits for the end of one elicitation. Called in the turn in which the message is read. */
export interface Waiter {
  readonly ended: (view: ElicitationView) => void;
  readonly failed: (error: Error) => void;
}

export interface AskParams {
  readonly to: string;
  readonly message: string;
  readonly schema?: unknown;
  readonly timeoutMs?: number;
  readonly key?: string;
  readonly causedBy?: string;
  readonly requireEd25519?: boolean;
  readonly _meta?: { readonly traceparent: string };
}

const KEY_BYTES = 12;

export interface AskingPorts {
  readonly rng: Rng;
  readonly limits: ClientLimits;
  /** Undefined while this client has no key of its own: then its questions go unsigned. */
  readonly sign: () => SignQuestion | undefined;
}

export type SignQuestion = (ask: AskParams & { readonly key: string }) => Promise<Jws>;

/** Signs questions as the bridge and third parties check them. */
export const questionSigner =
  (identity: Identity, clock: Clock): SignQuestion =>
  async ({ schema, _meta, ...ask }) => {
    const { audience, agent } = identity.credential();
    const schemaHash = await identity.digest(canonical(schema ?? {}));
    const iat = Math.floor(clock.now() / 1_000);
    return identity.sign(questionCore(audience, agent, ask as never, schemaHash, iat), questionTyp);
  };

/** Asks, and brings every ask its one outcome: whether it is pushed, was missed and resumed, or has to be looked up. */
export const asking = (link: Link, { rng, limits, sign }: AskingPorts) => {
  const waiters = new Map<string, Waiter>();
  const strays = strayOutcomes(limits.strayOutcomesMax);
  const keys = keySource(rng);
  let inFlight = 0;

  /** One push for several who asked with one key. */
  const waitFor = (id: string, waiter: Waiter): void => {
    const others = waiters.get(id);
    waiters.set(id, others === undefined ? waiter : both(others, waiter));
  };

  const ended = (view: ElicitationView): void => {
    const waiter = waiters.get(view.id);
    if (waiter !== undefined) {
      waiters.delete(view.id);
      waiter.ended(view);
    } else if (inFlight > 0) strays.keep(view);
  };

  const failed = (id: string, error: Error): void => {
    const waiter = waiters.get(id);
    waiters.delete(id);
    waiter?.failed(error);
  };

  const look = (id: string): void =>
    link.send(
      "elicitations.get",
      { id },
      true,
      (view) => {
        if (isEnd((view as ElicitationView).status)) ended(view as ElicitationView);
      },
      (error) => failed(id, error),
    );

  const send = (
    params: AskParams & { readonly key: string },
    done: (result: unknown) => void,
    failed: (error: Error) => void,
  ): void => {
    const signing = sign()?.(params);
    if (signing === undefined) return link.send("elicitations.ask", params, true, done, failed);
    signing.then((signed) => link.send("elicitations.ask", { ...params, signed }, true, done, failed), failed);
  };

  const replied = (): void => {
    inFlight--;
    if (inFlight === 0) strays.clear();
  };

  return {
    /** Always with a key, so that asking again over a new connection asks once. */
    ask: (params: AskParams, asked: (asked: Asked) => void, waiter: Waiter): void => {
      const lostBefore = strays.lost();
      inFlight++;
      const { key = keys() } = params;
      send(
        { ...params, key },
        (result) => {
          const reply = result as Asked;
          const stray = strays.take(reply.id);
          replied();
          if (stray === undefined) waitFor(reply.id, waiter);
          asked(reply);
          if (stray !== undefined) return waiter.ended(stray);
          // It may have been pushed to a connection that is no more, or longer ago than any resumption reaches.
          if (isEnd(reply.status) || strays.lost() !== lostBefore) look(reply.id);
        },
        (error) => {
          replied();
          waiter.failed(error);
        },
      );
    },

    /** Takes the question back. Its waiter hears how it ended, also when an answer or the deadline was faster. */
    cancel: (id: string, reason: string, failed: (error: Error) => void): void =>
      link.send(
        "elicitations.cancel",
        { id, reason },
        true,
        (view) => ended(view as ElicitationView),
        (error) => (hasEnded(error) ? look(id) : failed(error)),
      ),
    /** Nobody waits for it any more; it stays open. */
    forget: (id: string): void => void waiters.delete(id),

    ended,
    isAwaited: (): boolean => waiters.size > 0 || inFlight > 0,
    lookForAll: (): void => {
      for (const id of waiters.keys()) look(id);
    },
    over: (why: Error): void => {
      for (const id of [...waiters.keys()]) failed(id, why);
    },
  };
};

export type Asking = ReturnType<typeof asking>;

const hasEnded = (error: Error): boolean =>
  error instanceof LighthouseRefusal && (error.code === "already_ended" || error.code === "expired");

const both = (a: Waiter, b: Waiter): Waiter => ({
  ended: (view) => {
    a.ended(view);
    b.ended(view);
  },
  failed: (error) => {
    a.failed(error);
    b.failed(error);
  },
});

/** Idempotency keys that no other client makes: 96 random bits, then a count. */
const keySource = (rng: Rng): (() => string) => {
  const prefix = Array.from(rng.bytes(KEY_BYTES), (byte) => byte.toString(16).padStart(2, "0")).join("");
  let count = 0;
  return () => `${prefix}-${++count}`;
};
