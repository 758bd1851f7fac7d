import { type Decider, type Decision, decided, refused } from "./decider.ts";
import type { EventData, EventTypeName, Fact } from "./event.ts";
import { type Lease, noLease, takeLease, unlessFenced } from "./lease.ts";
import { problemsIn, type Refusal, refusal } from "./refusal.ts";
import { planProblems, type RolloutPlan } from "./rollout-plan.ts";

/**
 * A flag's share raised step by step, one rollout at a time on a bridge.
 *
 *     waiting ─► entering(step) ─► soaking(step) ─► … ─► completed
 *        running ⇄ paused                └─► aborting ─► withdrawn      (from anywhere; nothing beats an abort)
 *
 * A step counts the time in which it was watched, not what a clock says, so that a clock that jumps promotes nothing.
 */
export type Rollout =
  | { readonly status: "none"; readonly lease: Lease }
  | Active
  | {
      readonly status: "ended";
      readonly id: string;
      readonly plan: RolloutPlan;
      readonly how: "completed" | "withdrawn";
      readonly lease: Lease;
    };

export type Active = Running | Paused | Aborting;
interface Going {
  readonly id: string;
  readonly plan: RolloutPlan;
  readonly planDigest: string;
  readonly lease: Lease;
  readonly at: Standing;
}
export interface Running extends Going {
  readonly status: "running";
}
export interface Paused extends Going {
  readonly status: "paused";
  readonly reason: string;
}
export interface Aborting extends Going {
  readonly status: "aborting";
  readonly reason: string;
  readonly trigger: string;
}

/** Where in its plan a rollout stands. */
export type Standing =
  | { readonly name: "waiting" }
  /** Decided, and not yet seen to be so. */
  | { readonly name: "entering"; readonly step: number; readonly certificate: string }
  | Soaking;
export interface Soaking {
  readonly name: "soaking";
  readonly step: number;
  /** How often it was looked at: with something to see or without. */
  readonly looks: number;
  readonly watchedMs: number;
  /** Since something was last seen. */
  readonly blindMs: number;
  /** Questions of the canary arm that ended in this step. */
  readonly samples: number;
  readonly verdict: Verdict | "none";
  readonly why: string;
  /** A person took it for passed. */
  readonly promoted: boolean;
}

export type Verdict = EventData<"rollout.judged">["verdict"];
export type RolloutFact = Fact<Extract<EventTypeName, `rollout.${string}`>>;
type Seen = Pick<EventData<"rollout.measured">, "forMs" | "canary" | "stable" | "violations" | "agents">;

/** What only the controller does names its fence; what a person does names the rollout. */
export type RolloutCommand =
  | {
      readonly type: "start";
      readonly id: string;
      readonly plan: RolloutPlan;
      readonly planDigest: string;
      readonly reason: string;
    }
  | {
      readonly type: "lease";
      readonly id: string;
      readonly holder: string;
      readonly now: number;
      readonly forMs: number;
    }
  | (Controlled & { readonly type: "enter"; readonly step: number; readonly certificate: string })
  | (Controlled & { readonly type: "apply"; readonly step: number; readonly version: number })
  /** `look`: how many there were before; a repeat of one that is known changes nothing. */
  | (Look & { readonly type: "measure"; readonly seen: Seen })
  | (Look & { readonly type: "blind"; readonly forMs: number; readonly why: string })
  | (Controlled & { readonly type: "judge"; readonly step: number; readonly verdict: Verdict; readonly why: string })
  | (Controlled & { readonly type: "complete" })
  | { readonly type: "pause" | "resume" | "promote"; readonly id: string; readonly reason: string }
  | { readonly type: "abort"; readonly id: string; readonly reason: string; readonly trigger: string }
  | { readonly type: "withdraw"; readonly id: string; readonly rollback: string };

interface Controlled {
  readonly id: string;
  readonly fence: number;
}
interface Look extends Controlled {
  readonly step: number;
  readonly look: number;
  readonly now: number;
  readonly leaseMs: number;
}

type Outcome = Decision<RolloutFact>;
type Command<T extends RolloutCommand["type"]> = Extract<RolloutCommand, { readonly type: T }>;

const decide = (state: Rollout, command: RolloutCommand): Outcome => {
  if (command.type === "start") return start(state, command);
  if (state.status === "none" || command.id !== state.id) {
    return refused(
      refusal("no_rollout", state.status === "none" ? "none was ever started" : `the latest is ${state.id}`),
    );
  }
  if (state.status === "ended") return afterTheEnd(state.how, command);
  switch (command.type) {
    case "lease":
      return lease(state, command);
    case "pause":
    case "resume":
    case "promote":
      return byHand(state, command);
    case "abort":
      return state.status === "aborting" ? decided() : decided(aborted(command));
    case "withdraw":
      return state.status === "aborting"
        ? decided({ type: "rollout.withdrawn", data: { id: state.id, rollback: command.rollback } })
        : refused(refusal("no_evidence", "abort it first: a rollout that goes on cannot have been withdrawn"));
    case "enter":
    case "apply":
    case "measure":
    case "blind":
    case "judge":
    case "complete": {
      const fenced = unlessFenced(state.lease, command.fence);
      if (fenced !== undefined) return refused(fenced);
      return state.status === "aborting" ? refused(goingBack(state)) : controlled(state, command);
    }
  }
};

