import type { LogProofs } from "../../src/bridge/command/verify-exchange.ts";
import type { Log } from "../../src/bridge/log/log.ts";
import { encodeRecord } from "../../src/bridge/log/record.ts";
import { signCheckpoint } from "../../src/signing/checkpoint.ts";
import { ed25519FromSeed } from "../../src/signing/keys.ts";
import { compactRange, leafHash, nodeHash } from "../../src/signing/merkle.ts";
import { verifierKey } from "../../src/signing/note.ts";
import { type HashAt, inclusionProof } from "../../src/signing/proof.ts";

/** Proofs over a log in memory, which keeps no tree: one is made of all its events for every proof. */
export const logProofs = (log: Log, name: string): LogProofs => {
  const privateKey = ed25519FromSeed(new Uint8Array(32).fill(99));
  return {
    key: verifierKey(name, privateKey),
    prove: async (position) => {
      const { events } = await log.read({ limit: 1_000 });
      const leaves = events.map((event) => leafHash(encodeRecord(event)));
      const record = events.find((event) => event.position === position);
      if (record === undefined) throw new RangeError(`${position} is not among the first ${leaves.length}`);
      const hashAt: HashAt = (level, index) =>
        level === 0
          ? (leaves[index] as Uint8Array)
          : nodeHash(hashAt(level - 1, 2 * index), hashAt(level - 1, 2 * index + 1));
      const range = compactRange();
      for (const leaf of leaves) range.append(leaf);
      return {
        position,
        record: encodeRecord(record),
        path: inclusionProof(position - 1, leaves.length, hashAt).map((hash) => Buffer.from(hash).toString("base64")),
        checkpoint: signCheckpoint({ origin: name, size: leaves.length, root: range.root() }, { name, privateKey }),
      };
    },
  };
};
