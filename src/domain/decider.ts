import type { Refusal } from "./refusal.ts";

/** What a decision came to. A refusal may still state facts: that it happened is sometimes worth keeping. */
export type Decision<Fact> =
  | { readonly ok: true; readonly facts: readonly Fact[] }
  | { readonly ok: false; readonly refusal: Refusal; readonly facts: readonly Fact[] };

/** The shape every stream shares: what may happen, and what happening means. `evolve` never refuses or looks up. */
export interface Decider<State, Command, Fact, Event extends Fact = Fact> {
  readonly initial: State;
  readonly decide: (state: State, command: Command) => Decision<Fact>;
  readonly evolve: (state: State, event: Event) => State;
}

export const decided = <F>(...facts: readonly F[]): Decision<F> => ({ ok: true, facts });
export const refused = <F>(refusal: Refusal, ...facts: readonly F[]): Decision<F> => ({ ok: false, refusal, facts });
