import { PUSH_FLAG } from "../../../src/domain/arm.ts";
import type { EventData, Recorded } from "../../../src/domain/event.ts";
import type { IncidentReport } from "../../../src/ops/rollout/rollback/report.ts";
import { cast } from "../cast.ts";
import type { Sometimes } from "../sometimes.ts";
import { isOpen, type Story } from "./story.ts";

type Broken = (invariant: string, event: Recorded, what: string) => void;

const ONE = "one controller acts";
const ONCE = "no effect twice";
const LEGAL = "a rollout goes its steps";
const BACK = "a rollback goes its steps";
const CLOSED = "a withdrawn arm takes no new question";
const LOST = "no question is lost across a rollback";
const OFF = "after a rollback the arm is off";

const sevenSteps = [
  "announce",
  "switch",
  "drain",
  "confirm_stable",
  "clear_delivery",
  "verify_log",
  "publish",
] as const;
type BackStep = (typeof sevenSteps)[number];

interface Lease {
  fence: number;
  holder: string;
  until: number;
}

interface Rollout {
  readonly id: string;
  readonly plan: EventData<"rollout.started">["plan"];
  status: "running" | "paused" | "aborting" | "ended";
  stage: "waiting" | "entering" | "soaking";
  step: number;
  verdict: string;
  promoted: boolean;
}

interface Back {
  readonly begun: EventData<"rollback.started">;
  readonly done: BackStep[];
  /** Whether others have put the flag or questions back into the arm since it was switched off. */
  isWorkedAgainst: boolean;
  /** In the arm when it began, or asked in it since. */
  readonly concerned: Set<string>;
  isFinished: boolean;
}

