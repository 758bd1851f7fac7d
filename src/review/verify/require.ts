import type { Verdict } from "../certificate/statement.ts";
import type { Finding } from "./finding.ts";
import { type Verification, type VerifyOptions, verdictOf, verifyCertificate } from "./verify.ts";

export interface Demand extends VerifyOptions {
  /** The worst verdict that will do. */
  readonly accept: "GO" | "CONDITIONAL";
  /** Share of the agents that is to get the build, in percent; more than the certificate allows will not do. */
  readonly percent?: number;
}

export type Required =
  | {
      readonly ok: true;
      /** `sha256:` and the digest of the certificate's line: what goes into records. */
      readonly certificate: string;
      readonly verdict: Verdict;
      readonly rolloutPercent: number;
      readonly validUntil: string;
    }
  | { readonly ok: false; readonly why: string; readonly findings: readonly Finding[] };

/**
 * What a rollout or a pipeline calls before it goes on: a certificate that is valid now, for what runs now (give
 * `live`), with a verdict that will do. Pure; asks nobody.
 */
export const requireCertificate = (bundle: Uint8Array, demand: Demand): Required => {
  const found = verifyCertificate(bundle, demand);
  const why = whyNot(found, demand);
  if (why !== undefined || found.predicate === undefined)
    return { ok: false, why: why ?? "there is no certificate", findings: found.findings };
  const { verdict, rolloutPercent, validUntil } = found.predicate;
  return { ok: true, certificate: `sha256:${found.sha256}`, verdict, rolloutPercent, validUntil };
};

const whyNot = (found: Verification, { accept, percent }: Demand): string | undefined => {
  const verdict = verdictOf(found);
  if (verdict === undefined) {
    const first = found.findings[0];
    return `it is ${found.status}${first === undefined ? "" : `: ${first.where} ${first.pointer} ${first.detail}`}`;
  }
  if (verdict !== "GO" && !(verdict === "CONDITIONAL" && accept === "CONDITIONAL"))
    return `its verdict is ${verdict}, and ${accept} is asked for`;
  const most = found.predicate?.rolloutPercent ?? 0;
  return percent !== undefined && percent > most ? `it allows ${most} % of the agents, not ${percent} %` : undefined;
};
