import { type Decider, type Decision, decided, refused } from "./decider.ts";
import type { EventData, EventTypeName, Fact } from "./event.ts";
import { refusal } from "./refusal.ts";

/**
 * One question put to several agents, or to whoever has an expertise. Each attempt is an elicitation of its own, with
 * its own signed answer; the inquiry says who is asked and why, who is asked next, and when there is enough.
 *
 *     asked ─► routed(to, why) … ─► heard(how) … ─► concluded: agreed | default | failed | cancelled
 */
export type Inquiry =
  | { readonly status: "none" }
  | {
      readonly status: "open";
      readonly plan: Plan;
      readonly attempts: readonly Attempt[];
    }
  | {
      readonly status: "concluded";
      readonly plan: Plan;
      readonly attempts: readonly Attempt[];
      readonly conclusion: Conclusion;
    };

export type Plan = EventData<"inquiry.asked">;
export type Candidate = Plan["candidates"][number];
export type Conclusion = EventData<"inquiry.concluded">;
export type InquiryFact = Fact<Extract<EventTypeName, `inquiry.${string}`>>;
type How = EventData<"inquiry.heard">["how"];

export interface Attempt {
  readonly elicitation: string;
  readonly to: string;
  readonly outcome: { readonly how: "open" } | { readonly how: How; readonly content: string };
}

export type InquiryCommand =
  /** `ids` are fresh elicitation ids, as many as there are candidates: who is asked when is decided here, not the id. */
  | { readonly type: "ask"; readonly plan: Plan; readonly ids: readonly string[] }
  /** An attempt has ended. `content` is the hash of what was accepted, "" otherwise. */
  | {
      readonly type: "hear";
      readonly elicitation: string;
      readonly how: How;
      readonly content: string;
      readonly ids: readonly string[];
    }
  /** The answer is long in coming: ask one more beside those who are still thinking. */
  | { readonly type: "hedge"; readonly ids: readonly string[] }
  | { readonly type: "cancel"; readonly by: string }
  | { readonly type: "expire"; readonly now: number };

type Open = Extract<Inquiry, { readonly status: "open" }>;
type Outcome = Decision<InquiryFact>;

const decide = (state: Inquiry, command: InquiryCommand): Outcome => {
  switch (command.type) {
    case "ask": {
      if (state.status !== "none") throw new Error("an inquiry id was given out twice");
      const start: Open = { status: "open", plan: command.plan, attempts: [] };
      return decided({ type: "inquiry.asked", data: command.plan }, ...proceed(start, command.ids, command.plan.width));
    }
    case "hear": {
      const attempt =
        state.status === "open" ? state.attempts.find((a) => a.elicitation === command.elicitation) : undefined;
      if (state.status !== "open" || attempt?.outcome.how !== "open") return decided();
      const heard: InquiryFact = {
        type: "inquiry.heard",
        data: { elicitation: command.elicitation, how: command.how, content: command.content },
      };
      return decided(heard, ...proceed(evolve(state, heard) as Open, command.ids, state.plan.width));
    }
    case "hedge":
      return state.status === "open"
        ? decided(...proceed(state, command.ids, openAttempts(state).length + 1))
        : decided();
    case "cancel":
      if (state.status === "none" || state.plan.from !== command.by) {
        return refused(refusal("not_found", "no inquiry of that id is yours"));
      }
      if (state.status === "concluded") {
        return state.conclusion.how === "cancelled"
          ? decided()
          : refused(refusal("already_ended", `it was concluded: ${state.conclusion.how}`));
      }
      return decided(conclude("cancelled", []));
    case "expire":
      return state.status === "open" && command.now >= state.plan.deadline ? decided(fallBack(state)) : decided();
  }
};

/** After anything happened: is it settled, can it still be, and who is asked now? At most `width` think at once. */
const proceed = (state: Open, ids: readonly string[], width: number): readonly InquiryFact[] => {
  const settled = settle(state);
  if (settled !== undefined) return [settled];
  const next = waiting(state).slice(0, Math.max(0, width - openAttempts(state).length));
  if (next.length === 0 && openAttempts(state).length === 0) return [fallBack(state)];
  return next.map((candidate, i) => ({
    type: "inquiry.routed",
    data: { elicitation: ids[i] as string, to: candidate.agent, why: candidate.why },
  }));
};

/** Enough answers, or so few left that there can never be enough. */
const settle = (state: Open): InquiryFact | undefined => {
  const { quorum, candidates } = state.plan;
  const accepted = state.attempts.filter((a) => a.outcome.how === "accepted");
  const stillPossible = openAttempts(state).length + waiting(state).length;
  switch (quorum.kind) {
    case "first": {
      if (accepted.length >= quorum.count) return conclude("agreed", accepted.slice(0, quorum.count));
      return accepted.length + stillPossible < quorum.count ? fallBack(state) : undefined;
    }
    case "all": {
      if (accepted.length === candidates.length) return conclude("agreed", accepted);
      return accepted.length + stillPossible < candidates.length ? fallBack(state) : undefined;
    }
    case "majority": {
      const needed = Math.floor(candidates.length / 2) + 1;
      const largest = largestGroup(accepted);
      if (largest.length >= needed) return conclude("agreed", largest);
      return largest.length + stillPossible < needed ? fallBack(state) : undefined;
    }
  }
};

/** The answers that say the same thing, where most do. */
const largestGroup = (accepted: readonly Attempt[]): readonly Attempt[] => {
  const groups = new Map<string, Attempt[]>();
  for (const attempt of accepted) {
    const content = attempt.outcome.how === "open" ? "" : attempt.outcome.content;
    const group = groups.get(content);
    if (group === undefined) groups.set(content, [attempt]);
    else group.push(attempt);
  }
  return [...groups.values()].reduce<readonly Attempt[]>((best, g) => (g.length > best.length ? g : best), []);
};

/** Nobody who could still be asked would settle it: the declared default, marked as such, or failure. */
const fallBack = (state: Open): InquiryFact => conclude(state.plan.hasDefault ? "default" : "failed", []);

const conclude = (how: Conclusion["how"], by: readonly Attempt[]): InquiryFact => ({
  type: "inquiry.concluded",
  data: { how, elicitations: by.map((a) => a.elicitation) },
});

/** Attempts that nobody has answered yet. After the conclusion they are moot, and the bridge cancels them. */
export const openAttempts = (state: { readonly attempts: readonly Attempt[] }): readonly Attempt[] =>
  state.attempts.filter((a) => a.outcome.how === "open");

/** Candidates that were not asked yet, best first. */
const waiting = (state: Open): readonly Candidate[] => {
  const asked = new Set(state.attempts.map((a) => a.to));
  return state.plan.candidates.filter((c) => !asked.has(c.agent));
};

const evolve = (state: Inquiry, fact: InquiryFact): Inquiry => {
  if (fact.type === "inquiry.asked") return { status: "open", plan: fact.data, attempts: [] };
  if (state.status !== "open") return state;
  switch (fact.type) {
    case "inquiry.routed": {
      const { elicitation, to } = fact.data;
      return { ...state, attempts: [...state.attempts, { elicitation, to, outcome: { how: "open" } }] };
    }
    case "inquiry.heard": {
      const { elicitation, how, content } = fact.data;
      const attempts = state.attempts.map((a) =>
        a.elicitation === elicitation ? { ...a, outcome: { how, content } } : a,
      );
      return { ...state, attempts };
    }
    case "inquiry.concluded":
      return { ...state, status: "concluded", conclusion: fact.data };
  }
};

export const inquiry: Decider<Inquiry, InquiryCommand, InquiryFact> = { initial: { status: "none" }, decide, evolve };