/** The one rollout and the one rollback, as the log tells them: a second reading of the rules, apart from the deciders. */
export const rolloutTales = (stories: ReadonlyMap<string, Story>, sometimes: Sometimes, broken: Broken) => {
  const leases = { rollout: noLease(), rollback: noLease() };
  const reports = new Map<string, IncidentReport>();
  let rollout: Rollout | undefined;
  let back: Back | undefined;
  let lastFlagReason = "";
  /** Fence of the flag, and the share that it had from then on. */
  const shares = new Map<number, number>();

  const leased = (of: keyof typeof leases, event: Recorded, taken: Lease): void => {
    const lease = leases[of];
    const isSame = taken.holder === lease.holder;
    if (isSame && taken.fence !== lease.fence) broken(ONE, event, `${taken.holder} renewed with another fence`);
    if (!isSame) {
      if (taken.fence !== lease.fence + 1) broken(ONE, event, `fence ${taken.fence} after ${lease.fence}`);
      if (event.time < lease.until) {
        broken(ONE, event, `${taken.holder} took it ${lease.until - event.time} ms before ${lease.holder} lost it`);
      }
      if (lease.holder !== "") sometimes.saw(`${of} taken over`);
    }
    leases[of] = { fence: taken.fence, holder: taken.holder, until: taken.until };
  };

  /** Whether whoever holds the lease did this. */
  const controlled = (of: keyof typeof leases, event: Recorded, fence: number): void => {
    const { holder, fence: current } = leases[of];
    if (fence !== current || event.actor !== holder.split("#")[0]) {
      broken(ONE, event, `${event.actor} acts on fence ${fence}; it is at ${current} with ${holder}`);
    }
  };

  const rolloutTold = (event: Recorded): void => {
    switch (event.type) {
      case "rollout.started":
        if (rollout !== undefined && rollout.status !== "ended") broken(LEGAL, event, `${rollout.id} goes on`);
        if (back !== undefined && !back.isFinished && !back.begun.rehearsal) broken(LEGAL, event, "one goes back");
        leases.rollout = { ...leases.rollout, holder: "", until: 0 };
        rollout = {
          ...{ id: event.data.id, plan: event.data.plan },
          ...{ status: "running", stage: "waiting", step: -1, verdict: "none", promoted: false },
        };
        return;
      case "rollout.leased":
        return leased("rollout", event, event.data);
    }
    const now = rollout;
    if (now === undefined || now.status === "ended")
      return broken(LEGAL, event, `${event.type}, and none is under way`);
    switch (event.type) {
      case "rollout.entered": {
        const { step, fence } = event.data;
        controlled("rollout", event, fence);
        if (step <= now.step) return broken(ONCE, event, `step ${step} is entered again`);
        const may = now.status === "running" && (step === 0 || hasPassed(now));
        if (!may || step !== now.step + 1) broken(LEGAL, event, `enters step ${step}; ${now.status} at ${now.step}`);
        Object.assign(now, { step, stage: "entering", verdict: "none", promoted: false });
        return;
      }
      case "rollout.applied": {
        const { step, fence, version } = event.data;
        controlled("rollout", event, fence);
        if (now.stage === "soaking" && step === now.step) return broken(ONCE, event, `step ${step} is applied again`);
        if (now.stage !== "entering" || step !== now.step) broken(LEGAL, event, `applies ${step} at ${now.step}`);
        if (shares.get(version) !== now.plan.steps[step]?.percent) {
          broken(LEGAL, event, `the flag was at ${shares.get(version)} % with fence ${version}`);
        }
        now.stage = "soaking";
        return;
      }
      case "rollout.measured":
      case "rollout.blind":
        controlled("rollout", event, event.data.fence);
        leases.rollout.until = event.data.until;
        if (event.type === "rollout.blind") sometimes.saw("rollout saw nothing");
        return;
      case "rollout.judged":
        controlled("rollout", event, event.data.fence);
        now.verdict = event.data.verdict;
        sometimes.saw(`judged ${event.data.verdict}`);
        return;
      case "rollout.promoted":
        now.promoted = true;
        return sometimes.saw("step promoted by hand");
      case "rollout.paused":
        now.status = "paused";
        return sometimes.saw("rollout paused");
      case "rollout.resumed":
        now.status = "running";
        return;
      case "rollout.aborted":
        if (now.status === "aborting") broken(ONCE, event, "it is aborted already");
        now.status = "aborting";
        return sometimes.saw(event.data.trigger === "" ? "rollout aborted by hand" : "rollout aborted by itself");
      case "rollout.completed":
        controlled("rollout", event, event.data.fence);
        if (!hasPassed(now) || now.step !== now.plan.steps.length - 1) {
          broken(LEGAL, event, `completed at step ${now.step}, ${now.stage}`);
        }
        now.status = "ended";
        return sometimes.saw("rollout completed");
      case "rollout.withdrawn":
        if (now.status !== "aborting" || back?.begun.rollout !== now.id || !back.isFinished) {
          broken(LEGAL, event, "withdrawn, and its rollback is not finished");
        }
        now.status = "ended";
        return sometimes.saw("rollout withdrawn");
    }
  };

  const backTold = (event: Recorded): void => {
    if (event.type === "rollback.started") return begun(event);
    if (event.type === "rollback.leased") return leased("rollback", event, event.data);
    if (back === undefined || back.isFinished) return broken(BACK, event, `${event.type}, and none is under way`);
    switch (event.type) {
      case "rollback.step_done": {
        const { step, fence } = event.data;
        controlled("rollback", event, fence);
        if (back.done.includes(step)) return broken(ONCE, event, `${step} is done again`);
        if (step !== sevenSteps[back.done.length]) broken(BACK, event, `${step} after ${back.done.join()}`);
        back.done.push(step);
        return;
      }
      case "rollback.step_failed":
        controlled("rollback", event, event.data.fence);
        return sometimes.saw("step of a rollback failed");
      case "rollback.finished":
        controlled("rollback", event, event.data.fence);
        back.isFinished = true;
        return finished(event, back);
    }
  };

  const begun = (event: Recorded<"rollback.started">): void => {
    const { rehearsal, flag, rollout: of } = event.data;
    if (back !== undefined && !back.isFinished && !displaces(event.data, back.begun)) {
      broken(BACK, event, `${back.begun.id} is under way`);
    }
    const isGoing = rollout !== undefined && rollout.status !== "ended" && rollout.plan.flag === flag;
    if (!rehearsal && isGoing && (rollout?.status !== "aborting" || of !== rollout.id)) {
      broken(BACK, event, `the rollout ${rollout?.id} was not ended first`);
    }
    leases.rollback = { ...leases.rollback, holder: "", until: 0 };
    sometimes.saw(rehearsal ? "rehearsal begun" : `rollback begun: ${event.data.scope.kind}`);
    back = {
      ...{ begun: event.data, done: [], isWorkedAgainst: false, isFinished: false },
      concerned: new Set(),
    };
    for (const story of stories.values()) if (isOpen(story) && story.arm === "push") concern(back, story);
  };

  const concern = ({ begun: { scope }, concerned }: Back, { id, asked }: Story): void => {
    if (isWithin(scope, asked.to)) concerned.add(id);
  };

  /** Everything that was in the arm has ended, or lies in the mailbox, unless others have put it back. */
  const finished = (event: Recorded<"rollback.finished">, { begun: { rehearsal }, done, ...rest }: Back): void => {
    const { report, lost } = event.data;
    if (done.length < sevenSteps.length) broken(BACK, event, `finished after ${done.length} of 7 steps`);
    const published = reports.get(report);
    if (published === undefined) return broken(BACK, event, "its report was never published");
    sometimes.saw(rehearsal ? "rehearsal finished" : "rollback finished");
    if (rest.isWorkedAgainst) return sometimes.saw("rollback finished against others");
    const open = [...rest.concerned].flatMap((id) => stories.get(id) ?? []).filter(isOpen);
    const left = open.filter(({ arm }) => arm === "push");
    if (left.length > 0 || lost > 0) broken(LOST, event, `${left.map(({ id }) => id)} are open in the withdrawn arm`);
    if (open.length > left.length) sometimes.saw("question handed over by a rollback");
    if (published.data_loss.inFlight > rest.concerned.size) {
      broken(LOST, event, `the report counts ${published.data_loss.inFlight}, there were ${rest.concerned.size}`);
    }
  };

  const flagTold = (event: Recorded): void => {
    if (event.type !== "flag.set" && event.type !== "flag.killed" && event.type !== "flag.restored") return;
    const { reason, fence } = event.data;
    shares.set(fence, event.type === "flag.killed" ? 0 : event.data.rule.percentage);
    if (reason === lastFlagReason && isOurs(reason)) broken(ONCE, event, `the flag was set already: ${reason}`);
    lastFlagReason = reason;
    const [, of, step] = /^(ro_\w+) step (\d+)/.exec(reason) ?? [];
    const isWithdrawn = back !== undefined && back.begun.rollout === of && back.done.includes("switch");
    if (of !== undefined && (isWithdrawn || rollout?.id !== of || rollout.status === "ended")) {
      return broken(OFF, event, `${of} set the flag for step ${step} after it was withdrawn`);
    }
    if (of !== undefined && rollout?.step !== Number(step) - 1) broken(LEGAL, event, `it stands at ${rollout?.step}`);
    if (back === undefined) return;
    // What others do to the flag after the rollback has is theirs to answer for; a kill is no work against it.
    const isOwn = reason.startsWith(`rollback ${back.begun.id}`);
    if (isOwn && !back.done.includes("switch")) back.isWorkedAgainst = false;
    else if (!isOwn && event.type !== "flag.killed") back.isWorkedAgainst = true;
  };

  const questionTold = (event: Recorded): void => {
    if (back === undefined) return;
    const isClosed = back.done.includes("switch") && !back.isWorkedAgainst;
    const story = stories.get(event.stream.slice("elicitation/".length));
    if (story === undefined || !isWithin(back.begun.scope, story.asked.to)) return;
    if (event.type === "elicitation.asked" && story.arm === "push") {
      if (isClosed) return broken(CLOSED, event, `asked of ${story.asked.to} by push, after the switch`);
      if (!back.isFinished) back.concerned.add(story.id);
    }
    // Others may put back what was put over, before or after it is closed: that is theirs to answer for.
    if (event.type === "elicitation.rerouted" && event.data.to === "push") back.isWorkedAgainst = true;
  };

  return {
    add: (event: Recorded): void => {
      if (event.stream === "rollout") rolloutTold(event);
      else if (event.stream === "rollback") backTold(event);
      else if (event.stream === `flag/${PUSH_FLAG}`) flagTold(event);
      else if (event.stream.startsWith("elicitation/")) questionTold(event);
    },
    published: (digest: string, report: IncidentReport): void => void reports.set(digest, report),
    /** What is under way. */
    standing: () => ({
      rollout: rollout === undefined || rollout.status === "ended" ? undefined : rollout,
      rollback:
        back === undefined || back.isFinished
          ? undefined
          : { id: back.begun.id, next: sevenSteps[back.done.length] ?? ("the end" as const) },
    }),
  };
};

export type RolloutTales = ReturnType<typeof rolloutTales>;

/** A real one a rehearsal, and one for everybody one for some. */
const displaces = (begun: EventData<"rollback.started">, running: EventData<"rollback.started">): boolean =>
  !begun.rehearsal &&
  (running.rehearsal || (begun.flag === running.flag && begun.scope.kind === "full" && running.scope.kind !== "full"));

const hasPassed = ({ stage, promoted, verdict }: Rollout): boolean =>
  stage === "soaking" && (promoted || verdict === "promote");

const isOurs = (reason: string): boolean => /^(ro_\w+ step|rollback rb_)/.test(reason);

const isWithin = (scope: EventData<"rollback.started">["scope"], agent: string): boolean =>
  scope.kind !== "partial" ||
  scope.agents.includes(agent) ||
  cast.some(({ name, roles }) => name === agent && roles.some((role) => scope.roles.includes(role)));

const noLease = (): Lease => ({ fence: 0, holder: "", until: 0 });
