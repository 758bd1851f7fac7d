import { Type } from "typebox";
import type { EventData } from "../../../domain/event.ts";
import { planShape, rollbackSteps, scopeShape, tallyShape, verdicts } from "../../../domain/event-rollout.ts";
import { flagNamePattern } from "../../../domain/flag.ts";
import type { Json } from "../../../domain/json.ts";
import { defaultLimits } from "../../../domain/limit.ts";
import type { RollbackScope } from "../../../domain/rollback.ts";
import { planProblems, type RolloutPlan } from "../../../domain/rollout-plan.ts";
import type { Bridge } from "../../bridge.ts";
import { invalidInput } from "../input-problems.ts";
import { operation, type Principal } from "../operation.ts";
import { callerOf } from "./elicitations.ts";

const Id = Type.String({
  pattern: "^r[ob]_[0-9a-z]{8,32}$",
  description: "chosen by whoever starts it: the same id starts it once",
});
const Reason = Type.String({ minLength: 1, maxLength: defaultLimits.reasonCharsMax });
const Why = Type.String({ maxLength: defaultLimits.reasonCharsMax });
const Ms = Type.Integer({ minimum: 0, maximum: 604_800_000, description: "milliseconds" });
const Count = Type.Integer({ minimum: 0 });
const Fence = Type.Integer({ minimum: 0, description: "of your lease: with an older one you are refused" });
const Holder = Type.String({ minLength: 1, maxLength: 128, description: "names one controller's process" });
const LeaseMs = Type.Integer({ minimum: 500, maximum: 600_000, description: "milliseconds" });
const Plan = Type.Unsafe<RolloutPlan>(planShape);
const Tally = Type.Unsafe<EventData<"rollout.measured">["canary"]>(tallyShape);
const Agents = Type.Object(
  { seen: Count, failing: Count },
  {
    additionalProperties: false,
    description: "asked in the last minutes, and those that let more expire than they answered",
  },
);
const Began = Type.Integer({ minimum: 1, description: "position of the event that began it" });
const Scope = Type.Unsafe<RollbackScope>(scopeShape);
const Lease = Type.Object({
  fence: Fence,
  holder: Type.String(),
  until: Type.Integer({ description: "milliseconds since 1970, by the bridge's time" }),
});

const strict = { additionalProperties: false } as const;
const one = <T extends string>(type: T) => ({ type: Type.Literal(type) });

/** The one rollout and the one rollback of a bridge, as they stand. */
export const StandingSchema = Type.Object({
  now: Type.Integer({ description: "the bridge's time, milliseconds since 1970" }),
  rollout: Type.Union([
    Type.Null(),
    Type.Object({
      id: Type.String(),
      position: Began,
      status: Type.Enum(["running", "paused", "aborting", "completed", "withdrawn"]),
      plan: Plan,
      lease: Lease,
      /** `-1`: no step was entered yet. */
      step: Type.Integer(),
      stage: Type.Enum(["waiting", "entering", "soaking", "ended"]),
      looks: Count,
      watchedMs: Ms,
      blindMs: Ms,
      samples: Count,
      verdict: Type.Enum([...verdicts, "none"]),
      promoted: Type.Boolean(),
      why: Type.String({ description: "of the verdict, the pause or the abort" }),
      trigger: Type.String(),
    }),
  ]),
  rollback: Type.Union([
    Type.Null(),
    Type.Object({
      id: Type.String(),
      position: Began,
      status: Type.Enum(["running", "finished"]),
      flag: Type.String(),
      scope: Scope,
      reason: Type.String(),
      trigger: Type.String(),
      rollout: Type.String(),
      rehearsal: Type.Boolean(),
      percentBefore: Count,
      openFrom: Type.Optional(Type.Integer({ minimum: 0, description: "position of the oldest question open then" })),
      lease: Lease,
      done: Type.Array(Type.Enum([...rollbackSteps])),
      next: Type.Union([Type.Enum([...rollbackSteps]), Type.Null()]),
      report: Type.String({ description: "SHA-256 of the incident report; empty until it is published" }),
    }),
  ]),
});

