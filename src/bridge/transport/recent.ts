/** Kept at once: what one turn of a busy bridge shows, and not enough to notice in memory. */
const ENTRIES_MAX = 256;
const CHARS_MAX = 1_000_000;

/**
 * Makes something of an object once while it is being shown: an outcome goes to both its parties and back to who made
 * it, within one turn of the loop. Objects are recognised by identity, so they must not change.
 */
export const recent = <In extends object, Out>(make: (from: In) => Out, charsOf: (out: Out) => number = () => 0) => {
  const made = new Map<In, Out>();
  let chars = 0;
  return (from: In): Out => {
    const known = made.get(from);
    if (known !== undefined) return known;
    const out = make(from);
    chars += charsOf(out);
    if (made.size >= ENTRIES_MAX || chars > CHARS_MAX) {
      made.clear();
      chars = charsOf(out);
    }
    made.set(from, out);
    return out;
  };
};
