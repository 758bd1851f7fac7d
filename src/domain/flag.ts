import { PUSH_FLAG } from "./arm.ts";
import { isWithin } from "./bucketing.ts";
import { type Decider, type Decision, decided, refused } from "./decider.ts";
import type { EventData, EventTypeName, Fact } from "./event.ts";
import { type Problem, problemsIn, refusal } from "./refusal.ts";

/**
 * A switch that is set while the bridge runs: for a share of the agents, for named ones, by role or expertise. Every
 * change raises its `fence` by one and says which fence it was decided on; one that was decided on an older fence is
 * refused, so that a controller that slept through a rollback cannot undo it. A kill needs no fence and beats all.
 */
export type Flag =
  | { readonly status: "none" }
  | { readonly status: "set"; readonly fence: number; readonly rule: FlagRule }
  /** Off for everybody, whatever the rule says, until it is restored. `rule` is what it then goes back to; null: it was never set. */
  | { readonly status: "killed"; readonly fence: number; readonly rule: FlagRule | null; readonly reason: string };

/** Who has it: the first target that fits decides, and else the share of agents that `percentage` is. */
export type FlagRule = EventData<"flag.set">["rule"];
export type FlagTarget = FlagRule["targets"][number];
export type FlagFact = Fact<Extract<EventTypeName, `flag.${string}`>>;

export type FlagCommand =
  /** `fence`: the one that this was decided on; 0 when the flag was never set. */
  | { readonly type: "set"; readonly rule: FlagRule; readonly fence: number; readonly reason: string }
  | { readonly type: "kill"; readonly reason: string }
  /** `rule`: absent, the one that was in force when it was killed. `unset`: what stands for never having been set. */
  | {
      readonly type: "restore";
      readonly rule?: FlagRule;
      readonly unset: FlagRule;
      readonly fence: number;
      readonly reason: string;
    };

export const flagNamePattern = "^[a-z][a-z0-9._-]{0,63}$";

export const fenceOf = (state: Flag): number => (state.status === "none" ? 0 : state.fence);

const decide = (state: Flag, command: FlagCommand): Decision<FlagFact> => {
  const fence = fenceOf(state) + 1;
  const { reason } = command;
  if (command.type === "kill") {
    return state.status === "killed" ? decided() : decided({ type: "flag.killed", data: { fence, reason } });
  }
  if (command.fence !== fenceOf(state)) {
    return refused(refusal("flag_fenced", `it was decided on fence ${command.fence}, and it is at ${fenceOf(state)}`));
  }
  const problems = command.rule === undefined ? [] : problemsOf(command.rule);
  if (problems.length > 0) {
    return refused(refusal("invalid_input", problemsIn("the rule", problems), { problems }));
  }
  switch (command.type) {
    case "set":
      return state.status === "killed"
        ? refused(refusal("flag_killed", `killed: ${state.reason}`))
        : decided({ type: "flag.set", data: { fence, rule: command.rule, reason } });
    case "restore":
      return state.status === "killed"
        ? decided({ type: "flag.restored", data: { fence, rule: command.rule ?? state.rule ?? command.unset, reason } })
        : refused(refusal("invalid_input", "it is not killed, so there is nothing to restore: set it"));
  }
};

const evolve = (state: Flag, { type, data }: FlagFact): Flag => {
  switch (type) {
    case "flag.set":
    case "flag.restored":
      return { status: "set", fence: data.fence, rule: data.rule };
    case "flag.killed": {
      const rule = state.status === "none" ? null : state.rule;
      return { status: "killed", fence: data.fence, rule, reason: data.reason };
    }
  }
};

/** What a flag is that was never set, said as a rule: off for everybody, but push is on. */
export const unsetRule = (name: string): FlagRule => ({ percentage: name === PUSH_FLAG ? 100 : 0, targets: [] });

const problemsOf = ({ percentage, targets }: FlagRule): readonly Problem[] => {
  const problems: Problem[] = [];
  const isWhole = Math.abs(percentage * 100 - Math.round(percentage * 100)) < 1e-6;
  if (!(percentage >= 0 && percentage <= 100 && isWhole)) {
    problems.push({ pointer: "/percentage", message: "must be 0 to 100, in steps of 0.01" });
  }
  targets.forEach(({ agents, roles, expertise }, i) => {
    const count = (agents?.length ?? 0) + (roles?.length ?? 0) + (expertise?.length ?? 0);
    if (count === 0) {
      problems.push({ pointer: `/targets/${i}`, message: "names no agent, role or expertise, so it fits nobody" });
    }
  });
  return problems;
};

export const flag: Decider<Flag, FlagCommand, FlagFact> = { initial: { status: "none" }, decide, evolve };

/** Whom a flag is evaluated for: an agent, and what the registry says about it. */
export interface FlagSubject {
  readonly agent: string;
  readonly roles: readonly string[];
  readonly expertise: readonly string[];
}

/** OpenFeature's reasons, as far as they occur here. */
export type FlagReason = "DEFAULT" | "DISABLED" | "TARGETING_MATCH" | "SPLIT" | "ERROR";

export interface Evaluation {
  readonly value: boolean;
  readonly reason: FlagReason;
}

/** What a flag is for an agent. Unknown is off, but for push, which is on until somebody says otherwise. */
export const evaluate = (name: string, state: Flag, subject: FlagSubject): Evaluation => {
  switch (state.status) {
    case "none":
      return { value: name === PUSH_FLAG, reason: "DEFAULT" };
    case "killed":
      return { value: false, reason: "DISABLED" };
    case "set": {
      // Nobody in particular cannot be in a share: the ancestor drew a new lot for it at every call.
      if (subject.agent === "") return { value: false, reason: "ERROR" };
      const target = state.rule.targets.find((each) => fits(each, subject));
      if (target !== undefined) return { value: target.on, reason: "TARGETING_MATCH" };
      return { value: isWithin(name, subject.agent, state.rule.percentage), reason: "SPLIT" };
    }
  }
};

/** Of a target that names several things, all have to fit; of several agents, roles or expertises, one. */
const fits = ({ agents, roles, expertise }: FlagTarget, subject: FlagSubject): boolean =>
  (agents === undefined || agents.includes(subject.agent)) &&
  (roles === undefined || roles.some((role) => subject.roles.includes(role))) &&
  (expertise === undefined || expertise.some((word) => subject.expertise.includes(word)));
