import type { Json } from "../../../domain/json.ts";
import type { RollbackStep } from "../../../domain/rollback.ts";
import {
  allEvents,
  eventsOf,
  type FlagStanding,
  type FlagTarget,
  type Operator,
  type RollbackStanding,
  type Standing,
  storyOf,
} from "../operator.ts";
import { account, accountTypes } from "./account.ts";
import { type Announced, type IncidentReport, incidentReport } from "./report.ts";

/** A post-condition as it was found on the running bridge, or why it does not hold. */
export type Found =
  | { readonly ok: true; readonly found: string; readonly detail: Json }
  | { readonly ok: false; readonly why: string };

export interface StepPorts {
  readonly operator: Operator;
  /** Tells people; what came of it by channel. Never rejects, and takes seconds at most: only the report waits for it. */
  readonly announce: (rollback: RollbackStanding) => Promise<readonly Announced[]>;
  /** Asks and answers one real question by the mailbox. */
  readonly probe: () => Promise<{ readonly ok: boolean; readonly ms: number; readonly says: string }>;
  /** Reads the whole log and checks it. */
  readonly verifyLog: () => Promise<{ readonly ok: boolean; readonly says: string }>;
  /** Keeps the report where people find it, and reads it back. */
  readonly publish: (report: IncidentReport) => Promise<{ readonly digest: string; readonly place: string }>;
}

/** Probes of the stable path, all of which have to be answered. */
const PROBES = 3;
const REROUTED_AT_ONCE = 500;

/** `telling`: people are being told, beside all of it. */
export const stepsOf = (
  ports: StepPorts,
  telling: Promise<readonly Announced[]>,
): Readonly<Record<RollbackStep, (rollback: RollbackStanding) => Promise<Found>>> => ({
  announce: (rollback) => announce(ports, rollback),
  switch: (rollback) => switchFlag(ports, rollback),
  drain: (rollback) => drain(ports, rollback),
  confirm_stable: () => confirmStable(ports),
  clear_delivery: (rollback) => clearDelivery(ports, rollback),
  verify_log: () => verifyLog(ports),
  publish: (rollback) => publish(ports, rollback, telling),
});

const announce = async ({ operator }: StepPorts, rollback: RollbackStanding): Promise<Found> => {
  const [began] = await storyOf(operator, "rollback", rollback);
  if (began?.type !== "rollback.started") return no("its beginning is not in the log");
  return yes(`in the log at position ${began.position}; people are being told`, { position: began.position });
};

/** Off for whom it concerns, whoever else still wants it on: the flag's fence sees to that. */
const switchFlag = async ({ operator }: StepPorts, rollback: RollbackStanding): Promise<Found> => {
  const { flag: name, scope, id } = rollback;
  const reason = `rollback ${id}: ${rollback.reason}`.slice(0, 500);
  const get = () => operator.operate<FlagStanding>("flags.get", { name });
  const before = await get();
  // Off already is not enough while it can be set: only a change moves its fence, past which nobody gets who has read
  // the flag before, and sets it when it wakes up.
  const isOpen = before.status === "set" && before.reason !== reason;
  if (!isOff(before, rollback) || isOpen) {
    const { fence, percentage, targets } = before;
    if (scope.kind === "full") await operator.operate("flags.kill", { name, reason });
    else if (scope.kind === "canary") {
      await operator.operate("flags.set", {
        name,
        fence,
        percentage: 0,
        targets: targets.filter(({ on }) => !on),
        reason,
      });
    } else {
      const share = before.status === "none" ? 100 : percentage;
      await operator.operate("flags.set", {
        name,
        fence,
        percentage: share,
        targets: isOff(before, rollback) ? targets : [...offFor(scope), ...targets],
        reason,
      });
    }
  }
  const after = await get();
  if (!isOff(after, rollback)) return no(`the flag ${name} is still on`);
  const sample = scope.kind === "partial" ? scope.agents.slice(0, 20) : await someAgents(operator);
  for (const agent of sample) {
    const { value } = await operator.operate<{ readonly value: boolean }>("flags.evaluate", { name, agent });
    if (value) return no(`the flag ${name} is still on for ${agent}`);
  }
  return yes(
    `${name} is ${after.status} at fence ${after.fence}; off for each of ${sample.length} agents asked about`,
    {
      fence: after.fence,
      before: { status: before.status, percentage: before.percentage, fence: before.fence },
    },
  );
};

