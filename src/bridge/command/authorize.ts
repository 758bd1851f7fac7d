import {
  policySetTextToParts,
  preparsePolicySet,
  preparseSchema,
  statefulIsAuthorized,
  validate,
} from "@cedar-policy/cedar-wasm/nodejs";
import { base64url, sha256 } from "../../signing/digest.ts";
import { type Action, policySchema } from "./policy.ts";

/** An agent as a policy sees it. */
export interface Subject {
  readonly name: string;
  readonly kind: string;
  readonly roles: readonly string[];
  readonly expertise: readonly string[];
}

export interface Ruling {
  readonly allowed: boolean;
  /** Ids of the policies that decided; empty when nothing permitted it. */
  readonly policies: readonly string[];
  /** What went wrong while deciding; then it is a denial. */
  readonly fault?: string;
}

export interface Authorizer {
  /** `target` is the agent that is asked, for the actions that have one. */
  readonly rule: (who: Subject, action: Action, target?: Subject) => Ruling;
  /** SHA-256 of the policy text, base64url. */
  readonly digest: string;
}

/** A policy that cannot be used, with everything that is wrong with it. */
export class PolicyProblem extends Error {
  override readonly name = "PolicyProblem";
}

/**
 * Rulings kept at hand. Cedar takes 92 µs for one; a policy that names no agent decides by roles, kind and expertise,
 * of which a system has few combinations.
 */
const RULINGS_KEPT_MAX = 10_000;

/**
 * Decides by a Cedar policy, and fails closed. Cedar skips a policy that errs, which would open what a `forbid` was to
 * close; hence: no policy with a validation error is loaded, every request is validated against the schema, and any
 * error while deciding is a denial.
 */
export const authorizer = (policy: string): Authorizer => {
  const digest = base64url(sha256(policy));
  const schemaName = `lighthouse-${digest}`;
  const policies = { staticPolicies: named(policy) };
  const checked = validate({ schema: policySchema, policies });
  const errors = checked.type === "failure" ? checked.errors : checked.validationErrors.map((e) => e.error);
  if (errors.length > 0) throw new PolicyProblem(errors.map((e) => e.message).join("; "));
  for (const parsed of [preparseSchema(schemaName, policySchema), preparsePolicySet(digest, policies)]) {
    if (parsed.type === "failure") throw new PolicyProblem(parsed.errors.map((e) => e.message).join("; "));
  }
  const namesAgents = /Agent\s*::/.test(policy);
  const keyOf = (s: Subject): string =>
    `${namesAgents ? s.name : ""}|${s.kind}|${[...s.roles].sort().join()}|${[...s.expertise].sort().join()}`;
  const keys = new WeakMap<Subject, string>();
  const cachedKey = (s: Subject): string => {
    const known = keys.get(s);
    if (known !== undefined) return known;
    const key = keyOf(s);
    keys.set(s, key);
    return key;
  };
  let rulings = new Map<string, Ruling>();

  const decide = (who: Subject, action: Action, target: Subject | undefined): Ruling => {
    const resource = target === undefined ? bridge : { type: "Agent", id: target.name };
    const answer = statefulIsAuthorized({
      principal: { type: "Agent", id: who.name },
      action: { type: "Action", id: action },
      resource,
      context: {},
      preparsedPolicySetId: digest,
      preparsedSchemaName: schemaName,
      validateRequest: true,
      entities: [entity(who), ...(target === undefined || target.name === who.name ? [] : [entity(target)])],
    });
    if (answer.type === "failure")
      return { allowed: false, policies: [], fault: answer.errors.map((e) => e.message).join("; ") };
    const { decision, diagnostics } = answer.response;
    if (diagnostics.errors.length > 0) {
      return {
        allowed: false,
        policies: [],
        fault: diagnostics.errors.map((e) => `${e.policyId}: ${e.error.message}`).join("; "),
      };
    }
    return { allowed: decision === "allow", policies: diagnostics.reason };
  };

  return {
    digest,
    rule: (who, action, target) => {
      const key = `${action}|${cachedKey(who)}|${target === undefined ? "" : cachedKey(target)}`;
      const known = rulings.get(key);
      if (known !== undefined) return known;
      if (rulings.size >= RULINGS_KEPT_MAX) rulings = new Map();
      const fresh = decide(who, action, target);
      rulings.set(key, fresh);
      return fresh;
    },
  };
};

/** Each policy under its `@id`, so that a ruling can say which ones made it. */
const named = (text: string): Record<string, string> => {
  const parts = policySetTextToParts(text);
  if (parts.type === "failure") throw new PolicyProblem(parts.errors.map((e) => e.message).join("; "));
  if (parts.policy_templates.length > 0)
    throw new PolicyProblem("templates (`?principal`) are not linked to anybody here");
  return Object.fromEntries(
    parts.policies.map((part, i) => [/@id\("([^"]+)"\)/.exec(part)?.[1] ?? `policy ${i + 1}`, part]),
  );
};

const bridge = { type: "Bridge", id: "bridge" } as const;

const entity = ({ name, kind, roles, expertise }: Subject) => ({
  uid: { type: "Agent", id: name },
  attrs: { roles: [...roles], kind, expertise: [...expertise] },
  parents: [],
});