const standing = (bridge: Bridge) => ({ ok: true, value: bridge.rollouts.standing() }) as const;
const by = (who: Principal) => callerOf(who);

export const get = operation({
  name: "rollouts.get",
  action: "list",
  summary: "The rollout and the rollback of this bridge, as they stand: the latest of each.",
  input: Type.Object({}, strict),
  output: StandingSchema,
  http: { method: "GET", path: "/v1/rollout", status: 200 },
  run: async (bridge) => standing(bridge),
});

export const start = operation({
  name: "rollouts.start",
  action: "rollout.advance",
  summary: "Start a rollout. There is one at a time; who leads it through its steps takes the lease.",
  input: Type.Object({ id: Id, plan: Plan, planDigest: Type.String({ maxLength: 64 }), reason: Reason }, strict),
  output: StandingSchema,
  http: { method: "POST", path: "/v1/rollouts", status: 201 },
  run: async (bridge, who, { id, plan, planDigest, reason }) => {
    const problems = planProblems(plan).map((p) => ({ ...p, pointer: `/plan${p.pointer}` }));
    if (problems.length > 0) return { ok: false, refusal: invalidInput(problems) };
    const outcome = await bridge.rollouts.start({ type: "start", id, plan, planDigest, reason }, by(who));
    return outcome.ok ? standing(bridge) : outcome;
  },
});

export const lease = operation({
  name: "rollouts.lease",
  action: "rollout.advance",
  summary: "Take the lease of a rollout, or renew yours. Another holder is refused until it has run out.",
  input: Type.Object({ id: Id, holder: Holder, forMs: LeaseMs }, strict),
  output: StandingSchema,
  http: { method: "POST", path: "/v1/rollouts/:id/lease", status: 200 },
  run: async (bridge, who, { id, holder, forMs }) => {
    const outcome = await bridge.rollouts.advance({ type: "lease", id, holder, now: bridge.now(), forMs }, by(who));
    return outcome.ok ? standing(bridge) : outcome;
  },
});

const Step = Count;
const Look = Type.Integer({
  minimum: 0,
  description: "how many looks there were before: a repeated one changes nothing",
});

export const advance = operation({
  name: "rollouts.advance",
  action: "rollout.advance",
  summary: "What the controller that holds the lease has decided, done or seen. Each may be repeated and counts once.",
  input: Type.Object(
    {
      id: Id,
      fence: Fence,
      act: Type.Union([
        Type.Object({ ...one("enter"), step: Step, certificate: Type.String({ maxLength: 128 }) }, strict),
        Type.Object({ ...one("apply"), step: Step, version: Count }, strict),
        Type.Object(
          {
            ...one("measure"),
            step: Step,
            look: Look,
            leaseMs: LeaseMs,
            seen: Type.Object(
              { forMs: Ms, canary: Tally, stable: Tally, violations: Count, agents: Type.Optional(Agents) },
              strict,
            ),
          },
          strict,
        ),
        Type.Object({ ...one("blind"), step: Step, look: Look, leaseMs: LeaseMs, forMs: Ms, why: Why }, strict),
        Type.Object({ ...one("judge"), step: Step, verdict: Type.Enum([...verdicts]), why: Why }, strict),
        Type.Object({ ...one("complete") }, strict),
      ]),
    },
    strict,
  ),
  output: StandingSchema,
  http: { method: "POST", path: "/v1/rollouts/:id/advance", status: 200 },
  run: async (bridge, who, { id, fence, act }) => {
    const isLook = act.type === "measure" || act.type === "blind";
    const command = isLook ? { ...act, id, fence, now: bridge.now() } : { ...act, id, fence };
    const outcome = await bridge.rollouts.advance(command, by(who));
    return outcome.ok ? standing(bridge) : outcome;
  },
});

const byHand = (type: "pause" | "resume" | "promote", action: "rollout.advance" | "rollout.abort", summary: string) =>
  operation({
    name: `rollouts.${type}`,
    action,
    summary,
    input: Type.Object({ id: Id, reason: Reason }, strict),
    output: StandingSchema,
    http: { method: "POST", path: `/v1/rollouts/:id/${type}`, status: 200 },
    run: async (bridge, who, { id, reason }) => {
      const outcome = await bridge.rollouts.advance({ type, id, reason }, by(who));
      return outcome.ok ? standing(bridge) : outcome;
    },
  });

