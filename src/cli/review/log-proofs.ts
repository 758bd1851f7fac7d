import { proveIn } from "../../bridge/log/prove.ts";
import { openForReading } from "../../bridge/log/sqlite/schema.ts";
import type { LogProofs } from "../../review/run.ts";
import type { LogFile } from "../log-file.ts";
import { checkpointOver } from "./log-port.ts";

/** Proofs from the log's file, all under the checkpoint that is the newest once it covers the last of them. */
export const logProofs = ({ path, keys }: LogFile): LogProofs => ({
  keys,
  prove: async (positions) => {
    await checkpointOver(path, Math.max(0, ...positions));
    const db = openForReading(path);
    try {
      // One snapshot: a checkpoint that is signed meanwhile does not come in between.
      db.exec("BEGIN");
      const proofs = positions.map((position) => {
        const proven = proveIn(db, position);
        if (!proven.ok) throw new Error(proven.reason);
        return proven.proof;
      });
      const checkpoint = proofs[0]?.checkpoint ?? "";
      return {
        origin: keys[0]?.name ?? "",
        checkpoint,
        records: proofs.map(({ position, record, path: hashes }) => ({ position, record, path: [...hashes] })),
      };
    } finally {
      if (db.isTransaction) db.exec("COMMIT");
      db.close();
    }
  },
});
