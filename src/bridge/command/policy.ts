/**
 * The default policy, in Cedar: deny unless permitted, and a `forbid` wins. An operator may put another in its place
 * (`<data folder>/policy.cedar`); it is loaded only if it validates against the schema without one error.
 */

/** What a policy may speak of. `roles` and `kind` are always there, so that no `forbid` can be skipped for want of them. */
export const policySchema = `
entity Agent { roles: Set<String>, kind: String, expertise: Set<String> };
entity Bridge;
action ask, signOff appliesTo { principal: Agent, resource: Agent };
action inquire, answer, cancel, read, list, appendEvent, queryEvents, register, revoke, operate, resetBudget, audit,
  rotateKey, rotateMaster, recover, "rollout.advance", "rollout.abort", review, remedy, waive
  appliesTo { principal: Agent, resource: Bridge };
`;

export const actions = [
  "ask",
  "signOff",
  "inquire",
  "answer",
  "cancel",
  "read",
  "list",
  "appendEvent",
  "queryEvents",
  "register",
  "revoke",
  "operate",
  "resetBudget",
  "audit",
  "rotateKey",
  "rotateMaster",
  "recover",
  "rollout.advance",
  "rollout.abort",
  "review",
  "remedy",
  "waive",
] as const;
export type Action = (typeof actions)[number];

/** A permission of these is itself worth an event. */
export const privileged: ReadonlySet<Action> = new Set([
  "register",
  "revoke",
  "operate",
  "resetBudget",
  "signOff",
  "audit",
  "rotateMaster",
  "recover",
  "review",
  "waive",
]);

/** The seed system's roles: guests look, agents work, experts sign off, systems and admins operate. */
export const defaultPolicy = `
@id("everybody-reads")
permit (principal, action in [Action::"read", Action::"list", Action::"queryEvents"], resource);

@id("everybody-rotates-its-own-key")
permit (principal, action == Action::"rotateKey", resource);

@id("workers-ask")
permit (principal, action == Action::"ask", resource)
when { principal.roles.containsAny(["agent", "expert", "system", "admin"]) };

@id("workers-work")
permit (principal, action in [Action::"inquire", Action::"answer", Action::"cancel", Action::"appendEvent"], resource)
when { principal.roles.containsAny(["agent", "expert", "system", "admin"]) };

@id("experts-sign-off")
permit (principal, action == Action::"signOff", resource)
when { principal.roles.containsAny(["expert", "reviewer"]) };

@id("systems-operate")
permit (principal, action == Action::"operate", resource)
when { principal.roles.containsAny(["system", "admin"]) };

@id("operators-roll-out-and-back")
permit (principal, action in [Action::"rollout.advance", Action::"rollout.abort"], resource)
when { principal.roles.containsAny(["system", "admin"]) };

@id("admins-register")
permit (principal, action in [Action::"register", Action::"revoke", Action::"rotateMaster"], resource)
when { principal.roles.contains("admin") };

@id("auditors-audit")
permit (principal, action == Action::"audit", resource)
when { principal.roles.containsAny(["auditor", "admin", "system"]) };

@id("reviewers-review")
permit (principal, action == Action::"review", resource)
when { principal.roles.containsAny(["reviewer", "system", "admin"]) };

@id("workers-mend")
permit (principal, action == Action::"remedy", resource)
when { principal.roles.containsAny(["agent", "expert", "reviewer", "system", "admin"]) };

@id("admins-waive")
permit (principal, action == Action::"waive", resource)
when { principal.roles.contains("admin") };

@id("people-reset-budgets-and-end-emergencies")
permit (principal, action in [Action::"resetBudget", Action::"recover"], resource)
when { principal.kind == "human" && principal.roles.contains("admin") };
`;
