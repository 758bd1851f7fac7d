import { idOf, type Recorded } from "../../domain/event.ts";
import { type Flag, type FlagFact, flag } from "../../domain/flag.ts";

/** A flag as committed, and who changed it last. */
export interface HeldFlag {
  readonly name: string;
  readonly state: Flag;
  readonly revision: number;
  readonly by: string;
  readonly reason: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly position: number;
}

export const flagView = () => {
  const flags = new Map<string, HeldFlag>();
  return {
    fold: (event: Recorded): void => {
      if (event.type !== "flag.set" && event.type !== "flag.killed" && event.type !== "flag.restored") return;
      const name = idOf(event.stream);
      const before = flags.get(name)?.state ?? flag.initial;
      flags.set(name, {
        name,
        state: flag.evolve(before, event as Recorded & FlagFact),
        revision: event.revision,
        by: event.actor,
        reason: event.data.reason,
        at: event.time,
        position: event.position,
      });
    },
    load: (stream: string) => flags.get(idOf(stream)) ?? none,
    get: (name: string): HeldFlag | undefined => flags.get(name),
    state: (name: string): Flag => flags.get(name)?.state ?? flag.initial,
    list: (): readonly HeldFlag[] => [...flags.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
    count: (): number => flags.size,
  };
};

export type FlagView = ReturnType<typeof flagView>;

const none = { state: flag.initial, revision: -1 } as const;
