import type { Static, TSchema } from "typebox";
import type { Problem, Refusal } from "../../domain/refusal.ts";
import type { Bridge } from "../bridge.ts";
import type { Allowance, Charge } from "../command/allowance.ts";
import type { Admitted } from "../command/gate.ts";
import type { Action } from "../command/policy.ts";
import { invalidInput, problemsBy } from "./input-problems.ts";

/** Who is asking, established from the credential before any argument is read. */
export interface Principal {
  readonly agent: string;
  readonly roles: readonly string[];
  /** Sees what is private to others; the policy says who. */
  readonly mayAudit: boolean;
  /** W3C `traceparent` that came with the request. */
  readonly trace: string | null;
  /** Id of the login that the credential belongs to; absent for one that does not expire. */
  readonly login?: string;
}

export type Reply<O> = { readonly ok: true; readonly value: O } | { readonly ok: false; readonly refusal: Refusal };

/** One thing that a client can ask the bridge to do. Every transport serves the same list. */
export interface Operation<I extends TSchema = TSchema, O extends TSchema = TSchema> {
  readonly name: string;
  readonly summary: string;
  readonly input: I;
  readonly output: O;
  /** How HTTP says it. Members named in `path` come from there, the rest from the query (GET) or the body. */
  readonly http: { readonly method: "GET" | "POST" | "DELETE"; readonly path: string; readonly status: 200 | 201 };
  /** What the policy calls it, whom it is about, and what it is charged as. */
  readonly action: Action;
  readonly target?: (input: Static<I>) => string;
  readonly charge?: Charge;
  /** How long this input may make the call wait, in milliseconds; absent on operations that never wait. */
  readonly waitMs?: (input: Static<I>) => number;
  readonly run: (bridge: Bridge, who: Principal, input: Static<I>, session: Session) => Promise<Reply<Static<O>>>;
}

/** What a transport lends to an operation while it runs. */
export interface Session {
  /** Names the connection or request in receipts. */
  readonly id: string;
  /** When the whole request was there, in monotonic milliseconds. */
  readonly receivedAt: number;
  /** W3C `traceparent` of this one call, where a connection carries many. */
  readonly trace?: string | null;
  /** Aborts when the other side has gone. */
  readonly signal: AbortSignal;
  /** Calls back once the reply's bytes have left, and never if they did not. */
  readonly onReplied: (left: () => void) => void;
  /** Told what is left of a rate, on transports that can say it. */
  readonly onCharged?: (allowance: Allowance) => void;
  /** Asked before a call waits, on transports that hold a connection for it; returns what to call after the wait. */
  readonly enterWait?: () => Reply<() => void>;
}

export const operation = <I extends TSchema, O extends TSchema>(op: Operation<I, O>): ServedOperation => {
  const problemsOf = problemsBy(op.input);
  return {
    ...op,
    problemsOf,
    call: observed(op.name, (bridge, who, raw, session) => {
      const problems = problemsOf(raw);
      if (problems.length > 0) return { ok: false, refusal: invalidInput(problems) };
      const input = raw as Static<I>;
      const admitted = (admission: Admitted): Reply<Static<O>> | Promise<Reply<Static<O>>> => {
        if (!admission.ok) return admission;
        if (admission.allowance !== undefined) session.onCharged?.(admission.allowance);
        const waits = session.enterWait !== undefined && (op.waitMs?.(input) ?? 0) > 0;
        if (!waits) return op.run(bridge, who, input, session);
        const entered = session.enterWait();
        return entered.ok ? op.run(bridge, who, input, session).finally(entered.value) : entered;
      };
      const admission = bridge.gate.admit(
        { actor: who.agent, trace: who.trace },
        {
          action: op.action,
          ...(op.target === undefined ? {} : { target: op.target(input) }),
          ...(op.charge === undefined ? {} : { charge: op.charge }),
        },
      );
      return admission instanceof Promise ? admission.then(admitted) : admitted(admission);
    }),
  } as ServedOperation;
};

/** Every call of every transport passes here: it gets its place in a trace, and its end is told. */
const observed =
  (
    operation: string,
    call: (...args: Parameters<ServedOperation["call"]>) => Reply<unknown> | Promise<Reply<unknown>>,
  ): ServedOperation["call"] =>
  async (bridge, who, raw, session) => {
    const { observer } = bridge;
    const { receivedAt } = session;
    const subject = memberOf(raw, "id");
    const trace = observer.entered(operation, session.trace ?? who.trace, subject);
    const target = memberOf(raw, "to");
    const served = {
      ...{ operation, actor: who.agent, trace, receivedAt },
      ...(subject === undefined ? {} : { subject }),
      ...(target === undefined ? {} : { target }),
    };
    try {
      const reply = await call(bridge, trace === who.trace ? who : { ...who, trace }, raw, session);
      observer.served(reply.ok ? served : { ...served, refusal: reply.refusal });
      return reply;
    } catch (fault) {
      observer.served({ ...served, fault });
      throw fault;
    }
  };

const memberOf = (raw: unknown, member: "id" | "to"): string | undefined => {
  const value = ((raw ?? {}) as { readonly id?: unknown; readonly to?: unknown })[member];
  return typeof value === "string" ? value : undefined;
};

/** An operation behind its door: takes anything, and runs only on what fits. */
export interface ServedOperation extends Operation {
  /** What is wrong with an input, all of it. */
  readonly problemsOf: (input: unknown) => readonly Problem[];
  readonly call: (bridge: Bridge, who: Principal, input: unknown, session: Session) => Promise<Reply<unknown>>;
}