export const pause = byHand("pause", "rollout.abort", "Hold a rollout where it stands. Its triggers stay live.");
export const resume = byHand("resume", "rollout.advance", "Let a paused rollout go on.");
export const promote = byHand(
  "promote",
  "rollout.advance",
  "Take the present step for passed before the judge does. Refused while there is nothing to go by.",
);

export const abort = operation({
  name: "rollouts.abort",
  action: "rollout.abort",
  summary: "End a rollout; it then goes back. Nothing beats it, and it needs no lease.",
  input: Type.Object({ id: Id, reason: Reason, trigger: Type.Optional(Type.String({ maxLength: 64 })) }, strict),
  output: StandingSchema,
  http: { method: "POST", path: "/v1/rollouts/:id/abort", status: 200 },
  run: async (bridge, who, { id, reason, trigger = "" }) => {
    const outcome = await bridge.rollouts.advance({ type: "abort", id, reason, trigger }, by(who));
    return outcome.ok ? standing(bridge) : outcome;
  },
});

export const startRollback = operation({
  name: "rollbacks.start",
  action: "rollout.abort",
  summary: "Start the way back. It ends the rollout of the same flag first, and cannot be called off.",
  input: Type.Object(
    {
      id: Id,
      flag: Type.String({ pattern: flagNamePattern }),
      scope: Scope,
      reason: Reason,
      trigger: Type.Optional(Type.String({ maxLength: 64 })),
      rehearsal: Type.Optional(Type.Boolean()),
    },
    strict,
  ),
  output: StandingSchema,
  http: { method: "POST", path: "/v1/rollbacks", status: 201 },
  run: async (bridge, who, { id, flag, scope, reason, trigger = "", rehearsal = false }) => {
    const outcome = await bridge.rollouts.startRollback({ id, flag, scope, reason, trigger, rehearsal }, by(who));
    return outcome.ok ? standing(bridge) : outcome;
  },
});

export const leaseRollback = operation({
  name: "rollbacks.lease",
  action: "rollout.abort",
  summary: "Take the lease of a rollback, or renew yours.",
  input: Type.Object({ id: Id, holder: Holder, forMs: LeaseMs }, strict),
  output: StandingSchema,
  http: { method: "POST", path: "/v1/rollbacks/:id/lease", status: 200 },
  run: async (bridge, who, { id, holder, forMs }) => {
    const outcome = await bridge.rollouts.goBack({ type: "lease", id, holder, now: bridge.now(), forMs }, by(who));
    return outcome.ok ? standing(bridge) : outcome;
  },
});

const StepName = Type.Enum([...rollbackSteps]);

export const advanceRollback = operation({
  name: "rollbacks.advance",
  action: "rollout.abort",
  summary: "A step of the rollback is done, failed, or was the last. In their order, and each counts once.",
  input: Type.Object(
    {
      id: Id,
      fence: Fence,
      act: Type.Union([
        Type.Object(
          { ...one("done"), step: StepName, durationMs: Ms, found: Why, detail: Type.Unsafe<Json>({}) },
          strict,
        ),
        Type.Object({ ...one("fail"), step: StepName, durationMs: Ms, why: Why }, strict),
        Type.Object(
          { ...one("finish"), report: Type.String({ minLength: 43, maxLength: 64 }), lost: Count, durationMs: Ms },
          strict,
        ),
      ]),
    },
    strict,
  ),
  output: StandingSchema,
  http: { method: "POST", path: "/v1/rollbacks/:id/advance", status: 200 },
  run: async (bridge, who, { id, fence, act }) => {
    const command =
      act.type === "done"
        ? ({
            type: "done",
            id,
            fence,
            step: { step: act.step, durationMs: act.durationMs, found: act.found, detail: act.detail },
          } as const)
        : { ...act, id, fence };
    const outcome = await bridge.rollouts.goBack(command, by(who));
    return outcome.ok ? standing(bridge) : outcome;
  },
});
