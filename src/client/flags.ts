import { type Evaluation, evaluate, type Flag, type FlagFact, type FlagSubject, flag } from "../domain/flag.ts";
import type { Lighthouse } from "./lighthouse.ts";
import type { LogEvent } from "./wire.ts";

const types = ["flag.set", "flag.killed", "flag.restored"] as const;

/** The bridge's flags, kept here by following their events: evaluated without asking anybody. */
export interface Flags {
  readonly evaluate: (name: string, subject: FlagSubject) => Evaluation;
  readonly state: (name: string) => Flag;
  /** Called with the name of a flag that has changed. */
  readonly onChange: (listener: (name: string) => void) => void;
  /** Why they are no longer followed; undefined while they are. */
  readonly stale: () => Error | undefined;
  readonly close: () => void;
}

/** Reads every change of a flag there was, then follows. Resolves once all of the past is known. */
export const followFlags = async (client: Lighthouse): Promise<Flags> => {
  const flags = new Map<string, Flag>();
  const listeners: ((name: string) => void)[] = [];
  const stop = new AbortController();
  let stale: Error | undefined;
  let upTo = 0;

  const fold = ({ type, subject, data, position }: LogEvent): void => {
    const name = subject.slice("flag/".length);
    flags.set(name, flag.evolve(flags.get(name) ?? flag.initial, { type, data } as unknown as FlagFact));
    upTo = position;
    for (const listener of listeners) listener(name);
  };

  for await (const event of client.events.all({ types })) fold(event);
  const follow = async (): Promise<void> => {
    for await (const event of client.events.watch({ types, after: upTo }, { signal: stop.signal })) fold(event);
    stale = new Error("the client was closed");
  };
  follow().catch((error: unknown) => {
    stale = error instanceof Error ? error : new Error(String(error));
  });

  const state = (name: string): Flag => flags.get(name) ?? flag.initial;
  return {
    state,
    evaluate: (name, subject) => evaluate(name, state(name), subject),
    onChange: (listener) => void listeners.push(listener),
    stale: () => stale,
    close: () => stop.abort(),
  };
};
