import { count, object, strings, text, time } from "./event-shape.ts";

/** What happens to a rollout and to a rollback. Both have one stream for the whole bridge: one of each at a time. */

const number = { type: "number" } as const;
const flag = { type: "boolean" } as const;
const ms = { type: "integer", minimum: 0, description: "milliseconds" } as const;

/** A share that is fine and one that is not: what a test has to tell apart. */
const bounds = object({ ok: number, bad: number }, ["ok", "bad"]);

export const planShape = object(
  {
    flag: { type: "string", description: "the flag whose share is raised" },
    steps: {
      type: "array",
      items: object({ percent: { type: "integer", minimum: 1, maximum: 100 }, soakMs: ms }, ["percent", "soakMs"]),
    },
    analysis: object(
      {
        everyMs: { ...ms, description: "between two looks at the bridge" },
        minSamples: { ...count, description: "ended questions, deliveries and timings of the canary arm, each" },
        maxHoldMs: { ...ms, description: "how long it may see nothing, or come to nothing, before it goes back" },
        errors: bounds,
        delivery: bounds,
        latency: object({ overMs: ms, ok: number, bad: number }, ["overMs", "ok", "bad"]),
        relative: { type: "number", description: "canary failing so many times as often as stable is a fault" },
        falseRollback: { type: "number", description: "chance to withdraw a sound canary, over the whole rollout" },
        missed: { type: "number", description: "chance to let a bad canary pass one step, per criterion" },
      },
      ["everyMs", "minSamples", "maxHoldMs", "errors", "delivery", "latency", "relative", "falseRollback", "missed"],
    ),
    /** At once, at any time, also while paused. */
    triggers: object(
      {
        windowMs: ms,
        minSamples: count,
        errorShare: { ...number, description: "of ended questions; certainly above it" },
        slowMs: ms,
        slowShare: number,
        undeliveredShare: number,
        unhealthy: { ...count, description: "looks in a row at which the bridge was not well" },
        violations: { ...count, description: "security violations of the canary arm that are tolerated" },
        timeoutsPerMinute: {
          ...count,
          description: "expired questions; more than this, and certainly more than is sound",
        },
        agentFailureShare: {
          ...number,
          description: "of agents asked lately: more questions expired than were answered",
        },
        minAgents: { ...count, description: "asked lately, before their share says anything" },
        over: {
          type: "string",
          enum: ["system", "canary"],
          description: "whose numbers: both arms' taken together as well, or the canary arm's alone",
        },
      },
      [
        ...["windowMs", "minSamples", "errorShare", "slowMs", "slowShare", "undeliveredShare", "unhealthy"],
        ...["violations", "timeoutsPerMinute", "agentFailureShare", "minAgents", "over"],
      ] as const,
    ),
    certificate: { type: "string", enum: ["none", "required"], description: "whether every step needs a certificate" },
  },
  ["flag", "steps", "analysis", "triggers", "certificate"],
);

/** One arm between two looks. */
export const tallyShape = object(
  {
    ended: { ...count, description: "accepted, declined, expired or a fault of the bridge" },
    failed: { ...count, description: "of those: expired or a fault of the bridge" },
    expired: count,
    deliveries: count,
    undelivered: count,
    timed: { ...count, description: "timings of the bridge's own work" },
    slow: { ...count, description: "of those: over the analysis' limit" },
    verySlow: { ...count, description: "of those: over the trigger's limit" },
  },
  ["ended", "failed", "expired", "deliveries", "undelivered", "timed", "slow", "verySlow"],
);

export const verdicts = ["promote", "rollback", "inconclusive", "hold"] as const;
export const rollbackSteps = [
  "announce",
  "switch",
  "drain",
  "confirm_stable",
  "clear_delivery",
  "verify_log",
  "publish",
] as const;

const lease = { fence: count, holder: text, until: time } as const;
const step = { ...count, description: "index in the plan" } as const;

export const scopeShape = {
  anyOf: [
    object({ kind: { type: "string", enum: ["full"] } }, ["kind"]),
    object({ kind: { type: "string", enum: ["canary"] } }, ["kind"]),
    object({ kind: { type: "string", enum: ["partial"] }, agents: strings, roles: strings }, [
      "kind",
      "agents",
      "roles",
    ]),
  ],
} as const;