const start = (state: Rollout, { id, plan, planDigest, reason }: Command<"start">): Outcome => {
  if (state.status !== "none" && state.id === id) return decided();
  if (state.status !== "none" && state.status !== "ended") {
    return refused(refusal("rollout_busy", `${state.id} is ${state.status}`));
  }
  const problems = planProblems(plan).map((p) => ({ ...p, pointer: `/plan${p.pointer}` }));
  if (problems.length > 0) {
    return refused(refusal("invalid_input", problemsIn("the plan", problems), { problems }));
  }
  return decided({ type: "rollout.started", data: { id, plan, planDigest, reason } });
};

const afterTheEnd = (how: "completed" | "withdrawn", { type }: RolloutCommand): Outcome => {
  if (type === "complete" && how === "completed") return decided();
  if ((type === "withdraw" || type === "abort") && how === "withdrawn") return decided();
  return refused(
    refusal(
      "no_rollout",
      how === "completed" ? "it was completed; `lighthouse rollback` takes it back" : "it was withdrawn",
    ),
  );
};

const lease = (state: Active, { holder, now, forMs }: Command<"lease">): Outcome => {
  const taken = takeLease(state.lease, holder, now, forMs);
  return taken.ok
    ? decided({ type: "rollout.leased", data: { id: state.id, ...taken.lease } })
    : refused(taken.refusal);
};

const byHand = (state: Active, command: Command<"pause" | "resume" | "promote">): Outcome => {
  if (state.status === "aborting") return refused(goingBack(state));
  const { id } = state;
  const { reason } = command;
  switch (command.type) {
    case "pause":
      return state.status === "paused" ? decided() : decided({ type: "rollout.paused", data: { id, reason } });
    case "resume":
      return state.status === "running" ? decided() : decided({ type: "rollout.resumed", data: { id, reason } });
    case "promote": {
      const { at } = state;
      if (at.name !== "soaking") return refused(refusal("no_evidence", `it is ${at.name}: no step is being watched`));
      if (at.promoted) return decided();
      if (at.samples === 0 || at.blindMs > 0) {
        const why =
          at.samples === 0 ? "no question of the canary arm has ended in this step" : "nothing can be seen now";
        return refused(refusal("no_evidence", why));
      }
      return decided({ type: "rollout.promoted", data: { id, step: at.step, reason } });
    }
  }
};

const controlled = (
  state: Running | Paused,
  command: Command<"enter" | "apply" | "measure" | "blind" | "judge" | "complete">,
): Outcome => {
  const { id, at, plan } = state;
  const { fence } = command;
  switch (command.type) {
    case "enter": {
      const { step, certificate } = command;
      if (at.name !== "waiting" && at.step === step) return decided();
      if (state.status === "paused") return refused(refusal("no_evidence", `it is paused: ${state.reason}`));
      const next = at.name === "waiting" ? 0 : at.step + 1;
      if (step !== next || plan.steps[step] === undefined) {
        return refused(refusal("no_evidence", `step ${step + 1} cannot be entered from where it stands`));
      }
      const unproven = at.name === "waiting" ? undefined : unlessPassed(at);
      if (unproven !== undefined) return refused(unproven);
      if (plan.certificate === "required" && certificate === "") {
        return refused(refusal("certificate_missing", `step ${step + 1} needs a valid certificate`));
      }
      const { percent } = plan.steps[step];
      return decided({ type: "rollout.entered", data: { id, step, percent, fence, certificate } });
    }
    case "apply":
      if (at.name === "soaking" && at.step === command.step) return decided();
      return at.name === "entering" && at.step === command.step
        ? decided({ type: "rollout.applied", data: { id, step: command.step, fence, version: command.version } })
        : refused(elsewhere(command.step));
    case "measure":
    case "blind": {
      if (at.name !== "soaking" || at.step !== command.step) return refused(elsewhere(command.step));
      if (command.look < at.looks) return decided();
      const { step } = command;
      const until = command.now + command.leaseMs;
      return command.type === "blind"
        ? decided({ type: "rollout.blind", data: { id, step, fence, forMs: command.forMs, why: command.why, until } })
        : decided({ type: "rollout.measured", data: { id, step, fence, ...command.seen, until } });
    }
    case "judge": {
      const { step, verdict, why } = command;
      if (at.name !== "soaking" || at.step !== step) return refused(elsewhere(step));
      if (verdict === "promote" && (at.samples === 0 || at.blindMs > 0)) {
        return refused(refusal("no_evidence", "nothing was seen that could be promoted on"));
      }
      if (at.verdict === verdict) return decided();
      const judged: RolloutFact = { type: "rollout.judged", data: { id, step, fence, verdict, why } };
      return verdict === "rollback" ? decided(judged, aborted({ id, reason: why, trigger: "judge" })) : decided(judged);
    }
    case "complete": {
      if (at.name !== "soaking" || at.step !== plan.steps.length - 1) return refused(elsewhere(plan.steps.length - 1));
      if (state.status === "paused") return refused(refusal("no_evidence", `it is paused: ${state.reason}`));
      const unproven = unlessPassed(at);
      return unproven === undefined ? decided({ type: "rollout.completed", data: { id, fence } }) : refused(unproven);
    }
  }
};

