import { parseCheckpoint, verifyCheckpoint } from "../../signing/checkpoint.ts";
import type { NoteVerifier } from "../../signing/note.ts";
import type { StoredCheckpoint } from "./sqlite/source.ts";
import { type Damage, damaged } from "./verify-damage.ts";

/** Compares every checkpoint, smallest first, with the tree of its size. */
export const checkpointChecks = (all: readonly StoredCheckpoint[], keys: readonly NoteVerifier[] | undefined) => {
  let next = 0;
  let covered = 0;

  const judge = ({ size, note }: StoredCheckpoint, root: Uint8Array): Damage | undefined => {
    const read = keys === undefined ? parseCheckpoint(note) : verifyCheckpoint(note, keys);
    if (!read.ok) return damaged(size, `the checkpoint for ${size} events is not sound: ${read.reason}`);
    if (read.checkpoint.size !== size)
      return damaged(size, `a checkpoint for ${read.checkpoint.size} events stands here`);
    if (Buffer.compare(read.checkpoint.root, root) !== 0) {
      return damaged(
        covered + 1,
        `events ${covered + 1} to ${size} are not those that the checkpoint for ${size} was signed for`,
      );
    }
    covered = size;
    return undefined;
  };

  return {
    covered: () => covered,
    reach: (size: number, root: () => Uint8Array): Damage | undefined => {
      for (let due = all[next]; due !== undefined && due.size <= size; due = all[++next]) {
        const damage = due.size < size ? damaged(size, "a checkpoint has no place") : judge(due, root());
        if (damage !== undefined) return damage;
      }
      return undefined;
    },
    end: (events: number): Damage | undefined => {
      const beyond = all[next];
      if (beyond === undefined) return undefined;
      return damaged(
        events + 1,
        `the log ends here, but a checkpoint was signed for ${beyond.size} events: its tail was cut off`,
      );
    },
  };
};
