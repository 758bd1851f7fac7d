import type { Static, TSchema } from "typebox";
import type { Bridge } from "../../bridge.ts";
import { invalidInput, problemsBy } from "../input-problems.ts";
import type { Reply } from "../operation.ts";

/** Somebody who is nobody yet. */
export interface Stranger {
  /** The token of the Authorization header, for the one operation that takes it. */
  readonly token: string | undefined;
  /** W3C `traceparent` that came with the request. */
  readonly trace: string | null;
  /** When the whole request was there, in monotonic milliseconds. */
  readonly receivedAt: number;
}

/**
 * What can be asked for without an agent's credential, because it is how one comes by it. Served over HTTP alone, at a
 * rate of its own; no reply says whether a name, a key or a token exists to whoever cannot show that it is theirs.
 */
export interface OpenOperation<I extends TSchema = TSchema, O extends TSchema = TSchema> {
  readonly name: string;
  readonly summary: string;
  readonly input: I;
  readonly output: O;
  readonly http: { readonly method: "POST"; readonly path: string; readonly status: 200 | 201 };
  /** `enrolment`: takes the one-time token in the Authorization header. */
  readonly credential: "none" | "enrolment";
  readonly run: (bridge: Bridge, who: Stranger, input: Static<I>) => Promise<Reply<Static<O>>>;
}

/** An open operation behind its door: takes anything, and runs only on what fits. */
export interface ServedOpenOperation extends OpenOperation {
  readonly call: (bridge: Bridge, who: Stranger, input: unknown) => Promise<Reply<unknown>>;
}

export const openOperation = <I extends TSchema, O extends TSchema>(op: OpenOperation<I, O>): ServedOpenOperation => {
  const problemsOf = problemsBy(op.input);
  const call: ServedOpenOperation["call"] = async (bridge, who, raw) => {
    const { observer } = bridge;
    const trace = observer.entered(op.name, who.trace);
    const served = { operation: op.name, actor: "anonymous", trace, receivedAt: who.receivedAt };
    try {
      const problems = problemsOf(raw);
      const reply: Reply<unknown> =
        problems.length > 0
          ? { ok: false, refusal: invalidInput(problems) }
          : await op.run(bridge, { ...who, trace }, raw as Static<I>);
      observer.served(reply.ok ? served : { ...served, refusal: reply.refusal });
      return reply;
    } catch (fault) {
      observer.served({ ...served, fault });
      throw fault;
    }
  };
  return { ...op, call } as ServedOpenOperation;
};
