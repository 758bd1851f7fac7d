import type { Subject } from "../check.ts";
import { digestOf } from "../digest.ts";

/**
 * What reviewers sign off: which build, by which policy, on which signed runs (which name every piece of evidence by
 * digest). Everything else in a certificate follows from these.
 */
export const coreDigest = (core: {
  readonly review: string;
  readonly subject: Subject;
  readonly policy: string;
  /** SHA-256 of each probe run's envelope, hex. */
  readonly runs: readonly string[];
}): string =>
  digestOf({
    v: 1,
    typ: "lighthouse.review-core",
    review: core.review,
    subject: [...core.subject].sort((a, b) => (a.name < b.name ? -1 : 1)),
    policy: core.policy,
    runs: [...core.runs].sort(),
  });
