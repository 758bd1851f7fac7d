import { LighthouseRefusal } from "../../../client/refusal.ts";
import { rollbackSteps } from "../../../domain/event-rollout.ts";
import type { RollbackStanding, RolloutStanding, Standing } from "../operator.ts";
import { prepareRehearsal, restoreAfterRehearsal } from "./rehearsal.ts";
import { beginRollback, type RollBackPorts, type RolledBack, rollBack } from "./roll-back.ts";

/** How often somebody who waits for another controller looks again. */
const LOOK_AGAIN_MS = 500;

/**
 * Brings a rollback to its end, whoever works on it: if another controller holds the lease it is let work, and if that
 * one dies this one goes on.
 */
export const finishRollback = async (ports: RollBackPorts, id: string): Promise<RolledBack> => {
  for (;;) {
    const { rollback } = await ports.operator.operate<Standing>("rollouts.get", {});
    if (rollback === null || rollback.id !== id) throw new Error(`${id} is not the latest rollback`);
    if (rollback.status === "finished") return { ok: true, id, durationMs: 0, report: rollback.report };
    try {
      return await rollBack(ports, id);
    } catch (error) {
      if (!(error instanceof LighthouseRefusal) || !others.has(error.code)) throw error;
      await ports.sleep(Math.min(LOOK_AGAIN_MS, error.retryAfterMs ?? LOOK_AGAIN_MS));
    }
  }
};

export type Finished = RolledBack & { readonly restored?: Awaited<ReturnType<typeof restoreAfterRehearsal>> };

/**
 * From wherever it stands to its end, whoever began it: half a rollback is worse than either end. What a rehearsal moved is
 * put back, also when a step of it failed.
 */
export const bringToEnd = async (ports: RollBackPorts, rollback: RollbackStanding): Promise<Finished> => {
  const { operator } = ports;
  const { id, rehearsal, next } = rollback;
  if (rehearsal && next === "announce") await prepareRehearsal(operator, rollback);
  const done = await finishRollback(ports, id);
  return rehearsal ? { ...done, restored: await restoreAfterRehearsal(operator, rollback) } : done;
};

/** How far it has come and who is at work on it, in words. */
export const unfinishedInWords = (rollback: RollbackStanding, now: number): string => {
  const { id, rehearsal, done, next, lease, reason } = rollback;
  const who = lease.until > now ? `${lease.holder} is at work on it` : "nobody is at work on it";
  return (
    `the ${rehearsal ? "rehearsal" : "rollback"} ${id} is not finished: ${done.length} of ${rollbackSteps.length} steps are done` +
    `${next === null ? "" : `, next is ${next}`}; ${who} (${reason})`
  );
};

const others: ReadonlySet<string> = new Set(["lease_held", "lease_lost", "no_rollout"]);

/** The way back of a rollout that was aborted: the rollback that is under way for it, or one that is begun here. */
export const goBack = async (ports: RollBackPorts, rollout: RolloutStanding): Promise<RolledBack> => {
  const { id: of, plan, why, trigger } = rollout;
  const { rollback } = await ports.operator.operate<Standing>("rollouts.get", {});
  const isMine = rollback?.rollout === of && !rollback.rehearsal;
  // Its name follows from the rollout's, so that two controllers begin one and not two.
  const id = isMine ? rollback.id : of.replace(/^ro_/, "rb_");
  if (!isMine) {
    const reason = why === "" ? "aborted" : why;
    await beginRollback(ports, { id, flag: plan.flag, scope: { kind: "full" }, reason, trigger });
  }
  return finishRollback(ports, id);
};
