import { LighthouseFault, LighthouseRefusal } from "../../../src/client/refusal.ts";
import { PUSH_FLAG } from "../../../src/domain/arm.ts";
import type { RollbackScope } from "../../../src/domain/rollback.ts";
import { lead } from "../../../src/ops/rollout/lead.ts";
import type { FlagStanding, RollbackStanding, Standing } from "../../../src/ops/rollout/operator.ts";
import { finishRollback } from "../../../src/ops/rollout/rollback/go-back.ts";
import { prepareRehearsal, restoreAfterRehearsal, shadowAgents } from "../../../src/ops/rollout/rollback/rehearsal.ts";
import { beginRollback } from "../../../src/ops/rollout/rollback/roll-back.ts";
import type { OperatorName } from "../cast.ts";
import type { Sometimes } from "../sometimes.ts";
import { type Job, planOf } from "./job.ts";
import type { Ports } from "./ports.ts";

/** What the commands of the command line do, up to what they print. `n`: the plan's step, which names what it begins. */
export const work = async (on: Watching, ports: Ports, by: OperatorName, n: number, job: Job) => {
  const { operator } = ports;
  const id = String(n).padStart(8, "0");
  switch (job.kind) {
    case "roll out": {
      await fromNobody(ports);
      const plan = planOf(job);
      await operator.operate("rollouts.start", { id: `ro_${id}`, plan, planDigest: "", reason: `${by} wants it` });
      return led(on, ports);
    }
    case "roll back":
      return goOn(on, ports, await begun(ports, `rb_${id}`, job.scope, false));
    case "rehearse": {
      const scope = { kind: "partial", agents: shadowAgents(`rb_${id}`), roles: [] } as const;
      return goOn(on, ports, await begun(ports, `rb_${id}`, scope, true));
    }
    case "go on": {
      const { rollback } = await operator.operate<Standing>("rollouts.get", {});
      if (rollback !== null && (rollback.status === "running" || rollback.rehearsal)) await goOn(on, ports, rollback);
      const { rollout } = await operator.operate<Standing>("rollouts.get", {});
      if (rollout !== null && rollout.stage !== "ended") await led(on, ports);
    }
  }
};

interface Watching {
  readonly sometimes: Sometimes;
}

/** As a rollout begins: with the flag off for everybody. */
const fromNobody = async ({ operator }: Ports): Promise<void> => {
  const { status, fence, percentage } = await operator.operate<FlagStanding>("flags.get", { name: PUSH_FLAG });
  const none = { name: PUSH_FLAG, percentage: 0, targets: [], fence, reason: "before a rollout" };
  if (status === "killed") await operator.operate("flags.restore", none);
  else if (percentage !== 0) await operator.operate("flags.set", none);
};

/** `lighthouse rollout run --wait` */
const led = async ({ sometimes }: Watching, ports: Ports): Promise<void> => {
  for (;;) {
    try {
      await lead(ports);
      return;
    } catch (error) {
      if (!(error instanceof LighthouseRefusal) || error.code !== "lease_held") throw error;
      sometimes.saw("second controller turned away");
      await ports.sleep(1_000);
    }
  }
};

const begun = async (ports: Ports, id: string, scope: RollbackScope, rehearsal: boolean): Promise<RollbackStanding> => {
  const reason = rehearsal ? "a rehearsal" : "it smells";
  const { rollback } = await beginRollback(ports, { id, flag: PUSH_FLAG, scope, reason, rehearsal });
  if (rollback?.id !== id) throw new LighthouseFault("interrupted", `${id} was begun, and it is ${rollback?.id}`);
  return rollback;
};

const goOn = async ({ sometimes }: Watching, ports: Ports, rollback: RollbackStanding) => {
  const { id, rehearsal, next } = rollback;
  if (rehearsal && next === "announce") await prepareRehearsal(ports.operator, rollback);
  const done = await finishRollback(ports, id);
  if (rehearsal) {
    await restoreAfterRehearsal(ports.operator, rollback);
    sometimes.saw("rehearsal put everything back");
  }
  if (!done.ok) throw new LighthouseFault("interrupted", `it stopped at ${done.step}: ${done.why}`);
};
