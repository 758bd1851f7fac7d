import { type Static, Type } from "typebox";
import { evaluate, type FlagRule, fenceOf, flagNamePattern, unsetRule } from "../../../domain/flag.ts";
import { defaultLimits } from "../../../domain/limit.ts";
import type { Bridge } from "../../bridge.ts";
import type { Handled } from "../../command/handle.ts";
import { operation, type Reply } from "../operation.ts";
import { Millis, Name, Position } from "../views.ts";
import { callerOf } from "./elicitations.ts";

const limits = defaultLimits;
const FlagName = Type.String({ pattern: flagNamePattern, description: "name of a flag" });
const Why = Type.String({ minLength: 1, maxLength: limits.reasonCharsMax, description: "why; it is recorded" });
const Percentage = Type.Number({ minimum: 0, maximum: 100, description: "share of the agents, in steps of 0.01" });
const Fence = Type.Integer({ minimum: 0, description: "goes up by one with every change; 0: never set" });
const Names = Type.Array(Type.String({ minLength: 1, maxLength: 64 }), {
  minItems: 1,
  maxItems: limits.flagTargetNamesMax,
});
const Targets = Type.Array(
  Type.Object(
    {
      agents: Type.Optional(Names),
      roles: Type.Optional(Names),
      expertise: Type.Optional(Names),
      on: Type.Boolean({ description: "what the flag is for those that this fits" }),
    },
    { additionalProperties: false },
  ),
  {
    maxItems: limits.flagTargetsMax,
    description: "looked at in this order before the share; the first that fits decides",
  },
);

export const FlagSchema = Type.Object(
  {
    name: FlagName,
    status: Type.Enum(["none", "set", "killed"], { description: "none: never set; killed: off for everybody" }),
    fence: Fence,
    percentage: Percentage,
    targets: Targets,
    by: Type.Optional(Type.String({ description: "who made the newest change" })),
    reason: Type.Optional(Type.String({ description: "why" })),
    at: Type.Optional(Millis("when")),
    position: Type.Optional(Position),
  },
  { description: "a flag: whom it is on for, and its newest change" },
);

const viewOf = (bridge: Bridge, name: string): Static<typeof FlagSchema> => {
  const held = bridge.flags.get(name);
  if (held === undefined || held.state.status === "none") {
    return { name, status: "none", fence: 0, ...(unsetRule(name) as Static<typeof Rule>) };
  }
  const { state, by, reason, at, position } = held;
  const { percentage, targets } = (state.rule ?? unsetRule(name)) as Static<typeof Rule>;
  return { name, status: state.status, fence: state.fence, percentage, targets, by, reason, at, position };
};
const Rule = Type.Object({ percentage: Percentage, targets: Targets });

const changed = (bridge: Bridge, name: string, outcome: Handled<unknown>): Reply<Static<typeof FlagSchema>> =>
  outcome.ok ? { ok: true, value: viewOf(bridge, name) } : outcome;

export const list = operation({
  name: "flags.list",
  action: "list",
  summary: "Every flag that was ever set.",
  input: Type.Object({}, { additionalProperties: false }),
  output: Type.Object({ flags: Type.Array(FlagSchema) }),
  http: { method: "GET", path: "/v1/flags", status: 200 },
  run: async (bridge) => ({ ok: true, value: { flags: bridge.flags.list().map(({ name }) => viewOf(bridge, name)) } }),
});

export const get = operation({
  name: "flags.get",
  action: "list",
  summary: "One flag, with the fence that the next change of it has to name.",
  input: Type.Object({ name: FlagName }, { additionalProperties: false }),
  output: FlagSchema,
  http: { method: "GET", path: "/v1/flags/:name", status: 200 },
  run: async (bridge, _who, { name }) => ({ ok: true, value: viewOf(bridge, name) }),
});

export const evaluated = operation({
  name: "flags.evaluate",
  action: "list",
  summary: "What a flag is for an agent, and why; for yourself unless another is named.",
  input: Type.Object({ name: FlagName, agent: Type.Optional(Name) }, { additionalProperties: false }),
  output: Type.Object({
    value: Type.Boolean(),
    reason: Type.Enum(["DEFAULT", "DISABLED", "TARGETING_MATCH", "SPLIT", "ERROR"]),
    fence: Fence,
  }),
  http: { method: "GET", path: "/v1/flags/:name/evaluation", status: 200 },
  run: async (bridge, who, { name, agent = who.agent }) => {
    const state = bridge.flags.state(name);
    return { ok: true, value: { ...evaluate(name, state, bridge.subjectOf(agent)), fence: fenceOf(state) } };
  },
});

export const set = operation({
  name: "flags.set",
  action: "operate",
  summary: "Set whom a flag is on for. Refused when the flag has changed since the fence that you name.",
  input: Type.Object(
    { name: FlagName, percentage: Percentage, targets: Type.Optional(Targets), fence: Fence, reason: Why },
    { additionalProperties: false },
  ),
  output: FlagSchema,
  http: { method: "POST", path: "/v1/flags/:name", status: 200 },
  run: async (bridge, who, { name, percentage, targets = [], fence, reason }) => {
    const rule = { percentage, targets } as FlagRule;
    return changed(bridge, name, await bridge.flagSet.set(name, rule, fence, reason, callerOf(who)));
  },
});

export const kill = operation({
  name: "flags.kill",
  action: "operate",
  summary: "Turn a flag off for everybody, now and whatever else is under way. Needs no fence.",
  input: Type.Object({ name: FlagName, reason: Why }, { additionalProperties: false }),
  output: FlagSchema,
  http: { method: "POST", path: "/v1/flags/:name/kill", status: 200 },
  run: async (bridge, who, { name, reason }) =>
    changed(bridge, name, await bridge.flagSet.kill(name, reason, callerOf(who))),
});

export const restore = operation({
  name: "flags.restore",
  action: "operate",
  summary: "Bring a killed flag back: to what it was, or to what is given.",
  input: Type.Object(
    {
      name: FlagName,
      fence: Fence,
      reason: Why,
      percentage: Type.Optional(Percentage),
      targets: Type.Optional(Targets),
    },
    { additionalProperties: false },
  ),
  output: FlagSchema,
  http: { method: "POST", path: "/v1/flags/:name/restore", status: 200 },
  run: async (bridge, who, { name, fence, reason, percentage, targets }) => {
    const state = bridge.flags.state(name);
    const before: FlagRule = (state.status === "none" ? null : state.rule) ?? unsetRule(name);
    const isAnother = percentage !== undefined || targets !== undefined;
    const rule = { percentage: percentage ?? before.percentage, targets: targets ?? before.targets } as FlagRule;
    const outcome = await bridge.flagSet.restore(name, isAnother ? rule : undefined, fence, reason, callerOf(who));
    return changed(bridge, name, outcome);
  },
});
