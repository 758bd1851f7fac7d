import { type Decider, type Decision, decided, refused } from "./decider.ts";
import type { EventData, EventTypeName, Fact } from "./event.ts";
import type { Limits } from "./limit.ts";
import { type Refusal, refusal } from "./refusal.ts";

/**
 * A shortfall that somebody has to mend. It closes in one way only: its check is run again, later, by somebody other
 * than who claims to have mended it, and passes. A waiver holds for a time and never for a blocker.
 *
 *     opened ─► acknowledged(owner, due) ─► claimed ─► closed      a later run that fails opens it again
 *                     └────────► waived(until) ─► open again
 */
export type Condition =
  | { readonly status: "none" }
  | (Opened & { readonly status: "open" })
  | (Opened & Owned & { readonly status: "acknowledged" })
  | (Opened & Partial<Owned> & { readonly status: "claimed"; readonly claim: Claim })
  | (Opened & Partial<Owned> & { readonly status: "waived"; readonly waiver: Waiver })
  | (Opened & Partial<Owned> & { readonly status: "closed"; readonly run: EventData<"condition.closed"> });

export type Finding = EventData<"condition.opened">;

export interface Opened {
  readonly finding: Finding;
  readonly openedAt: number;
  /** Everybody who ever said that it is mended; none of them can close or waive it. */
  readonly claimants: readonly string[];
}
export interface Owned {
  readonly owner: string;
  readonly due: number;
}
export interface Claim extends EventData<"condition.claimed"> {
  readonly by: string;
  readonly at: number;
}
export interface Waiver extends EventData<"condition.waived"> {
  readonly by: string;
  readonly at: number;
}
export type Run = EventData<"condition.closed">;

export type ConditionFact = Fact<Exclude<Extract<EventTypeName, `condition.${string}`>, "condition.census">>;
/** What a fold needs besides the fact: who and when are part of what happened. */
export type ConditionEvent = ConditionFact & { readonly actor: string; readonly time: number };

interface Given {
  readonly by: string;
  readonly now: number;
}
export type ConditionCommand = Given &
  (
    | { readonly type: "open"; readonly finding: Finding; readonly limits: ConditionLimits }
    | { readonly type: "acknowledge"; readonly due: number; readonly limits: ConditionLimits }
    | { readonly type: "claim"; readonly note: string; readonly evidence: readonly string[] }
    | { readonly type: "resolve"; readonly passed: boolean; readonly run: Run; readonly why: string }
    | { readonly type: "waive"; readonly reason: string; readonly until: number; readonly limits: ConditionLimits }
  );
export type ConditionLimits = Pick<Limits, "conditionMsMax" | "waiverMsMax">;

const decide = (state: Condition, command: ConditionCommand): Decision<ConditionFact> => {
  if (command.type === "open") return open(state, command);
  if (state.status === "none") return refused(refusal("not_found", "there is no condition of that id"));
  switch (command.type) {
    case "acknowledge":
      return acknowledge(state, command);
    case "claim":
      return state.status === "open" || state.status === "acknowledged" || state.status === "waived"
        ? decided({ type: "condition.claimed", data: { note: command.note, evidence: command.evidence } })
        : refused(settled(state.status, "claimed"));
    case "resolve":
      return resolve(state, command);
    case "waive":
      return waive(state, command);
  }
};

type Held = Exclude<Condition, { readonly status: "none" }>;
type CommandOf<T extends ConditionCommand["type"]> = Extract<ConditionCommand, { readonly type: T }>;

const open = (state: Condition, { finding, now, limits }: CommandOf<"open">): Decision<ConditionFact> => {
  if (state.status !== "none") throw new Error("a condition id was given out twice");
  if (finding.due <= now || finding.due > now + limits.conditionMsMax) return refused(wrongTime("due", now, limits));
  return decided({ type: "condition.opened", data: finding });
};

/** An owner may promise to be earlier than asked, and never puts the day off. */
const acknowledge = (state: Held, { by, due, now }: CommandOf<"acknowledge">): Decision<ConditionFact> => {
  if (state.status !== "open" && state.status !== "acknowledged") return refused(settled(state.status, "acknowledged"));
  if (due <= now || due > dueOf(state)) {
    const detail = `it is due by ${iso(dueOf(state))}; an owner can be earlier and not later`;
    return refused(refusal("invalid_input", detail, { problems: [{ pointer: "/due", message: detail }] }));
  }
  return decided({ type: "condition.acknowledged", data: { owner: by, due } });
};

