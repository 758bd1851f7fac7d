/** Longest text of a request or reply that is kept as evidence, in characters. */
const KEPT_CHARS_MAX = 2_000;

/**
 * Takes secrets out of what is kept as evidence: those that were given to it by name, and whatever looks like one of the
 * bridge's tokens.
 */
export const redactor = () => {
  const known = new Map<string, string>();
  return {
    know: (secret: string, name: string): void => {
      if (secret !== "") known.set(secret, name);
    },
    redact: (text: string): string => {
      let shown = text;
      for (const [secret, name] of known) shown = shown.replaceAll(secret, `[${name}]`);
      shown = shown.replace(/\b(lh[a-z]_|whsec_)[A-Za-z0-9_+/=-]{16,}/g, "[$1…]");
      return shown.length <= KEPT_CHARS_MAX
        ? shown
        : `${shown.slice(0, KEPT_CHARS_MAX)}… (${shown.length} characters in all)`;
    },
  };
};

export type Redactor = ReturnType<typeof redactor>;
