import { type Certificate, certificateShape, reviewType } from "../certificate/statement.ts";
import { type ProbeRun, probeRunType } from "../check.ts";
import { problemsOf } from "../shape/problems.ts";
import { parseBounded, readBundle } from "./bundle.ts";

/** A bundle as it presents itself. Nobody has checked anything: to show it, to compare it, to find its evidence. */
export type Unverified =
  | {
      readonly ok: true;
      readonly certificate: Certificate;
      readonly runs: readonly ProbeRun[];
      /** Digest of the certificate's line. */
      readonly sha256: string;
      /** SHA-256 of every file that the runs name, hex. */
      readonly evidence: readonly string[];
      /** Key ids that the envelope names; unauthenticated. */
      readonly keyids: readonly string[];
    }
  | { readonly ok: false; readonly why: string };

/** Reads a bundle without believing it. Never throws. */
export const readUnverified = (bytes: Uint8Array): Unverified => {
  const read = readBundle(bytes);
  if (!read.ok) return { ok: false, why: `line ${read.line} ${read.detail}` };
  let found: { certificate: Certificate; sha256: string; keyids: readonly string[] } | undefined;
  const runs: ProbeRun[] = [];
  for (const { value, sha256, number } of read.lines) {
    const { payload, signatures } = (value ?? {}) as { readonly payload?: unknown; readonly signatures?: unknown };
    if (typeof payload !== "string") return { ok: false, why: `line ${number} is no DSSE envelope` };
    const parsed = parseBounded(Buffer.from(payload, "base64").toString("utf8"));
    if ("detail" in parsed) return { ok: false, why: `the payload of line ${number} ${parsed.detail}` };
    const statement = (parsed.value ?? {}) as { readonly predicateType?: unknown; readonly predicate?: unknown };
    if (statement.predicateType === probeRunType) runs.push(statement.predicate as ProbeRun);
    if (statement.predicateType !== reviewType || found !== undefined) continue;
    const first = problemsOf(certificateShape, statement)[0];
    if (first !== undefined)
      return { ok: false, why: `the certificate does not fit: ${first.pointer} ${first.message}` };
    found = { certificate: statement as unknown as Certificate, sha256, keyids: keyidsOf(signatures) };
  }
  if (found === undefined) return { ok: false, why: "there is no certificate in it" };
  return { ok: true, ...found, runs, evidence: [...new Set(runs.flatMap(digestsOf))] };
};

const keyidsOf = (signatures: unknown): readonly string[] =>
  Array.isArray(signatures)
    ? signatures.slice(0, 16).map((one) => String((one as { readonly keyid?: unknown } | null)?.keyid ?? ""))
    : [];

/** Of what claims to be a run; whatever is not a digest is passed over, so that nothing else names a file. */
const digestsOf = (run: unknown): readonly string[] => {
  const found: string[] = [];
  const walk = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    for (const [name, item] of Object.entries(value)) {
      if (name === "sha256" && typeof item === "string" && /^[0-9a-f]{64}$/.test(item)) found.push(item);
      else walk(item);
    }
  };
  walk(run);
  return found;
};
