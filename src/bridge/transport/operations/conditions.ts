import { type Static, Type } from "typebox";
import { dueOf, ownerOf, standingOf } from "../../../domain/condition.ts";
import { conditionSeverities, signOffEnds } from "../../../domain/event-condition.ts";
import { defaultLimits } from "../../../domain/limit.ts";
import { refusal } from "../../../domain/refusal.ts";
import type { Bridge } from "../../bridge.ts";
import type { HeldCondition } from "../../projection/conditions.ts";
import { operation } from "../operation.ts";
import { ElicitationId, Millis, Name, Position } from "../views.ts";
import { callerOf } from "./elicitations.ts";

const Id = Type.String({ pattern: "^co_[0-9a-z]{26}$", description: "id of a condition" });
const Check = Type.String({ pattern: "^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$", description: "id of a check" });
const Words = Type.String({ maxLength: defaultLimits.reasonCharsMax });
const Digest = Type.String({ pattern: "^[0-9a-f]{64}$", description: "SHA-256, hex" });
const strict = { additionalProperties: false } as const;

export const ConditionSchema = Type.Object(
  {
    id: Id,
    check: Check,
    title: Type.String(),
    severity: Type.Enum([...conditionSeverities]),
    review: Type.String({ description: "the review that found it" }),
    what: Type.String({ description: "what was found" }),
    standing: Type.Enum(["open", "acknowledged", "claimed", "waived", "closed", "overdue"]),
    openedAt: Millis("when it was opened"),
    due: Millis("when it has to be mended"),
    owner: Type.Optional(Name),
    claim: Type.Optional(
      Type.Object({ by: Name, at: Millis("when"), note: Type.String(), evidence: Type.Array(Type.String()) }),
    ),
    waiver: Type.Optional(Type.Object({ by: Name, reason: Type.String(), until: Millis("until when") })),
    run: Type.Optional(Type.Object({ digest: Digest, ranAt: Millis("when it began"), prober: Type.String() })),
    positions: Type.Array(Position, { description: "places of its events in the log, oldest first" }),
  },
  { description: "a shortfall that a review found, and what became of it" },
);

export type ConditionView = Static<typeof ConditionSchema>;

export const list = operation({
  name: "conditions.list",
  action: "list",
  summary: "Every condition that a review opened, with its owner, its day and where it stands; closed ones on request.",
  input: Type.Object({ all: Type.Optional(Type.Boolean({ description: "closed ones too" })) }, strict),
  output: Type.Object({ conditions: Type.Array(ConditionSchema) }),
  http: { method: "GET", path: "/v1/conditions", status: 200 },
  run: async (bridge, _who, { all = false }) => {
    const held = bridge.conditions.list().filter(({ state }) => all || state.status !== "closed");
    return { ok: true, value: { conditions: held.map((one) => conditionView(one, bridge.now())) } };
  },
});

export const open = operation({
  name: "conditions.open",
  action: "review",
  summary: "Open a condition on a check that fell short. Needs the role reviewer, system or admin.",
  input: Type.Object(
    {
      check: Check,
      title: Type.String({ maxLength: 256 }),
      severity: Type.Enum([...conditionSeverities]),
      review: Check,
      what: Words,
      due: Millis("when it has to be mended"),
    },
    strict,
  ),
  output: ConditionSchema,
  http: { method: "POST", path: "/v1/conditions", status: 201 },
  run: async (bridge, who, finding) => {
    const outcome = await bridge.mend.open(finding, callerOf(who));
    return outcome.ok ? shown(bridge, outcome.id) : outcome;
  },
});

export const acknowledge = operation({
  name: "conditions.acknowledge",
  action: "remedy",
  summary: "Take a condition on: you are its owner, and say by when. Earlier than it is due, never later.",
  input: Type.Object({ id: Id, due: Millis("when you will have mended it") }, strict),
  output: ConditionSchema,
  http: { method: "POST", path: "/v1/conditions/:id/acknowledge", status: 200 },
  run: async (bridge, who, { id, due }) => {
    const outcome = await bridge.mend.acknowledge(id, { due }, callerOf(who));
    return outcome.ok ? shown(bridge, id) : outcome;
  },
});

