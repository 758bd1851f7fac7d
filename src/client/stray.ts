import type { ElicitationView } from "./wire.ts";

/**
 * Outcomes of our own asks that came before the reply that gives their id. Rare (a question asked again after a lost
 * connection may have ended meanwhile), but an outcome is told once, so it must not fall on the floor.
 */
export const strayOutcomes = (max: number) => {
  const strays = new Map<string, ElicitationView>();
  let lost = 0;
  return {
    keep: (view: ElicitationView): void => {
      if (strays.size >= max) {
        strays.clear();
        lost++;
      }
      strays.set(view.id, view);
    },
    take: (id: string): ElicitationView | undefined => {
      const view = strays.get(id);
      if (view !== undefined) strays.delete(id);
      return view;
    },
    clear: (): void => strays.clear(),
    /** Counts up when some were given up; whoever asked before that has to look for itself. */
    lost: (): number => lost,
  };
};
