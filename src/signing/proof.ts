import { HASH_BYTES, nodeHash, rootOf } from "./merkle.ts";

/**
 * The hash of the complete subtree of 2^level leaves that starts at leaf index·2^level. Level 0 is leaf hashes.
 * Asked only for subtrees that lie wholly inside the tree, so a log may keep any levels it likes and make the rest.
 */
export type HashAt = (level: number, index: number) => Uint8Array;

/** A complete subtree that a proof reads. */
export type Subtree = { readonly level: number; readonly index: number };

/** RFC 9162 2.1.3.1: the hashes that lead from leaf `index` to the head of a tree of `size` leaves, lowest first. */
export const inclusionProof = (index: number, size: number, hashAt: HashAt): readonly Uint8Array[] =>
  inclusionSubtrees(index, size).map((parts) => join(parts, hashAt));

/** What `inclusionProof` will read: for a store that has to be asked ahead of time. One list for each proof hash. */
export const inclusionSubtrees = (index: number, size: number): readonly (readonly Subtree[])[] => {
  if (!isSize(size) || !isSize(index) || index >= size) throw new RangeError(`no leaf ${index} in a tree of ${size}`);
  const path: (readonly Subtree[])[] = [];
  const descend = (begin: number, end: number): void => {
    if (end - begin === 1) return;
    const middle = begin + split(end - begin);
    if (index < middle) {
      descend(begin, middle);
      path.push(cover(middle, end));
    } else {
      descend(middle, end);
      path.push(cover(begin, middle));
    }
  };
  descend(0, size);
  return path;
};

/** RFC 9162 2.1.4.1: shows that the tree of `newSize` leaves begins with the tree of `oldSize` leaves. */
export const consistencyProof = (oldSize: number, newSize: number, hashAt: HashAt): readonly Uint8Array[] =>
  consistencySubtrees(oldSize, newSize).map((parts) => join(parts, hashAt));

/** What `consistencyProof` will read. One list for each proof hash. */
export const consistencySubtrees = (oldSize: number, newSize: number): readonly (readonly Subtree[])[] => {
  if (!isSize(oldSize) || !isSize(newSize) || oldSize > newSize)
    throw new RangeError(`no tree of ${oldSize} inside one of ${newSize}`);
  if (oldSize === 0 || oldSize === newSize) return [];
  const path: (readonly Subtree[])[] = [];
  const descend = (begin: number, end: number, whole: boolean): void => {
    if (end === oldSize) {
      // The old head itself is known to the verifier as long as no turn was taken to the right.
      if (!whole) path.push(cover(begin, end));
      return;
    }
    const middle = begin + split(end - begin);
    if (oldSize <= middle) {
      descend(begin, middle, whole);
      path.push(cover(middle, end));
    } else {
      descend(middle, end, false);
      path.push(cover(begin, middle));
    }
  };
  descend(0, newSize, true);
  return path;
};

/** Whether `proof` shows leaf hash `leaf` at `index` of the tree of `size` leaves with head `root`. Never throws. */
export const verifyInclusion = (
  index: number,
  size: number,
  leaf: Uint8Array,
  proof: readonly Uint8Array[],
  root: Uint8Array,
): boolean => {
  if (!isSize(size) || !isSize(index) || index >= size || !areHashes([leaf, root, ...proof])) return false;
  let hash = leaf;
  let [position, last] = [index, size - 1];
  for (const sibling of proof) {
    if (last === 0) return false;
    if (position % 2 === 1 || position === last) {
      hash = nodeHash(sibling, hash);
      // A node without a right neighbour rises until it has one on its left.
      while (position % 2 === 0 && position !== 0) [position, last] = [half(position), half(last)];
    } else {
      hash = nodeHash(hash, sibling);
    }
    [position, last] = [half(position), half(last)];
  }
  return last === 0 && same(hash, root);
};

/** Whether `proof` shows that the tree (`newSize`, `newRoot`) begins with the tree (`oldSize`, `oldRoot`). Never throws. */
export const verifyConsistency = (
  oldSize: number,
  newSize: number,
  oldRoot: Uint8Array,
  newRoot: Uint8Array,
  proof: readonly Uint8Array[],
): boolean => {
  if (!isSize(oldSize) || !isSize(newSize) || oldSize > newSize) return false;
  if (!areHashes([oldRoot, newRoot, ...proof])) return false;
  if (oldSize === newSize) return proof.length === 0 && same(oldRoot, newRoot);
  // Everything begins with nothing, but nothing has one head only.
  if (oldSize === 0) return proof.length === 0 && same(oldRoot, rootOf([]));

  let [position, last] = [oldSize - 1, newSize - 1];
  while (position % 2 === 1) [position, last] = [half(position), half(last)];
  // A complete old tree is its own first node and is left out of the proof.
  const hashes = position === 0 ? [oldRoot, ...proof] : proof;
  let [oldHash, newHash] = [hashes[0], hashes[0]];
  if (oldHash === undefined || newHash === undefined) return false;
  for (const sibling of hashes.slice(1)) {
    if (last === 0) return false;
    if (position % 2 === 1 || position === last) {
      oldHash = nodeHash(sibling, oldHash);
      newHash = nodeHash(sibling, newHash);
      while (position % 2 === 0 && position !== 0) [position, last] = [half(position), half(last)];
    } else {
      newHash = nodeHash(newHash, sibling);
    }
    [position, last] = [half(position), half(last)];
  }
  return last === 0 && same(oldHash, oldRoot) && same(newHash, newRoot);
};

/** The complete subtrees that make up the leaves from `begin` (a start of such a subtree) to before `end`. */
const cover = (begin: number, end: number): readonly Subtree[] => {
  const parts: Subtree[] = [];
  for (let at = begin; at < end; ) {
    let [level, width] = [0, 1];
    while (at % (width * 2) === 0 && at + width * 2 <= end) [level, width] = [level + 1, width * 2];
    parts.push({ level, index: at / width });
    at += width;
  }
  return parts;
};

const join = (parts: readonly Subtree[], hashAt: HashAt): Uint8Array =>
  rootOf(parts.map(({ level, index }) => hashAt(level, index)));

/** The largest power of two below `count` (which is 2 or more). Arithmetic, not bits: a log may pass 2^32 entries. */
const split = (count: number): number => {
  let width = 1;
  while (width * 2 < count) width *= 2;
  return width;
};

const half = (n: number): number => Math.floor(n / 2);
const isSize = (n: number): boolean => Number.isSafeInteger(n) && n >= 0;
const areHashes = (hashes: readonly Uint8Array[]): boolean =>
  hashes.every((hash) => hash instanceof Uint8Array && hash.byteLength === HASH_BYTES);
const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;
