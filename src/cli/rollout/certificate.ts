import { dirname, join } from "node:path";
import type { Certified } from "../../ops/rollout/lead.ts";
import { BUNDLE_BYTES_MAX } from "../../review/verify/bundle.ts";
import { readUnverified } from "../../review/verify/read.ts";
import { requireCertificate } from "../../review/verify/require.ts";
import { readTrust } from "../../review/verify/trust.ts";
import { readBounded, readEvidence } from "../certificate/files.ts";
import { readJson } from "../read-json.ts";
import { EVIDENCE_FOLDER } from "../review/evidence-folder.ts";

export interface CertificateFiles {
  /** The bundle, `.intoto.jsonl`; its raw evidence is in `evidence/` beside it. */
  readonly file: string;
  readonly trust: string;
}

export interface CertificatePorts {
  /** SHA-256 of the build that runs on the bridge, in hex. */
  readonly build: () => Promise<string>;
  readonly now: () => number;
}

/**
 * Whether the files hold a certificate that lets so many percent of the agents have the build that runs now. They are read
 * anew each time: one that was renewed counts, and so does one that was revoked. CONDITIONAL will do as far as it goes.
 */
export const certificateIn =
  ({ file, trust: trustFile }: CertificateFiles, { build, now }: CertificatePorts) =>
  async (percent: number): Promise<Certified> => {
    try {
      const bundle = readBounded(file, BUNDLE_BYTES_MAX);
      const trust = readTrust(readJson(trustFile, "--trust"));
      if (!trust.ok) {
        return no(`${trustFile}: ${trust.problems.map(({ pointer, message }) => `${pointer} ${message}`).join("; ")}`);
      }
      const read = readUnverified(bundle);
      const named = read.ok ? [...read.evidence, read.certificate.predicate.policy.digest.sha256] : [];
      const required = requireCertificate(bundle, {
        trust: trust.trust,
        evidence: readEvidence(join(dirname(file), EVIDENCE_FOLDER), named),
        now: now(),
        live: [{ name: "build", digest: { sha256: await build() } }],
        accept: "CONDITIONAL",
        percent,
      });
      return required.ok ? { ok: true, certificate: required.certificate } : no(required.why);
    } catch (error) {
      // A file that is away or a bridge that does not say what runs: no certificate, and no end of the controller.
      return no(error instanceof Error ? error.message : String(error));
    }
  };

const no = (why: string): Certified => ({ ok: false, why: why.slice(0, 500) });
