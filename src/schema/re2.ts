import { expansion } from "./expansion.ts";

/**
 * Rewrites an ECMA-262 pattern (already known to be valid under the `u` flag) in RE2's dialect, keeping its meaning.
 * What differs: `\s` (Unicode spaces in ECMA), `.` (ECMA also stops at U+2028 and U+2029), escapes by number, long names
 * of Unicode properties, empty classes, and `[[:` which is a POSIX class only in RE2.
 */
export const toRe2 = (
  source: string,
):
  | {
      readonly ok: true;
      readonly text: string /** At most, once repeats are written out. */;
      readonly instructions: number;
    }
  | { readonly ok: false; readonly reason: string } => {
  const size = expansion();
  let text = "";
  let inClass = false;
  for (let at = 0; at < source.length; ) {
    const char = source.charAt(at);
    if (char === "\\") {
      const escaped = readEscape(source, at, inClass);
      if (typeof escaped !== "object") return { ok: false, reason: escaped };
      if (/[SpP]/.test(source.charAt(at + 1))) size.table();
      else if (!inClass) size.atom();
      text += escaped.text;
      at = escaped.next;
    } else if (inClass) {
      if (char === "]") inClass = false;
      text += char === "[" ? "\\[" : char;
      at++;
    } else if (char === "[") {
      const empty = /^\[\^?\]/.exec(source.slice(at))?.[0];
      if (empty === undefined) inClass = true;
      size.atom();
      text += empty === undefined ? "[" : empty === "[]" ? NEVER : ALWAYS;
      at += empty?.length ?? 1;
    } else if (char === "(") {
      const head = /^\((?:\?:|\?<[^=!][^>]*>|(?!\?))/.exec(source.slice(at))?.[0];
      if (head === undefined) return { ok: false, reason: NO_LOOKAROUND };
      size.open();
      // A group's name has no meaning for a match that only says yes or no.
      text += head === "(?:" ? head : "(";
      at += head.length;
    } else if (char === "{") {
      const [whole = "", least = "", most] = /^\{(\d+)(?:,(\d*))?\}/.exec(source.slice(at)) ?? [];
      size.repeat(Math.max(Number(least) + (most === "" ? 1 : 0), Number(most ?? 0)));
      text += whole;
      at += whole.length;
    } else {
      if (char === ")") size.close();
      else size.atom();
      text += char === "." ? "[^\\n\\r\\x{2028}\\x{2029}]" : char;
      at++;
    }
  }
  return { ok: true, text, instructions: size.total() };
};

const NO_LOOKAROUND = "uses lookaround or a flag group, which has no linear-time form: split it into several patterns";
const NO_BACK_REFERENCE = "uses a back-reference, which has no linear-time form";
const ALWAYS = "[\\x00-\\x{10FFFF}]";
const NEVER = "[^\\x00-\\x{10FFFF}]";

/** Inside a class. White space and line terminators of ECMA-262. */
const SPACES =
  "\\t\\n\\x0b\\f\\r \\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}\\x{feff}";
/** Its complement, for `\S` inside a class. */
const NOT_SPACES =
  "\\x00-\\x08\\x0e-\\x1f!-\\x{9f}\\x{a1}-\\x{167f}\\x{1681}-\\x{1fff}\\x{200b}-\\x{2027}\\x{202a}-\\x{202e}" +
  "\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}\\x{3001}-\\x{fefe}\\x{ff00}-\\x{10FFFF}";

/** The escape at `at`, rewritten; or the reason why there is no such thing in RE2. */
const readEscape = (source: string, at: number, inClass: boolean): { text: string; next: number } | string => {
  const letter = source.charAt(at + 1);
  const rest = source.slice(at);
  switch (letter) {
    case "s":
      return { text: inClass ? SPACES : `[${SPACES}]`, next: at + 2 };
    case "S":
      return { text: inClass ? NOT_SPACES : `[^${SPACES}]`, next: at + 2 };
    case "b":
      return { text: inClass ? "\\x08" : "\\b", next: at + 2 };
    case "0":
      return { text: "\\x00", next: at + 2 };
    case "k":
      return NO_BACK_REFERENCE;
    case "c":
      return { text: codePoint(source.charCodeAt(at + 2) % 32), next: at + 3 };
    case "x":
      return { text: codePoint(Number.parseInt(rest.slice(2, 4), 16)), next: at + 4 };
    case "u":
      return readUnicodeEscape(rest, at);
    case "p":
    case "P":
      return readProperty(rest, at);
    default:
      return /[1-9]/.test(letter) ? NO_BACK_REFERENCE : { text: `\\${letter}`, next: at + 2 };
  }
};

const readUnicodeEscape = (rest: string, at: number): { text: string; next: number } | string => {
  const braced = /^\\u\{([0-9a-fA-F]+)\}/.exec(rest);
  if (braced) return { text: codePoint(Number.parseInt(braced[1] ?? "", 16)), next: at + braced[0].length };
  const pair = /^\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})/.exec(rest);
  if (pair) {
    const point = String.fromCharCode(Number.parseInt(pair[1] ?? "", 16), Number.parseInt(pair[2] ?? "", 16));
    return { text: codePoint(point.codePointAt(0) ?? 0), next: at + 12 };
  }
  const unit = Number.parseInt(rest.slice(2, 6), 16);
  if (unit >= 0xd800 && unit <= 0xdfff) return "names half of a surrogate pair, which no text holds";
  return { text: codePoint(unit), next: at + 6 };
};