const offFor = (scope: Extract<RollbackStanding["scope"], { readonly kind: "partial" }>): readonly FlagTarget[] => [
  ...(scope.agents.length > 0 ? [{ agents: scope.agents, on: false }] : []),
  ...(scope.roles.length > 0 ? [{ roles: scope.roles, on: false }] : []),
];

const isOff = (flag: FlagStanding, { scope }: RollbackStanding): boolean => {
  if (flag.status === "killed") return true;
  if (flag.status === "none") return false;
  switch (scope.kind) {
    case "full":
      return false;
    case "canary":
      return flag.percentage === 0 && flag.targets.every(({ on }) => !on);
    case "partial":
      // The first target that fits decides, so ours have to be in front.
      return offFor(scope).every((ours, i) => JSON.stringify(ours) === JSON.stringify(inOrder(flag.targets[i])));
  }
};

const inOrder = (target: FlagTarget | undefined): object =>
  target === undefined
    ? {}
    : { ...(target.agents && { agents: target.agents }), ...(target.roles && { roles: target.roles }), on: target.on };

/** What is on its way by the withdrawn arm goes to the mailbox. */
const drain = async ({ operator }: StepPorts, rollback: RollbackStanding): Promise<Found> => {
  const concerns = await concernsOf(operator, rollback);
  const { rerouted, ended } = await reroute(operator, concerns, rollback);
  const left = await openByPush(operator, concerns);
  return left.length === 0
    ? yes(`${rerouted} handed to the mailbox, ${ended} ended meanwhile; nothing is open in the push arm`, {
        rerouted,
        ended,
      })
    : no(`${left.length} questions are still open in the push arm`);
};

const reroute = async (operator: Operator, concerns: Concerns, { id }: RollbackStanding) => {
  const ids = await openByPush(operator, concerns);
  let [rerouted, ended] = [0, 0];
  for (let at = 0; at < ids.length; at += REROUTED_AT_ONCE) {
    const done = await operator.operate<Readonly<Record<"rerouted" | "already" | "ended", readonly string[]>>>(
      "arms.reroute",
      { arm: "mailbox", ids: ids.slice(at, at + REROUTED_AT_ONCE), reason: `rollback ${id}` },
    );
    rerouted += done.rerouted.length + done.already.length;
    ended += done.ended.length;
  }
  return { rerouted, ended };
};

interface OpenPage {
  readonly items: readonly { readonly id: string; readonly to: string; readonly position: number }[];
  readonly next: number | null;
}

const openByPush = async (operator: Operator, concerns: Concerns): Promise<readonly string[]> => {
  const ids: string[] = [];
  for (let after: number | null = 0; after !== null; ) {
    const page: OpenPage = await operator.operate<OpenPage>("arms.open", { arm: "push", after, limit: 1_000 });
    for (const { id, to } of page.items) if (concerns(to)) ids.push(id);
    after = page.next;
  }
  return ids;
};

const confirmStable = async ({ probe }: StepPorts): Promise<Found> => {
  const tried: { readonly ok: boolean; readonly ms: number; readonly says: string }[] = [];
  for (let i = 0; i < PROBES; i++) tried.push(await probe());
  const failed = tried.find(({ ok }) => !ok);
  return failed === undefined
    ? yes(
        `${PROBES} of ${PROBES} questions were answered by the mailbox, in ${tried.map(({ ms }) => `${Math.round(ms)} ms`).join(", ")}`,
        {
          probes: tried as unknown as Json,
        },
      )
    : no(`the mailbox does not answer: ${failed.says}`);
};

/**
 * Nothing of the withdrawn arm is left that could still be delivered: a question that was asked while the flag was
 * switched is put over as well. What was pushed since the drain and has ended is counted, and stops nothing: bytes that
 * were on their way leave late, and who puts a question back by hand must not keep a rollback from its end for ever.
 */
