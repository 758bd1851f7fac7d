import { count, exactly, type FromShape, moment, sha256Hex } from "../shape/shape.ts";

/** Names that mean the same file on every system: no folder, no dot in front, nothing that a shell or a zip could turn. */
export const fileName = { type: "string", pattern: "^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$" } as const;

/**
 * An in-toto ResourceDescriptor for one file of raw evidence. The digest says which bytes; the name is what a policy
 * calls them by, within its check.
 */
export const descriptorShape = exactly({
  name: fileName,
  digest: exactly({ sha256: sha256Hex }),
  mediaType: { type: "string", pattern: "^[a-z]+/[a-z0-9.+-]{1,100}$" },
  annotations: exactly({ bytes: { ...count, minimum: 1 }, collectedAt: moment }),
});
export type ResourceDescriptor = FromShape<typeof descriptorShape>;

/** Where raw evidence goes. The same bytes are kept once. */
export interface EvidenceWriter {
  readonly put: (
    bytes: Uint8Array,
    file: { readonly name: string; readonly mediaType: string; readonly collectedAt: number },
  ) => Promise<ResourceDescriptor>;
}

/** The raw evidence that a certificate speaks of, by SHA-256 in hex: all of it is read before anything is judged. */
export type Evidence = ReadonlyMap<string, Uint8Array>;

/** Largest single file, in bytes: 10,000 latencies with their ids take 1 MB. */
export const EVIDENCE_FILE_BYTES_MAX = 32 * 1_048_576;
/** All files of one certificate together, in bytes. */
export const EVIDENCE_BYTES_MAX = 256 * 1_048_576;