/** `\p{General_Category=Letter}` and friends: RE2 knows categories by their short names, and scripts. */
const readProperty = (rest: string, at: number): { text: string; next: number } | string => {
  const [whole = "", sign = "", property = "", value] = /^\\([pP])\{([^}=]+)(?:=([^}]+))?\}/.exec(rest) ?? [];
  const next = at + whole.length;
  if (value === undefined) return { text: `\\${sign}{${CATEGORIES[property] ?? property}}`, next };
  if (CATEGORY_PROPERTIES.has(property)) return { text: `\\${sign}{${CATEGORIES[value] ?? value}}`, next };
  if (SCRIPT_PROPERTIES.has(property)) return { text: `\\${sign}{${value}}`, next };
  return `asks for the Unicode property ${property}, which is not known here`;
};

const CATEGORY_PROPERTIES: ReadonlySet<string> = new Set(["gc", "General_Category"]);
const SCRIPT_PROPERTIES: ReadonlySet<string> = new Set(["sc", "Script"]);

const codePoint = (point: number): string => `\\x{${point.toString(16)}}`;

const CATEGORIES: Readonly<Record<string, string>> = {
  Letter: "L",
  Cased_Letter: "LC",
  Uppercase_Letter: "Lu",
  Lowercase_Letter: "Ll",
  Titlecase_Letter: "Lt",
  Modifier_Letter: "Lm",
  Other_Letter: "Lo",
  Mark: "M",
  Combining_Mark: "M",
  Nonspacing_Mark: "Mn",
  Spacing_Mark: "Mc",
  Enclosing_Mark: "Me",
  Number: "N",
  Decimal_Number: "Nd",
  digit: "Nd",
  Letter_Number: "Nl",
  Other_Number: "No",
  Punctuation: "P",
  punct: "P",
  Connector_Punctuation: "Pc",
  Dash_Punctuation: "Pd",
  Open_Punctuation: "Ps",
  Close_Punctuation: "Pe",
  Initial_Punctuation: "Pi",
  Final_Punctuation: "Pf",
  Other_Punctuation: "Po",
  Symbol: "S",
  Math_Symbol: "Sm",
  Currency_Symbol: "Sc",
  Modifier_Symbol: "Sk",
  Other_Symbol: "So",
  Separator: "Z",
  Space_Separator: "Zs",
  Line_Separator: "Zl",
  Paragraph_Separator: "Zp",
  Other: "C",
  Control: "Cc",
  cntrl: "Cc",
  Format: "Cf",
  Private_Use: "Co",
};
