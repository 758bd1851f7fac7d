/**
 * Which numbers a key has signed with: the highest, and of the 63 below it those that were used, as RFC 4303 (3.4.3) keeps
 * them. What is further behind counts as used, so that one key costs one object however much it signs.
 */
export interface Sequence {
  highest: number;
  /** Bit n: `highest - n` was used. */
  near: number;
  /** Bit n: `highest - 32 - n` was used. */
  far: number;
}

/** Numbers that a key's window holds. */
export const SEQUENCE_WIDTH = 64;

export const freshSequence = (): Sequence => ({ highest: -1, near: 0, far: 0 });

export const isUsed = ({ highest, near, far }: Sequence, seq: number): boolean => {
  const behind = highest - seq;
  if (behind < 0) return false;
  if (behind >= SEQUENCE_WIDTH) return true;
  return behind < HALF ? ((near >>> behind) & 1) === 1 : ((far >>> (behind - HALF)) & 1) === 1;
};

export const use = (sequence: Sequence, seq: number): void => {
  const behind = sequence.highest - seq;
  if (behind >= SEQUENCE_WIDTH) return;
  if (behind < 0) advance(sequence, -behind);
  set(sequence, sequence.highest - seq, 1);
};

/** It was not used after all. The window stays where it got to. */
export const giveBack = (sequence: Sequence, seq: number): void => {
  const behind = sequence.highest - seq;
  if (behind >= 0 && behind < SEQUENCE_WIDTH) set(sequence, behind, 0);
};

const HALF = 32;

const advance = (sequence: Sequence, by: number): void => {
  sequence.highest += by;
  if (by >= SEQUENCE_WIDTH) {
    sequence.near = 0;
    sequence.far = 0;
  } else if (by >= HALF) {
    sequence.far = by === HALF ? sequence.near : sequence.near << (by - HALF);
    sequence.near = 0;
  } else {
    // A shift by 32 is one by 0 in JavaScript, so `by` of 0 never gets here.
    sequence.far = (sequence.far << by) | (sequence.near >>> (HALF - by));
    sequence.near <<= by;
  }
};

const set = (sequence: Sequence, behind: number, bit: 0 | 1): void => {
  const half = behind < HALF ? "near" : "far";
  const mask = 1 << (behind % HALF);
  sequence[half] = bit === 1 ? sequence[half] | mask : sequence[half] & ~mask;
};
