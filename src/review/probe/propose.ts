import type { Policy, PolicyCheck, SignOffRule } from "../policy.ts";
import { DAY_MS, type Probe } from "./probe.ts";

/** Every check that these probes propose, each bound to its probe. */
export const checksOf = (probes: readonly Probe[]): readonly PolicyCheck[] =>
  probes.flatMap(({ id, version, checks }) =>
    checks.map((check) => ({ ...check, probe: { id, versionMin: version } })),
  );

/**
 * A policy to begin with: all that the probes propose, and reviewers of four trades. It is a file, and whoever answers
 * for the system may write another one; the verifier brings its own.
 */
export const proposedPolicy = (name: string, probes: readonly Probe[], signOff: SignOffRule = fourTrades): Policy => ({
  version: 1,
  name,
  maxAgeMs: 7 * DAY_MS,
  waiverMsMax: 14 * DAY_MS,
  conditionalCapPercent: 25,
  checks: checksOf(probes),
  signOff,
});

export const reviewerRoles = [
  "devops-engineer",
  "security-architect",
  "performance-engineer",
  "validation-specialist",
] as const;

const fourTrades: SignOffRule = {
  roles: reviewerRoles.map((role) => ({ role, approvals: 1 })),
  quorum: reviewerRoles.length,
  ttlMs: 7 * DAY_MS,
};

export const nobodySignsOff: SignOffRule = { roles: [], quorum: 0, ttlMs: DAY_MS };
