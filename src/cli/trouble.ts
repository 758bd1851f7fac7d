import type { Clock, Scheduler } from "../domain/world.ts";

interface Ports {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  /** What is wrong now, in words; undefined when all is well. */
  readonly look: () => string | undefined;
  readonly say: (text: string) => void;
}

/** As often as the bridge looks at itself, in milliseconds. */
const EVERY_MS = 5_000;

/** Tells whoever sits before the bridge when something goes wrong, becomes something else, or is well again. */
export const sayTrouble = ({ clock, scheduler, look, say }: Ports): { readonly stop: () => void } => {
  let told: string | undefined;
  let cancel = (): void => undefined;
  const again = (): void => {
    cancel = scheduler.after(EVERY_MS, () => {
      const now = look();
      if (now !== told) say(`${new Date(clock.now()).toISOString()}  ${now ?? "all is well again"}`);
      told = now;
      again();
    });
  };
  again();
  return { stop: () => cancel() };
};
