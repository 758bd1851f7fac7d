import type { Limits } from "../../domain/limit.ts";
import { alarmOf, type Trigger, type Vitals } from "../../domain/mode.ts";
import type { Cancel, Scheduler } from "../../domain/world.ts";

export interface VigilPorts {
  readonly scheduler: Scheduler;
  readonly limits: Limits;
  readonly vitals: (() => Promise<Vitals>) | undefined;
  /** In an emergency it is known already; while recovering it means that the recovery has failed. */
  readonly alarm: (trigger: Trigger, detail: string) => void;
  readonly onFault: (fault: unknown) => void;
}

/**
 * Looks at the readings before anything is taken in, and every few seconds from then on; calls the emergency when one is
 * beyond its limit. The first look is what finds a full disk again after a restart, when the emergency could not be
 * written to it.
 */
export const vigil = ({ scheduler, limits, vitals, alarm, onFault }: VigilPorts) => {
  let cancel: Cancel = () => undefined;
  let stopped = false;

  const look = async (read: () => Promise<Vitals>): Promise<void> => {
    try {
      const found = alarmOf(await read(), limits);
      if (found !== undefined && !stopped) alarm(found.trigger, found.detail);
    } catch (fault) {
      onFault(fault);
    }
  };

  const again = (read: () => Promise<Vitals>): void => {
    if (stopped) return;
    cancel = scheduler.after(limits.emergencyLookEveryMs, () => void look(read).finally(() => again(read)));
  };

  return {
    /** Resolves when it has looked once. */
    start: async (): Promise<void> => {
      if (vitals === undefined) return;
      await look(vitals);
      again(vitals);
    },
    stop: (): void => {
      stopped = true;
      cancel();
    },
  };
};
