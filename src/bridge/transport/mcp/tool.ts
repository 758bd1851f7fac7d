import { type Static, type TObject, type TProperties, Type } from "typebox";
import type { Problem } from "../../../domain/refusal.ts";
import { problemsBy } from "../input-problems.ts";
import type { ServedOperation } from "../operation.ts";
import type { Desk, Told } from "./desk.ts";
import type { Wait } from "./wait-task.ts";

/** What a model can call. One definition serves every protocol version and both transports. */
export interface Tool {
  readonly name: string;
  readonly title: string;
  /** Written for a model: what it does, when to use it, what to do next. */
  readonly description: string;
  readonly input: TObject;
  readonly output: TObject;
  /** Hints as MCP has them. */
  readonly annotations: { readonly readOnlyHint: boolean; readonly idempotentHint?: boolean };
  readonly problemsOf: (input: unknown) => readonly Problem[];
  readonly run: (desk: Desk, input: never, person: Person) => Promise<Told<Shown<object>> | Form>;
  /** How the call is going as a task, for clients that take one instead of a result that is not there yet. */
  readonly asTask?: (desk: Desk, input: never) => Promise<Told<Wait>>;
}

/** The person at the client, as far as the client lets itself be used to ask: MCP's own elicitation. */
export type Person =
  | { readonly can: "nothing" }
  /** Shown a form that the client draws, or sent to a page. */
  | { readonly can: "asked"; readonly forms: boolean; readonly pages: boolean }
  /** What the person did with what this same call had asked for before. For a page: whether they went there. */
  | { readonly can: "said"; readonly action: "accept" | "decline" | "cancel"; readonly content: unknown };

/** Instead of a result: a form, or the URL of one, for the person. The client calls again with what was said. */
export type Form =
  | { readonly ok: "ask"; readonly message: string; readonly schema: FormSchema }
  | { readonly ok: "visit"; readonly message: string; readonly url: string };

export interface FormSchema {
  readonly type: "object";
  readonly properties: Readonly<Record<string, object>>;
  readonly required: readonly string[];
}

/** A result twice: structured for programs, as text for readers. */
export interface Shown<T> {
  readonly value: T;
  readonly text: string;
}

interface Definition<I extends TProperties, O extends TProperties> {
  readonly name: `lighthouse_${string}`;
  readonly title: string;
  readonly description: string;
  readonly input: I;
  readonly output: O;
  readonly readOnly: boolean;
  readonly run: (
    desk: Desk,
    input: Static<TObject<I>>,
    person: Person,
  ) => Promise<Told<Shown<Static<TObject<O>>>> | Form>;
  readonly asTask?: (desk: Desk, input: Static<TObject<I>>) => Promise<Told<Wait>>;
}

export const tool = <I extends TProperties, O extends TProperties>(made: Definition<I, O>): Tool => {
  const { name, title, description, readOnly, run, asTask } = made;
  const input = Type.Object(made.input, { additionalProperties: false });
  return {
    ...{ name, title, description, input },
    output: Type.Object(made.output),
    annotations: readOnly ? { readOnlyHint: true } : { readOnlyHint: false, idempotentHint: false },
    problemsOf: problemsBy(input),
    run: run as Tool["run"],
    ...(asTask === undefined ? {} : { asTask: asTask as NonNullable<Tool["asTask"]> }),
  };
};

/** A member of an operation's input, so that what the tool takes is what the bridge takes. */
export const memberOf = <T>(op: ServedOperation, name: string) =>
  Type.Unsafe<T>(
    (op.input as unknown as { readonly properties: { readonly [name: string]: object } }).properties[name] as object,
  );

/**
 * How long one tool call waits at most, in milliseconds. Clients give up on a call after 60 s, some with a hard clock
 * that no progress extends; one wait and what surrounds it stays well below.
 */
export const WAIT_MS_MAX = 40_000;
export const WAIT_MS_DEFAULT = 30_000;

export const shown = <T>(value: T, text: string): { readonly ok: true; readonly value: Shown<T> } => ({
  ok: true,
  value: { value, text },
});
