import type { Field } from "../../schema/field.ts";

/** Somebody who can be asked things: a person at a terminal, or lines on standard input. */
export interface Prompter {
  readonly choose: <V extends string>(message: string, options: readonly Choice<V>[]) => Promise<V>;
  /** Asks until what is given fits the field; `undefined` leaves an optional member out. */
  readonly field: (field: Field) => Promise<unknown>;
  /** Asks until `problem` finds none. */
  readonly text: (message: string, problem: (typed: string) => string | undefined) => Promise<string>;
  /** The same for JSON, which may be pasted and have lines. */
  readonly json: (message: string, problem: (typed: string) => string | undefined) => Promise<string>;
  /** An answer is signed and final: whoever fills in a form sees all of it once more. Lines were written with care. */
  readonly sure: (answer: string) => Promise<"send" | "again" | "leave">;
  readonly say: (text: string) => void;
}

interface Choice<V extends string> {
  readonly value: V;
  readonly label: string;
}

/** The person left, the input ended, or the question went away: nothing was answered. */
export class NothingSaid extends Error {
  override readonly name = "NothingSaid";
}