const resolve = (state: Held, { by, run, passed, why }: CommandOf<"resolve">): Decision<ConditionFact> => {
  if (!passed)
    return state.status === "claimed" || state.status === "closed"
      ? decided({ type: "condition.reopened", data: { ...run, why } })
      : decided();
  if (state.status === "closed") return decided();
  for (const who of [by, run.prober]) {
    if (state.claimants.includes(who) || ownerOf(state) === who)
      return refused(refusal("forbidden", `${who} owns or claimed it; somebody else has to run the check`));
  }
  if (run.ranAt <= state.openedAt) return refused(refusal("expired", "that run is older than the condition"));
  return decided({ type: "condition.closed", data: run });
};

const waive = (state: Held, { by, reason, until, now, limits }: CommandOf<"waive">): Decision<ConditionFact> => {
  if (state.status === "closed") return refused(settled(state.status, "waived"));
  if (state.finding.severity === "blocker") return refused(refusal("forbidden", "nobody can waive a blocker"));
  if (state.claimants.includes(by) || ownerOf(state) === by)
    return refused(refusal("forbidden", "nobody waives what is theirs to mend"));
  if (until <= now || until > now + limits.waiverMsMax) {
    const detail = `a waiver ends, at the latest at ${iso(now + limits.waiverMsMax)}`;
    return refused(refusal("invalid_input", detail, { problems: [{ pointer: "/until", message: detail }] }));
  }
  return decided({ type: "condition.waived", data: { reason, until } });
};

const settled = (status: Held["status"], verb: string): Refusal =>
  refusal("condition_settled", `it is ${status} and cannot be ${verb}`);

const wrongTime = (member: string, now: number, { conditionMsMax }: ConditionLimits): Refusal => {
  const detail = `must lie between ${iso(now)} and ${iso(now + conditionMsMax)}`;
  return refusal("invalid_input", detail, { problems: [{ pointer: `/${member}`, message: detail }] });
};

const iso = (ms: number): string => new Date(ms).toISOString();

const evolve = (state: Condition, event: ConditionEvent): Condition => {
  if (event.type === "condition.opened")
    return { status: "open", finding: event.data, openedAt: event.time, claimants: [] };
  if (state.status === "none") return state;
  const { finding, openedAt, claimants } = state;
  const kept = { finding, openedAt, claimants, ...ownedBy(state) };
  switch (event.type) {
    case "condition.acknowledged":
      return { ...kept, status: "acknowledged", owner: event.data.owner, due: event.data.due };
    case "condition.claimed": {
      const claim = { ...event.data, by: event.actor, at: event.time };
      return { ...kept, status: "claimed", claimants: [...new Set([...claimants, event.actor])], claim };
    }
    case "condition.closed":
      return { ...kept, status: "closed", run: event.data };
    case "condition.reopened":
      return { ...kept, status: "open" };
    case "condition.waived":
      return { ...kept, status: "waived", waiver: { ...event.data, by: event.actor, at: event.time } };
  }
};

const ownedBy = (state: Held): Partial<Owned> =>
  "owner" in state && state.owner !== undefined && state.due !== undefined
    ? { owner: state.owner, due: state.due }
    : {};

export const ownerOf = (state: Held): string | undefined => ownedBy(state).owner;
/** When it has to be mended, in milliseconds since 1970. */
export const dueOf = (state: Held): number => ownedBy(state).due ?? state.finding.due;

/** Where it stands at a moment: a waiver that ended and a day that passed are facts that nobody has to record. */
export const standingOf = (state: Held, now: number): Held["status"] | "overdue" => {
  switch (state.status) {
    case "closed":
      return "closed";
    case "waived":
      if (now < state.waiver.until) return "waived";
      return now >= dueOf(state) ? "overdue" : "open";
    case "open":
    case "acknowledged":
    case "claimed":
      return now >= dueOf(state) ? "overdue" : state.status;
  }
};

export type Standing = ReturnType<typeof standingOf>;

export const condition: Decider<Condition, ConditionCommand, ConditionFact, ConditionEvent> = {
  initial: { status: "none" },
  decide,
  evolve,
};
