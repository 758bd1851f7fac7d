import { RE2JS } from "re2js";
import { MAX_PATTERN_CHARS, MAX_PATTERN_INSTRUCTIONS, MAX_REMEMBERED_PATTERNS } from "./limits.ts";
import { toRe2 } from "./re2.ts";
import { recent } from "./recent.ts";

/** A regular expression that matches in time linear in the text, whatever the two are. */
export type Pattern = {
  readonly source: string;
  readonly test: (text: string) => boolean;
  /** RE2 instructions: a match costs at most this many steps per character. */
  readonly instructions: number;
};

export type CompiledPattern =
  | { readonly ok: true; readonly pattern: Pattern }
  | { readonly ok: false; readonly reason: string };

/**
 * Compiles a JSON Schema pattern (ECMA-262 with the `u` flag) for RE2, which keeps no backtracking state: `^(a+)+$`
 * against 50,000 `a` and a `!` takes 0.3 ms there and would not end in V8's engine before the sun does.
 * Lookaround and back-references have no linear-time meaning and are refused. 15 to 80 µs, remembered by source.
 */
export const compilePattern = (source: string): CompiledPattern => {
  const known = compiled.get(source);
  if (known !== undefined) return known;
  const fresh = compileFresh(source);
  compiled.put(source, fresh);
  return fresh;
};

const compiled = recent<CompiledPattern>(MAX_REMEMBERED_PATTERNS, MAX_REMEMBERED_PATTERNS * MAX_PATTERN_CHARS);

const compileFresh = (source: string): CompiledPattern => {
  if (source.length > MAX_PATTERN_CHARS) return refuse(`is longer than ${MAX_PATTERN_CHARS} characters`);
  try {
    // Only to learn whether it is a pattern at all: RE2's syntax admits things that ECMA-262 does not.
    new RegExp(source, "u");
  } catch {
    return refuse("is not a regular expression of ECMA-262 with the u flag");
  }
  const translated = toRe2(source);
  if (!translated.ok) return refuse(translated.reason);
  try {
    const engine = RE2JS.compile(translated.text);
    const instructions = engine.programSize();
    if (instructions > MAX_PATTERN_INSTRUCTIONS)
      return refuse(`compiles to ${instructions} instructions, over ${MAX_PATTERN_INSTRUCTIONS}: shorten its repeats`);
    return { ok: true, pattern: { source, instructions, test: (text) => engine.test(text) } };
  } catch {
    return refuse("has no linear-time form (repeats are at most 1000)");
  }
};

const refuse = (reason: string): CompiledPattern => ({ ok: false, reason });
