import { partiesOf } from "./parties.ts";
import type { EventRow } from "./row.ts";

/** How `posting` spells what an event can be found by. */
export const term = {
  /** Actor or party: nearly every actor is a party, so one term serves both questions. */
  agent: (name: string): string => `@${name}`,
  type: (name: string): string => `#${name}`,
  correlation: (id: string): string => `=${id}`,
} as const;

/**
 * Adds what one event can be found by. An event whose correlation is its own stream, which most are, has no term for
 * it: the stream's index leads to it as well, and this spares one row for each story and block.
 */
export const addTerms = (terms: Set<string>, event: EventRow): void => {
  terms.add(term.type(event.type));
  terms.add(term.agent(event.actor));
  if (event.parties !== "") for (const party of partiesOf(event.parties)) terms.add(term.agent(party));
  if (event.correlation !== event.stream) terms.add(term.correlation(event.correlation));
};
