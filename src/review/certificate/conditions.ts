import { type Condition, type ConditionEvent, condition, dueOf, ownerOf, standingOf } from "../../domain/condition.ts";
import { type EventData, idOf } from "../../domain/event.ts";
import { momentOf } from "../digest.ts";
import type { ProvenEvent } from "./facts.ts";
import type { ConditionEntry } from "./statement.ts";

/** A count is taken just before the certificate is issued; what happened since it is not in it. In milliseconds. */
export const CENSUS_MS_MAX = 900_000;

/** The last count of this review that the log proves. */
export interface Census extends EventData<"condition.census"> {
  readonly position: number;
  readonly at: number;
  /** Who asked for it, and for the sign-offs in it. */
  readonly by: string;
}

/** Undefined when there is none, or only one that is too old for a certificate of `now`. */
export const censusOf = (review: string, events: readonly ProvenEvent[], now: number): Census | undefined => {
  const counted = events.filter((event) => event.type === "condition.census" && event.data.review === review).at(-1);
  return counted?.type === "condition.census" && counted.stream === "census" && counted.time + CENSUS_MS_MAX >= now
    ? { ...counted.data, position: counted.position, at: counted.time, by: counted.actor }
    : undefined;
};

export interface ProvenCondition {
  readonly id: string;
  readonly state: Exclude<Condition, { readonly status: "none" }>;
  readonly events: readonly (ProvenEvent & ConditionEvent)[];
}

/** Every condition up to the census, folded from its events anew: the same rules that the bridge had. */
export const conditionsOf = (events: readonly ProvenEvent[], until: number): readonly ProvenCondition[] => {
  const streams = new Map<string, (ProvenEvent & ConditionEvent)[]>();
  for (const event of events) {
    if (!event.stream.startsWith("condition/") || event.position > until) continue;
    const known = streams.get(event.stream);
    if (known === undefined) streams.set(event.stream, [event as ProvenEvent & ConditionEvent]);
    else known.push(event as ProvenEvent & ConditionEvent);
  }
  return [...streams].flatMap(([stream, own]) => {
    const state = own.reduce(condition.evolve, condition.initial);
    return state.status === "none" ? [] : [{ id: idOf(stream), state, events: own }];
  });
};

export const conditionEntry = ({ id, state, events }: ProvenCondition, now: number): ConditionEntry => {
  const { check, title, severity, review, what } = state.finding;
  const owner = ownerOf(state);
  return {
    ...{ id, check, title, severity, review, what },
    standing: standingOf(state, now),
    openedAt: momentOf(state.openedAt),
    due: momentOf(dueOf(state)),
    story: events.map((event) => ({
      position: event.position,
      at: momentOf(event.time),
      actor: event.actor,
      event: event.type.slice("condition.".length),
      detail: detailOf(event),
    })),
    ...(owner === undefined ? {} : { owner }),
    ...(state.status === "waived" ? { waivedUntil: momentOf(state.waiver.until) } : {}),
    ...(state.status === "closed" ? { closedBy: { sha256: state.run.digest } } : {}),
  };
};

const detailOf = (event: ConditionEvent): string => {
  switch (event.type) {
    case "condition.opened":
      return event.data.what;
    case "condition.acknowledged":
      return `${event.data.owner}, by ${momentOf(event.data.due)}`;
    case "condition.claimed":
      return event.data.note;
    case "condition.closed":
      return `run ${event.data.digest} by ${event.data.prober}`;
    case "condition.reopened":
      return event.data.why;
    case "condition.waived":
      return `${event.data.reason} (until ${momentOf(event.data.until)})`;
  }
};
