import type { Limits } from "../../domain/limit.ts";
import { alarmOf, type Check, type Trigger, type Vitals } from "../../domain/mode.ts";
import type { Log } from "../log/log.ts";
import type { ElicitationView } from "../projection/elicitations.ts";

export interface CheckPorts {
  readonly log: Pick<Log, "health">;
  readonly now: () => number;
  readonly limits: Limits;
  readonly elicitations: ElicitationView;
  readonly vitals: (() => Promise<Vitals>) | undefined;
}

/** An expiry may come this late: a timer of a busy process does. */
const OVERDUE_MS = 5_000;

/** What has to be so before the bridge may go back to normal: looked at when it is asked for, never remembered. */
export const healthChecks =
  ({ log, now, limits, elicitations, vitals }: CheckPorts) =>
  async (): Promise<readonly Check[]> => [
    writable(log),
    overdue(elicitations, now()),
    ...(vitals === undefined ? [] : await measured(vitals, limits)),
  ];

const writable = (log: Pick<Log, "health">): Check => {
  const health = log.health();
  return { name: "log", ok: health.writable, says: health.writable ? "can be written" : health.reason };
};

const overdue = (elicitations: ElicitationView, time: number): Check => {
  let late = 0;
  for (const { state } of elicitations.open()) if (state.question.deadline + OVERDUE_MS < time) late++;
  return { name: "deadlines", ok: late === 0, says: `${late} questions are open past their deadline` };
};

/** Each reading by itself, so that all that is beyond its limit is told. One that cannot be had proves nothing. */
const measured = async (read: () => Promise<Vitals>, limits: Limits): Promise<readonly Check[]> => {
  let vitals: Vitals;
  try {
    vitals = await read();
  } catch (fault) {
    return [{ name: "readings", ok: false, says: `cannot be had: ${fault instanceof Error ? fault.message : fault}` }];
  }
  const { diskFreeShare, appendP99Ms, appends, errorShare, calls } = vitals;
  const check = (name: Exclude<Trigger, "operator">, part: Vitals, says: string): Check => {
    const alarm = alarmOf(part, limits);
    return { name, ok: alarm === undefined, says: alarm?.detail ?? says };
  };
  // Three calls of which three fail are no rate, and "ok" beside 100 % wants a word.
  const least = limits.emergencySamplesMin;
  const ifFew = (samples: number): string => (samples < least ? `; fewer than ${least} are not judged` : "");
  return [
    ...(diskFreeShare === undefined ? [] : [check("disk", { diskFreeShare }, `${percent(diskFreeShare)} is free`)]),
    ...(appendP99Ms === undefined
      ? []
      : [
          check(
            "append_latency",
            { appendP99Ms, appends: appends ?? 0 },
            `P99 ${Math.round(appendP99Ms)} ms${ifFew(appends ?? 0)}`,
          ),
        ]),
    ...(errorShare === undefined
      ? []
      : [
          check(
            "error_rate",
            { errorShare, calls: calls ?? 0 },
            `${percent(errorShare)} of ${calls ?? 0} calls fail${ifFew(calls ?? 0)}`,
          ),
        ]),
  ];
};

const percent = (share: number): string => `${Math.round(share * 1_000) / 10} %`;
