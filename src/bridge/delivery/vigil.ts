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

/** Looks at the readings every few seconds, and calls the emergency when one is beyond its limit. */
export const vigil = ({ scheduler, limits, vitals, alarm, onFault }: VigilPorts) => {
  let cancel: Cancel = () => undefined;
  let stopped = false;

  const look = async (read: () => Promise<Vitals>): Promise<void> => {
    const found = alarmOf(await read(), limits);
    if (found !== undefined && !stopped) alarm(found.trigger, found.detail);
  };

  const start = (): void => {
    if (vitals === undefined || stopped) return;
    cancel = scheduler.after(limits.emergencyLookEveryMs, () => {
      look(vitals).catch(onFault).finally(start);
    });
  };

  return {
    start,
    stop: (): void => {
      stopped = true;
      cancel();
    },
  };
};
