import { LighthouseRefusal } from "../../../client/refusal.ts";
import type { RolloutStanding, Standing } from "../operator.ts";
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
      await ports.sleep(LOOK_AGAIN_MS);
    }
  }
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
