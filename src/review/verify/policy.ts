import { digestOf } from "../digest.ts";
import type { Evidence } from "../evidence/descriptor.ts";
import { type Policy, policyDefs, policyShape } from "../policy.ts";
import { problemsOf } from "../shape/problems.ts";
import { parseBounded } from "./bundle.ts";
import { type Finding, finding } from "./finding.ts";
import type { Trust } from "./trust.ts";

export type PolicyFound =
  | { readonly ok: true; readonly policy: Policy }
  | { readonly ok: false; readonly finding: Finding };

/** The policy that the certificate names, if it is one that the verifier accepts: given, or pinned by the trust file. */
export const policyFor = (
  sha256: string,
  { policy, trust, evidence }: { readonly policy?: unknown; readonly trust: Trust; readonly evidence: Evidence },
): PolicyFound => {
  const at = "/predicate/policy/digest/sha256";
  const no = (detail: string): PolicyFound => ({ ok: false, finding: finding("policy", "certificate", at, detail) });
  if (policy === undefined && !trust.policies.includes(sha256))
    return no(`it was judged by policy ${sha256}, which the trust file does not accept`);
  const found = policy ?? inEvidence(evidence.get(sha256));
  if (found === undefined) return no("the policy itself is not there: give it, or keep it with the evidence");
  const problems = problemsOf(policyShape, found, policyDefs);
  const first = problems[0];
  if (first !== undefined) return { ok: false, finding: finding("policy", "policy", first.pointer, first.message) };
  const digest = digestOf(found);
  if (digest !== sha256) return no(`it was judged by another policy than ${digest}`);
  const ids = (found as Policy).checks.map(({ id }) => id);
  return new Set(ids).size === ids.length
    ? { ok: true, policy: found as Policy }
    : no("the policy asks for a check twice");
};

const inEvidence = (bytes: Uint8Array | undefined): unknown => {
  if (bytes === undefined) return undefined;
  const parsed = parseBounded(Buffer.from(bytes).toString("utf8"));
  return "value" in parsed ? parsed.value : undefined;
};