export const rolloutEvents = {
  "rollout.started": {
    version: 2,
    shape: object({ id: text, plan: planShape, planDigest: text, reason: text }, [
      "id",
      "plan",
      "planDigest",
      "reason",
    ]),
  },
  /** Whoever holds the lease is the one controller; the fence is higher with each new holder. */
  "rollout.leased": { version: 1, shape: object({ id: text, ...lease }, ["id", "fence", "holder", "until"]) },
  /** Decided to go to this share. What follows from it may still have to be done. */
  "rollout.entered": {
    version: 1,
    shape: object(
      {
        id: text,
        step,
        percent: count,
        fence: count,
        certificate: { ...text, description: "digest; empty: none was required" },
      },
      ["id", "step", "percent", "fence", "certificate"],
    ),
  },
  /** The flag was seen to say so: the soak begins. */
  "rollout.applied": {
    version: 1,
    shape: object({ id: text, step, fence: count, version: { ...count, description: "of the flag" } }, [
      "id",
      "step",
      "fence",
      "version",
    ]),
  },
  "rollout.measured": {
    version: 1,
    shape: object(
      {
        id: text,
        step,
        fence: count,
        forMs: { ...ms, description: "covered by it, on a clock that does not jump" },
        canary: tallyShape,
        stable: tallyShape,
        violations: count,
        agents: object({ seen: count, failing: count }, ["seen", "failing"]),
        until: { ...time, description: "the lease is renewed to this" },
      },
      ["id", "step", "fence", "forMs", "canary", "stable", "violations", "until"],
    ),
  },
  /** It looked and saw nothing that counts: a failed or stale scrape, a bridge that began again. */
  "rollout.blind": {
    version: 1,
    shape: object({ id: text, step, fence: count, forMs: ms, why: text, until: time }, [
      "id",
      "step",
      "fence",
      "forMs",
      "why",
      "until",
    ]),
  },
  "rollout.judged": {
    version: 1,
    shape: object({ id: text, step, fence: count, verdict: { type: "string", enum: verdicts }, why: text }, [
      "id",
      "step",
      "fence",
      "verdict",
      "why",
    ]),
  },
  "rollout.paused": { version: 1, shape: object({ id: text, reason: text }, ["id", "reason"]) },
  "rollout.resumed": { version: 1, shape: object({ id: text, reason: text }, ["id", "reason"]) },
  /** A person takes the step for passed before the judge does. */
  "rollout.promoted": { version: 1, shape: object({ id: text, step, reason: text }, ["id", "step", "reason"]) },
  /** It goes back, and nothing else happens to it any more. */
  "rollout.aborted": {
    version: 1,
    shape: object({ id: text, reason: text, trigger: { ...text, description: "empty: a person" } }, [
      "id",
      "reason",
      "trigger",
    ]),
  },
  "rollout.withdrawn": { version: 1, shape: object({ id: text, rollback: text }, ["id", "rollback"]) },
  "rollout.completed": { version: 1, shape: object({ id: text, fence: count }, ["id", "fence"]) },

  "rollback.started": {
    version: 1,
    shape: object(
      {
        id: text,
        flag: text,
        scope: scopeShape,
        reason: text,
        trigger: { ...text, description: "empty: a person" },
        rollout: { ...text, description: "the rollout it ends; empty: none" },
        rehearsal: flag,
        percentBefore: count,
        openFrom: {
          ...count,
          description: "position of the oldest question that was open: all before it had ended; absent: not known",
        },
      },
      ["id", "flag", "scope", "reason", "trigger", "rollout", "rehearsal", "percentBefore"],
    ),
  },
  "rollback.leased": { version: 1, shape: object({ id: text, ...lease }, ["id", "fence", "holder", "until"]) },
  /** A step's post-condition was seen to hold on the running bridge. */
  "rollback.step_done": {
    version: 1,
    shape: object(
      {
        id: text,
        step: { type: "string", enum: rollbackSteps },
        fence: count,
        durationMs: ms,
        found: { ...text, description: "the post-condition as it was found" },
        detail: { description: "counts, ids, digests" },
      },
      ["id", "step", "fence", "durationMs", "found", "detail"],
    ),
  },
  "rollback.step_failed": {
    version: 1,
    shape: object(
      { id: text, step: { type: "string", enum: rollbackSteps }, fence: count, durationMs: ms, why: text },
      ["id", "step", "fence", "durationMs", "why"],
    ),
  },
  "rollback.finished": {
    version: 1,
    shape: object(
      {
        id: text,
        fence: count,
        report: { ...text, description: "SHA-256 of the incident report, base64url" },
        lost: count,
        durationMs: ms,
      },
      ["id", "fence", "report", "lost", "durationMs"],
    ),
  },
} as const;
