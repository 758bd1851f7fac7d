import type { RollbackScope, RollbackStep } from "../../../domain/rollback.ts";
import type { Scheduler } from "../../../domain/world.ts";
import { type RollbackStanding, type Standing, storyOf } from "../operator.ts";
import { type StepPorts, stepsOf } from "./steps.ts";

export interface RollBackPorts extends StepPorts {
  readonly holder: string;
  readonly monotonic: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  readonly scheduler: Scheduler;
  readonly say: (news: StepNews) => void;
}

export interface StepNews {
  readonly step: RollbackStep;
  readonly state: "begins" | "done" | "failed";
  readonly durationMs: number;
  readonly says: string;
}

export type RolledBack =
  | { readonly ok: true; readonly id: string; readonly durationMs: number; readonly report: string }
  | { readonly ok: false; readonly id: string; readonly step: RollbackStep; readonly why: string };

/**
 * How long a controller may be silent before another takes over: in an emergency nobody waits longer than it takes to
 * type the command again. A step that takes longer renews it meanwhile.
 */
const LEASE_MS = 2_000;
const ATTEMPTS = 3;
const AGAIN_MS = 1_000;

export const beginRollback = (
  { operator }: Pick<RollBackPorts, "operator">,
  wanted: {
    readonly id: string;
    readonly flag: string;
    readonly scope: RollbackScope;
    readonly reason: string;
    readonly trigger?: string;
    readonly rehearsal?: boolean;
  },
): Promise<Standing> => operator.operate<Standing>("rollbacks.start", wanted);

/**
 * Goes through what is left of a rollback. Each step looks first whether it is so already, acts, looks again, and only
 * then is written down: killed at any point and started again, it finishes and does nothing twice.
 */
export const rollBack = async (ports: RollBackPorts, id: string): Promise<RolledBack> => {
  const { operator } = ports;
  const lease = () => operator.operate<Standing>("rollbacks.lease", { id, holder: ports.holder, forMs: LEASE_MS });
  let current = mine(await lease(), id);
  // What is read later may be another's: who was replaced is refused, whatever it has read since.
  const { fence } = current.lease;
  // Beside the steps, and by whoever takes over once more: its predecessor may have died before anybody heard of it.
  const steps = stepsOf(ports, ports.announce(current));
  while (current.next !== null) {
    const step = current.next;
    const outcome = await kept(ports, lease, () => attempt(ports, steps, step, current, fence));
    if (!outcome.ok) return { ok: false, id, step, why: outcome.why };
    current = outcome.standing;
  }
  const own = await storyOf(operator, "rollback", current);
  const began = own.find(({ type }) => type === "rollback.started");
  const last = own.findLast(({ type }) => type === "rollback.step_done");
  const published = last?.data as { readonly detail: { readonly digest: string; readonly lost: number } } | undefined;
  if (began === undefined || last === undefined || published === undefined) throw new Error(`${id} has no events`);
  const durationMs = Math.max(0, Date.parse(last.time) - Date.parse(began.time));
  const { digest: report, lost } = published.detail;
  const act = { type: "finish", report, lost, durationMs };
  await operator.operate("rollbacks.advance", { id, fence, act });
  return { ok: true, id, durationMs: durationMs, report };
};

type Attempted =
  | { readonly ok: true; readonly standing: RollbackStanding }
  | { readonly ok: false; readonly why: string };

const attempt = async (
  ports: RollBackPorts,
  steps: ReturnType<typeof stepsOf>,
  step: RollbackStep,
  current: RollbackStanding,
  fence: number,
): Promise<Attempted> => {
  const { operator, monotonic, say } = ports;
  const { id } = current;
  let why = "";
  for (let i = 1; i <= ATTEMPTS; i++) {
    const began = monotonic();
    say({ step, state: "begins", durationMs: 0, says: "" });
    const outcome = await steps[step](current);
    const durationMs = Math.round(monotonic() - began);
    if (outcome.ok) {
      const { found, detail } = outcome;
      const act = { type: "done", step, durationMs, found, detail };
      const standing = mine(await operator.operate<Standing>("rollbacks.advance", { id, fence, act }), id);
      say({ step, state: "done", durationMs, says: found });
      return { ok: true, standing };
    }
    why = outcome.why;
    say({ step, state: "failed", durationMs, says: why });
    await operator.operate("rollbacks.advance", { id, fence, act: { type: "fail", step, durationMs, why } });
    if (i < ATTEMPTS) await ports.sleep(AGAIN_MS);
  }
  return { ok: false, why };
};

/** Works, and keeps the lease while it does. */
const kept = async <T>(
  { scheduler }: RollBackPorts,
  renew: () => Promise<unknown>,
  work: () => Promise<T>,
): Promise<T> => {
  let stop = (): void => undefined;
  const again = (): void => {
    // A renewal that is refused shows at the step's own end, which is refused as well.
    stop = scheduler.after(LEASE_MS / 3, () => void renew().then(again, () => undefined));
  };
  again();
  try {
    return await work();
  } finally {
    stop();
  }
};

const mine = ({ rollback }: Standing, id: string): RollbackStanding => {
  if (rollback === null || rollback.id !== id) throw new Error(`the rollback ${id} was displaced by ${rollback?.id}`);
  return rollback;
};