export const claim = operation({
  name: "conditions.claim",
  action: "remedy",
  summary:
    "Say that a condition is mended, and why that can be believed. It closes when somebody else has run its check.",
  input: Type.Object(
    {
      id: Id,
      note: Type.Optional(Words),
      evidence: Type.Optional(Type.Array(Type.String({ maxLength: 512 }), { maxItems: 32 })),
    },
    strict,
  ),
  output: ConditionSchema,
  http: { method: "POST", path: "/v1/conditions/:id/claim", status: 200 },
  run: async (bridge, who, { id, note = "", evidence = [] }) => {
    const outcome = await bridge.mend.claim(id, { note, evidence }, callerOf(who));
    return outcome.ok ? shown(bridge, id) : outcome;
  },
});

export const resolve = operation({
  name: "conditions.resolve",
  action: "review",
  summary:
    "Say what a later run of the check came to: a pass closes the condition, unless the runner owns or claimed it; a " +
    "failure opens it again. Needs the role reviewer, system or admin.",
  input: Type.Object(
    {
      id: Id,
      passed: Type.Boolean(),
      digest: Digest,
      ranAt: Millis("when the run began"),
      prober: Name,
      why: Type.Optional(Words),
    },
    strict,
  ),
  output: ConditionSchema,
  http: { method: "POST", path: "/v1/conditions/:id/resolve", status: 200 },
  run: async (bridge, who, { id, passed, why = "", ...run }) => {
    const outcome = await bridge.mend.resolve(id, { passed, run, why }, callerOf(who));
    return outcome.ok ? shown(bridge, id) : outcome;
  },
});

export const waive = operation({
  name: "conditions.waive",
  action: "waive",
  summary: "Let a condition be for a time, at most a fortnight. Never a blocker, never your own. Needs the role admin.",
  input: Type.Object({ id: Id, reason: Words, until: Millis("until when") }, strict),
  output: ConditionSchema,
  http: { method: "POST", path: "/v1/conditions/:id/waive", status: 200 },
  run: async (bridge, who, { id, reason, until }) => {
    const outcome = await bridge.mend.waive(id, { reason, until }, callerOf(who));
    return outcome.ok ? shown(bridge, id) : outcome;
  },
});

export const census = operation({
  name: "conditions.census",
  action: "review",
  summary:
    "Have the bridge state every condition there is, every sign-off that you asked for in this review, and how far " +
    "each has come: a certificate that leaves one out is found out. Needs the role reviewer, system or admin.",
  input: Type.Object({ review: Check }, strict),
  output: Type.Object({
    position: Position,
    conditions: Type.Array(ConditionSchema),
    signOffs: Type.Array(
      Type.Object({ elicitation: ElicitationId, to: Name, how: Type.Enum([...signOffEnds]), position: Position }),
      { description: "what became of the sign-offs that you asked for" },
    ),
  }),
  http: { method: "POST", path: "/v1/conditions/census", status: 201 },
  run: async (bridge, who, { review }) => {
    const outcome = await bridge.mend.census(review, callerOf(who));
    if (!outcome.ok) return outcome;
    const conditions = bridge.conditions.list().map((held) => conditionView(held, bridge.now()));
    const { position, data } = outcome.event;
    return { ok: true, value: { position, conditions, signOffs: [...data.signOffs] } };
  },
});

const shown = (bridge: Bridge, id: string) => {
  const held = bridge.conditions.get(id);
  return held === undefined
    ? ({ ok: false, refusal: refusal("not_found", "there is no condition of that id") } as const)
    : ({ ok: true, value: conditionView(held, bridge.now()) } as const);
};

const conditionView = ({ id, state, positions }: HeldCondition, now: number): ConditionView => {
  const { check, title, severity, review, what } = state.finding;
  const owner = ownerOf(state);
  return {
    ...{ id, check, title, severity, review, what },
    standing: standingOf(state, now),
    openedAt: state.openedAt,
    due: dueOf(state),
    ...(owner === undefined ? {} : { owner }),
    ...(state.status === "claimed" ? { claim: { ...state.claim, evidence: [...state.claim.evidence] } } : {}),
    ...(state.status === "waived"
      ? { waiver: { by: state.waiver.by, reason: state.waiver.reason, until: state.waiver.until } }
      : {}),
    ...(state.status === "closed" ? { run: state.run } : {}),
    positions: [...positions],
  };
};
