/** What one reply lists at most, in UTF-16 units of JSON: as much as one message may have bytes. */
export const PAGE_CHARS_MAX = 1_048_576;

/**
 * The longest beginning of `items` that fits one reply, and at least one item: a page that is empty because its first
 * item is large would be a list that cannot be read on.
 */
export const fitting = <T>(
  items: readonly T[],
  charsOf: (item: T) => number,
  charsMax = PAGE_CHARS_MAX,
): readonly T[] => {
  let chars = 0;
  const end = items.findIndex((item, index) => {
    chars += charsOf(item);
    return chars > charsMax && index > 0;
  });
  return end === -1 ? items : items.slice(0, end);
};