/** A step is passed when the judge said so and nothing has changed its mind since, or when a person did. */
const unlessPassed = (at: Exclude<Standing, { readonly name: "waiting" }>): Refusal | undefined => {
  if (at.name !== "soaking") return refusal("no_evidence", "the step before has not been seen to be in force");
  return at.promoted || at.verdict === "promote"
    ? undefined
    : refusal("no_evidence", `the step before was not passed: ${at.verdict}`);
};

const elsewhere = (step: number): Refusal => refusal("no_evidence", `it does not stand at step ${step + 1}`);
const goingBack = ({ reason }: Aborting): Refusal => refusal("rollout_busy", `it goes back: ${reason}`);
const aborted = ({ id, reason, trigger }: EventData<"rollout.aborted">): RolloutFact => ({
  type: "rollout.aborted",
  data: { id, reason, trigger },
});

const evolve = (state: Rollout, fact: RolloutFact): Rollout => {
  if (fact.type === "rollout.started") {
    const { id, plan, planDigest } = fact.data;
    // The fence goes on counting, and whoever held the last rollout's lease does not hold this one's.
    return {
      status: "running",
      id,
      plan,
      planDigest,
      lease: { ...state.lease, holder: "", until: 0 },
      at: { name: "waiting" },
    };
  }
  if (state.status === "none" || state.status === "ended") return state;
  switch (fact.type) {
    case "rollout.leased": {
      const { fence, holder, until } = fact.data;
      return { ...state, lease: { fence, holder, until } };
    }
    case "rollout.entered": {
      const { step, certificate } = fact.data;
      return { ...state, at: { name: "entering", step, certificate } };
    }
    case "rollout.applied":
      return { ...state, at: { ...untouched, step: fact.data.step } };
    case "rollout.measured": {
      const { forMs, canary, until } = fact.data;
      return onSoaking(state, until, (at) => ({
        ...at,
        looks: at.looks + 1,
        watchedMs: at.watchedMs + forMs,
        blindMs: 0,
        samples: at.samples + canary.ended,
      }));
    }
    case "rollout.blind": {
      const { forMs, until } = fact.data;
      return onSoaking(state, until, (at) => ({ ...at, looks: at.looks + 1, blindMs: at.blindMs + forMs }));
    }
    case "rollout.judged": {
      const { verdict, why } = fact.data;
      return onSoaking(state, state.lease.until, (at) => ({ ...at, verdict, why }));
    }
    case "rollout.promoted":
      return onSoaking(state, state.lease.until, (at) => ({ ...at, promoted: true }));
    case "rollout.paused": {
      const { id, plan, planDigest, lease, at } = state;
      return { status: "paused", id, plan, planDigest, lease, at, reason: fact.data.reason };
    }
    case "rollout.resumed": {
      const { id, plan, planDigest, lease, at } = state;
      return { status: "running", id, plan, planDigest, lease, at };
    }
    case "rollout.aborted": {
      const { id, plan, planDigest, lease, at } = state;
      const { reason, trigger } = fact.data;
      return { status: "aborting", id, plan, planDigest, lease, at, reason, trigger };
    }
    case "rollout.withdrawn":
      return { status: "ended", id: state.id, plan: state.plan, how: "withdrawn", lease: state.lease };
    case "rollout.completed":
      return { status: "ended", id: state.id, plan: state.plan, how: "completed", lease: state.lease };
  }
};

const untouched: Soaking = {
  name: "soaking",
  step: 0,
  looks: 0,
  watchedMs: 0,
  blindMs: 0,
  samples: 0,
  verdict: "none",
  why: "",
  promoted: false,
};

const onSoaking = (state: Active, until: number, change: (at: Soaking) => Soaking): Active => ({
  ...state,
  lease: { ...state.lease, until },
  at: state.at.name === "soaking" ? change(state.at) : state.at,
});

export const rollout: Decider<Rollout, RolloutCommand, RolloutFact> = {
  initial: { status: "none", lease: noLease },
  decide,
  evolve,
};
