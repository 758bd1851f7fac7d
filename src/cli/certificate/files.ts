import { closeSync, fstatSync, lstatSync, openSync, readFileSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import { EVIDENCE_BYTES_MAX, EVIDENCE_FILE_BYTES_MAX, type Evidence } from "../../review/evidence/descriptor.ts";
import { BUNDLE_BYTES_MAX } from "../../review/verify/bundle.ts";
import { readUnverified, type Unverified } from "../../review/verify/read.ts";
import { Failure } from "../failure.ts";

/** A file that is no larger than it may be; what grows while it is read is cut off and will not verify. */
export const readBounded = (path: string, maxBytes: number): Uint8Array => {
  const file = openSync(path, "r");
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) throw new Failure("usage", `${path} is not a file.`);
    if (stat.size > maxBytes) throw new Failure("usage", `${path} is over ${maxBytes} bytes: it is something else.`);
    const bytes = Buffer.alloc(stat.size);
    let read = 0;
    while (read < bytes.byteLength) {
      const more = readSync(file, bytes, read, bytes.byteLength - read, read);
      if (more === 0) break;
      read += more;
    }
    return bytes.subarray(0, read);
  } finally {
    closeSync(file);
  }
};

export type Read = Extract<Unverified, { readonly ok: true }> & { readonly bytes: Uint8Array };

/** A certificate as it presents itself, for showing and comparing. */
export const readCertificate = (path: string): Read => {
  const bytes = readBounded(path, BUNDLE_BYTES_MAX);
  const read = readUnverified(bytes);
  if (!read.ok) throw new Failure("usage", `${path} cannot be read as a certificate: ${read.why}.`);
  return { ...read, bytes };
};

/**
 * The files that a bundle names, each by its digest and from nowhere else: no name out of a certificate ever becomes a
 * path. What is missing, too large or a link is left out, and will be missed.
 */
export const readEvidence = (folder: string, digests: readonly string[]): Evidence => {
  if (!statSync(folder).isDirectory()) throw new Failure("usage", `${folder} is not a folder.`);
  const evidence = new Map<string, Uint8Array>();
  let total = 0;
  for (const sha256 of new Set(digests)) {
    if (!/^[0-9a-f]{64}$/.test(sha256)) continue;
    const path = join(folder, sha256);
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat === undefined || !stat.isFile() || stat.size > EVIDENCE_FILE_BYTES_MAX) continue;
    total += stat.size;
    if (total > EVIDENCE_BYTES_MAX)
      throw new Failure("usage", `The evidence in ${folder} is over ${EVIDENCE_BYTES_MAX} bytes.`);
    evidence.set(sha256, readFileSync(path));
  }
  return evidence;
};
