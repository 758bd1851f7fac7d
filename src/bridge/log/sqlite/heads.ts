import type { StreamHeads } from "../admit.ts";

/** Streams whose head is remembered, at least; at most twice as many. 32,768 names of 60 characters: about 4 MB. */
export const HEADS_MIN = 32_768;

export interface CachedHeads extends StreamHeads {
  readonly clear: () => void;
}

/**
 * The newest revision of the streams used lately; asks `lookUp` for the rest. Two generations instead of a linked list:
 * when the young one is full it becomes the old one, and what was not used since is forgotten.
 */
export const cachedHeads = (lookUp: (stream: string) => number, min = HEADS_MIN): CachedHeads => {
  let young = new Map<string, number>();
  let old = new Map<string, number>();
  const set = (stream: string, revision: number): void => {
    if (young.size >= min && !young.has(stream)) {
      old = young;
      young = new Map();
    }
    young.set(stream, revision);
  };
  return {
    get: (stream) => {
      const known = young.get(stream);
      if (known !== undefined) return known;
      const revision = old.get(stream) ?? lookUp(stream);
      set(stream, revision);
      return revision;
    },
    set,
    clear: () => {
      young = new Map();
      old = new Map();
    },
  };
};
