import type { Static, TSchema } from "typebox";
import { Compile } from "typebox/compile";
import type { Refusal } from "../../domain/refusal.ts";
import { type Problem, refusal } from "../../domain/refusal.ts";
import type { Bridge } from "../bridge.ts";

/** Who is asking, established from the credential before any argument is read. */
export interface Principal {
  readonly agent: string;
  readonly roles: readonly string[];
  /** W3C `traceparent` that came with the request. */
  readonly trace: string | null;
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
  readonly run: (bridge: Bridge, who: Principal, input: Static<I>, session: Session) => Promise<Reply<Static<O>>>;
}

/** What a transport lends to an operation while it runs. */
export interface Session {
  /** Names the connection or request in receipts. */
  readonly id: string;
  /** Aborts when the other side has gone. */
  readonly signal: AbortSignal;
  /** Calls back once the reply's bytes have left, and never if they did not. */
  readonly onReplied: (left: () => void) => void;
}

export const operation = <I extends TSchema, O extends TSchema>(op: Operation<I, O>): ServedOperation => {
  const validator = Compile(op.input);
  return {
    ...op,
    call: async (bridge, who, input, session) => {
      if (!validator.Check(input)) return { ok: false, refusal: invalidInput(validator.Errors(input)) };
      return op.run(bridge, who, input as Static<I>, session);
    },
  } as ServedOperation;
};

/** An operation behind its door: takes anything, and runs only on what fits. */
export interface ServedOperation extends Operation {
  readonly call: (bridge: Bridge, who: Principal, input: unknown, session: Session) => Promise<Reply<unknown>>;
}

const PROBLEMS_MAX = 32;

interface TypeError {
  readonly instancePath: string;
  readonly message: string;
  readonly keyword: string;
  readonly params: object;
}

/** All input errors at once, each with a JSON Pointer to where it is. */
export const invalidInput = (errors: readonly TypeError[]): Refusal => {
  const problems: Problem[] = [];
  for (const error of errors) {
    const names =
      (error.params as { readonly requiredProperties?: readonly string[] }).requiredProperties ??
      (error.params as { readonly additionalProperties?: readonly string[] }).additionalProperties;
    for (const name of names ?? [null]) {
      problems.push({
        pointer: name === null ? error.instancePath : `${error.instancePath}/${escapePointer(name)}`,
        message: name === null ? error.message : error.keyword === "required" ? "is missing" : "is not a known member",
      });
    }
  }
  return refusal("invalid_input", `${problems.length} problem(s) in the input`, {
    problems: problems.slice(0, PROBLEMS_MAX),
  });
};

const escapePointer = (name: string): string => name.replaceAll("~", "~0").replaceAll("/", "~1");