const clearDelivery = async ({ operator }: StepPorts, rollback: RollbackStanding): Promise<Found> => {
  const concerns = await concernsOf(operator, rollback);
  const late = await reroute(operator, concerns, rollback);
  const left = await openByPush(operator, concerns);
  if (left.length > 0) return no(`${left.length} questions are still open in the push arm`);
  const drained = (await storyOf(operator, "rollback", rollback)).find(
    ({ type, data }) => type === "rollback.step_done" && (data as { readonly step: string }).step === "drain",
  );
  const after = drained?.position ?? 0;
  const offers = await allEvents(operator, { types: ["elicitation.offered", "elicitation.rerouted"], after });
  const moved = new Set(offers.filter(({ type }) => type === "elicitation.rerouted").map(({ subject }) => subject));
  const pushed = offers.filter(
    ({ type, subject, data }) =>
      type === "elicitation.offered" && pushWays.has((data as { readonly via: string }).via) && !moved.has(subject),
  );
  const concerned: string[] = [];
  for (const { subject } of pushed) {
    const { events } = await operator.query({ stream: subject, types: ["elicitation.asked"], limit: 1 });
    if (concerns((events[0]?.data as { readonly to?: string } | undefined)?.to ?? "")) concerned.push(subject);
  }
  const since = concerned.length === 0 ? "nothing" : `${concerned.length}, none of it open in that arm,`;
  return yes(`${late.rerouted} that were asked meanwhile put over; ${since} was pushed since the drain`, {
    late: late.rerouted,
    pushed: concerned.length,
  });
};

const pushWays: ReadonlySet<string> = new Set(["websocket", "sse", "webhook"]);

const verifyLog = async ({ verifyLog: verify }: StepPorts): Promise<Found> => {
  const { ok, says } = await verify();
  return ok ? yes(says, {}) : no(says);
};

const publish = async (
  ports: StepPorts,
  rollback: RollbackStanding,
  telling: Promise<readonly Announced[]>,
): Promise<Found> => {
  const { operator } = ports;
  const flag = await operator.operate<FlagStanding>("flags.get", { name: rollback.flag });
  if (!isOff(flag, rollback)) return no(`the flag ${rollback.flag} was switched on again meanwhile`);
  const concerns = await concernsOf(operator, rollback);
  const left = await openByPush(operator, concerns);
  if (left.length > 0) return no(`${left.length} questions are open in the push arm again`);
  const told = await telling;
  const report = await reportOf(operator, rollback, concerns, told);
  const { digest, place } = await ports.publish(report);
  const { data_loss } = report;
  if (data_loss.lost > 0) return no(data_loss.statement);
  const channels = told.map(({ channel, state }) => `${channel} ${state}`).join(", ") || "no channel configured";
  return yes(`${place}; ${channels}; ${data_loss.statement}`, { digest, place, lost: data_loss.lost });
};

const reportOf = async (
  operator: Operator,
  rollback: RollbackStanding,
  concerns: Concerns,
  told: readonly Announced[],
): Promise<IncidentReport> => {
  const own = await storyOf(operator, "rollback", rollback);
  const { rollout } = await operator.operate<Standing>("rollouts.get", {});
  const ended = rollout === null || rollout.id !== rollback.rollout ? [] : await storyOf(operator, "rollout", rollout);
  // Nothing from before the oldest question that was open then can have been on its way.
  const questions = eventsOf(operator, { types: accountTypes, after: Math.max(0, (rollback.openFrom ?? 1) - 1) });
  const events = [...own, ...ended].sort((a, b) => a.position - b.position);
  return incidentReport(rollback, events, await account(questions, rollback.position, concerns), told);
};

type Concerns = (agent: string) => boolean;

const concernsOf = async (operator: Operator, { scope }: RollbackStanding): Promise<Concerns> => {
  if (scope.kind !== "partial") return () => true;
  const named = new Set(scope.agents);
  if (scope.roles.length > 0) {
    const { agents } = await operator.operate<{
      readonly agents: readonly { readonly name: string; readonly roles: readonly string[] }[];
    }>("agents.list", {});
    for (const { name, roles } of agents) if (roles.some((role) => scope.roles.includes(role))) named.add(name);
  }
  return (agent) => named.has(agent);
};

const someAgents = async (operator: Operator): Promise<readonly string[]> => {
  const { agents } = await operator.operate<{ readonly agents: readonly { readonly name: string }[] }>(
    "agents.list",
    {},
  );
  return agents.slice(0, 20).map(({ name }) => name);
};

const yes = (found: string, detail: Json): Found => ({ ok: true, found: found.slice(0, 2_000), detail });
const no = (why: string): Found => ({ ok: false, why: why.slice(0, 2_000) });
