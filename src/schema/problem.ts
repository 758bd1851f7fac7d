/** One thing that is wrong, and where. `pointer` is an RFC 6901 pointer into the value that was read; "" is all of it. */
export type Problem = { readonly pointer: string; readonly keyword: string; readonly message: string };

/** The pointer of a member or item below `pointer`. */
export const below = (pointer: string, key: string | number): string =>
  typeof key === "number" ? `${pointer}/${key}` : `${pointer}/${escapeToken(key)}`;

const escapeToken = (key: string): string =>
  key.includes("~") || key.includes("/") ? key.replaceAll("~", "~0").replaceAll("/", "~1") : key;

/** "1 item", "2 items". */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;
