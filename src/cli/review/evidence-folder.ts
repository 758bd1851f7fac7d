import { createHash } from "node:crypto";
import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Evidence, type EvidenceWriter, fileName } from "../../review/evidence/descriptor.ts";

export const EVIDENCE_FOLDER = "evidence";

const isFileName = new RegExp(fileName.pattern);

/** Raw evidence in a folder, each file under its SHA-256 and only its owner's to read: it says much about a system. */
export const evidenceFolder = (out: string): EvidenceWriter & { readonly kept: () => Evidence } => {
  const folder = join(out, EVIDENCE_FOLDER);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const files = new Map<string, Uint8Array>();
  return {
    kept: () => files,
    put: async (bytes, { name, mediaType, collectedAt }) => {
      // No name ever is a path here; one that could be is refused all the same, because others will read it.
      if (!isFileName.test(name)) throw new Error(`${JSON.stringify(name)} is no name for a file of evidence`);
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      files.set(sha256, bytes);
      const path = join(folder, sha256);
      if (!existsSync(path)) {
        // Under its name only when it is whole.
        writeFileSync(`${path}.partial`, bytes, { mode: 0o600 });
        renameSync(`${path}.partial`, path);
      }
      const annotations = { bytes: bytes.byteLength, collectedAt: new Date(collectedAt).toISOString() };
      return { name, digest: { sha256 }, mediaType, annotations };
    },
  };
};
