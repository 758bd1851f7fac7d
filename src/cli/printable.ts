/**
 * A stranger's text, safe for a terminal: another agent's words must not move the cursor, hide lines, set colours or the
 * window's title. Control characters (C0 but tab, C1, DEL) and the marks that reverse reading order become visible.
 */
export const printable = (text: string): string =>
  text.replace(UNSAFE, (unit) => (unit === "\n" ? "\n" : visible(unit)));

/** The same on one line, cut to `max` characters. */
export const printableLine = (text: string, max = 120): string => {
  const line = printable(text.replace(/\s+/g, " ").trim());
  return line.length <= max ? line : `${line.slice(0, max - 1)}…`;
};

/** `1 problem`, `2 problems`. */
export const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;

/** A JSON document, the same to whoever parses it: `JSON.stringify` leaves C1, DEL and the marks of reading order as they are. */
export const printableJson = (document: unknown): string => JSON.stringify(document).replace(UNSAFE, visible);

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what has to be found.
const UNSAFE = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

const visible = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
