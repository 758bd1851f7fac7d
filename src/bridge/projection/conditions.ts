import { type Condition, type ConditionEvent, condition } from "../../domain/condition.ts";
import { idOf, type Recorded } from "../../domain/event.ts";

/** A condition and where its events are, which is what it is proven by. */
export interface HeldCondition {
  readonly id: string;
  readonly state: Exclude<Condition, { readonly status: "none" }>;
  readonly revision: number;
  /** Places in the log of all of its events, in order. */
  readonly positions: readonly number[];
}

/** Every condition there ever was; there are few, and none is forgotten. */
export const conditionView = () => {
  const held = new Map<string, HeldCondition>();
  return {
    fold: (event: Recorded): void => {
      if (!event.stream.startsWith("condition/")) return;
      const id = idOf(event.stream);
      const before = held.get(id);
      const state = condition.evolve(before?.state ?? condition.initial, event as Recorded & ConditionEvent);
      if (state.status === "none") return;
      const positions = [...(before?.positions ?? []), event.position];
      held.set(id, { id, state, revision: event.revision, positions });
    },
    snapshot: (id: string): { readonly state: Condition; readonly revision: number } => held.get(id) ?? none,
    get: (id: string): HeldCondition | undefined => held.get(id),
    list: (): readonly HeldCondition[] => [...held.values()],
  };
};

export type ConditionView = ReturnType<typeof conditionView>;

const none = { state: condition.initial, revision: -1 } as const;
