import type { Attack } from "./attack.ts";
import { type Actor, casting, Unprepared } from "./cast.ts";
import { doorOf } from "./door.ts";
import { attacks as all } from "./list.ts";
import { recordOf } from "./record.ts";
import { redactor } from "./redact.ts";
import type { Allowed, AttackPorts, AttackResult, AttackState, Hooks, Step, Target } from "./result.ts";
import { NotRun, trialOf } from "./trial.ts";

export interface RunAttacks extends AttackPorts {
  readonly target: Target;
  readonly hooks?: Hooks;
  readonly allowed?: Allowed;
  /** All of them unless given. */
  readonly attacks?: readonly Attack[];
  /** How long a reply may take, in milliseconds; longer is a hang, and the attack has succeeded. */
  readonly patienceMs?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number, latest: AttackResult) => void;
}

export interface AttackReport {
  readonly results: readonly AttackResult[];
  /** Agents of the attacks that could not be revoked. */
  readonly left: readonly string[];
  /** Nothing succeeded and every control held. */
  readonly ok: boolean;
}

export const PATIENCE_MS = 10_000;

/**
 * Runs the attacks one after the other, as agents of their own that the administrator registers and that are revoked in
 * the end. Throws `Unprepared` when it cannot begin, because no agent can be registered; after that, nothing that the
 * bridge does makes it throw: an attack whose scene cannot be set ends as `control failed`.
 */
export const runAttacks = async (run: RunAttacks): Promise<AttackReport> => {
  const { clock, scheduler, rng, target, hooks = {}, allowed = {}, attacks = all, patienceMs = PATIENCE_MS } = run;
  const signal = run.signal ?? new AbortController().signal;
  let url = target.url.replace(/\/$/, "");
  const hides = redactor();
  hides.know(target.token, "token of the administrator");
  const door = doorOf({
    url: () => url,
    patienceMs,
    scheduler,
    monotonic: clock.monotonic,
    signal,
    redactor: hides,
  });
  const cast = casting(door, target.token, rng, clock.now);
  const lent: Hooks = { ...hooks, ...(hooks.restart === undefined ? {} : { restart: moved(hooks.restart) }) };
  function moved(restart: () => Promise<string>) {
    return async (): Promise<string> => {
      url = (await restart()).replace(/\/$/, "");
      return url;
    };
  }

  const results: AttackResult[] = [];
  let left: readonly string[] = [];
  try {
    const auditor = await cast.register("auditor", ["auditor"]);
    const record = recordOf(door, auditor.token, scheduler);
    const troupes = new Map<string, Map<string, Promise<Actor>>>();
    for (const attack of attacks) {
      if (signal.aborted) break;
      const family = attack.id.split(".", 1)[0] as string;
      const troupe = troupes.get(family) ?? new Map();
      troupes.set(family, troupe);
      const trial = trialOf({
        ...{
          clock,
          scheduler,
          rng,
          door,
          record,
          casting: cast,
          hooks: lent,
          allowed,
          url: () => url,
          patienceMs,
          troupe,
        },
      });
      const begun = clock.monotonic();
      const ended = await tried(attack, trial, lent);
      const { id, title, tries } = attack;
      const ms = Math.round(clock.monotonic() - begun);
      const result = { id, title, tries, ...ended, steps: trial.steps, ms };
      results.push(result);
      run.onProgress?.(results.length, attacks.length, result);
    }
  } finally {
    left = signal.aborted || hooks.editLog !== undefined ? [] : await cast.cleanUp();
  }
  const ok = results.every(({ state }) => state === "refused" || state === "not run") && left.length === 0;
  return { results, left, ok };
};

type Ended = Pick<AttackResult, "state" | "says">;

const tried = async (attack: Attack, trial: ReturnType<typeof trialOf>, hooks: Hooks): Promise<Ended> => {
  if (attack.needs !== undefined && hooks[attack.needs] === undefined) {
    return { state: "not run", says: needs[attack.needs] };
  }
  try {
    await attack.run(trial);
  } catch (error) {
    if (error instanceof NotRun) return { state: "not run", says: error.message };
    // What was broken before the scene fell apart is the reason why it did.
    const broken = trial.steps.find(({ verdict }) => verdict === "broken");
    if (broken !== undefined) return { state: "succeeded", says: `${broken.what}: ${broken.says}` };
    const says = error instanceof Unprepared ? error.message : `the attack itself failed: ${String(error)}`;
    return { state: "control failed", says };
  }
  return stateOf(trial.steps);
};

const needs: Readonly<Record<keyof Hooks, string>> = {
  restart: "needs to restart the bridge",
  editLog: "needs to change the stored log",
  storeEvidence: "needs a place where evidence is stored",
  tell: "needs a terminal",
};

const stateOf = (steps: readonly Step[]): Ended => {
  const first = (wanted: Step["verdict"]): Step | undefined => steps.find(({ verdict }) => verdict === wanted);
  const broken = first("broken");
  if (broken !== undefined) return { state: "succeeded", says: `${broken.what}: ${broken.says}` };
  const evaded = first("evaded");
  if (evaded !== undefined) return { state: "control failed", says: `${evaded.what}: ${evaded.says}` };
  const hasBoth = steps.some(({ kind }) => kind === "control") && steps.some(({ kind }) => kind !== "control");
  if (!hasBoth) return { state: "control failed", says: "it has no positive control" };
  const seen = new Set(steps.filter(({ kind }) => kind !== "control").map(({ says }) => says));
  return { state: "refused" satisfies AttackState, says: [...seen].join("; ") };
};
