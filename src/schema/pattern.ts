import { RE2JS } from "re2js";
import {
  MAX_PATTERN_CHARS,
  MAX_PATTERN_INSTRUCTIONS,
  MAX_PATTERN_MEMORY_BYTES,
  MAX_REMEMBERED_PATTERNS,
} from "./limits.ts";
import { toRe2 } from "./re2.ts";
import { recent } from "./recent.ts";

/** A regular expression that matches in time linear in the text, whatever the two are. */
export type Pattern = {
  readonly source: string;
  readonly test: (text: string) => boolean;
  /** RE2 instructions: a match costs at most this many steps for each character. */
  readonly instructions: number;
};

export type CompiledPattern =
  | {
      readonly ok: true;
      readonly pattern: Pattern /** What compiling may have cost, in instructions. */;
      readonly cost: number;
    }
  | { readonly ok: false; readonly reason: string };

/**
 * Compiles a JSON Schema pattern (ECMA-262 with the `u` flag) for RE2, which never backtracks: `^(a+)+$` against 50,000
 * `a` and a `!` takes 0.3 ms there, and longer than the sun has left in V8's own engine. Lookaround and back-references
 * have no linear-time form and are refused. 15 to 80 µs for usual patterns.
 */
export const compilePattern = (source: string): CompiledPattern => {
  if (source.length > MAX_PATTERN_CHARS) return refuse(`is longer than ${MAX_PATTERN_CHARS} characters`);
  try {
    // Only to learn whether it is a pattern at all: RE2's syntax admits things that ECMA-262 does not.
    new RegExp(source, "u");
  } catch {
    return refuse("is not a regular expression of ECMA-262 with the u flag");
  }
  const translated = toRe2(source);
  if (!translated.ok) return refuse(translated.reason);
  if (translated.instructions > MAX_PATTERN_INSTRUCTIONS)
    return refuse(`is over ${MAX_PATTERN_INSTRUCTIONS} instructions once its repeats are written out`);
  try {
    const { instructions } = engineOf(translated.text);
    const pattern: Pattern = { source, instructions, test: (text) => test(translated.text, text) };
    return { ok: true, pattern, cost: translated.instructions };
  } catch {
    return refuse("has no linear-time form");
  }
};

const test = (re2: string, text: string): boolean => {
  const engine = engineOf(re2);
  const matched = engine.re2.test(text);
  // RE2 keeps the states that a text led it through, up to 8 MiB a pattern. Nobody may fill 256 patterns with that.
  engine.memory += text.length * (STATE_BYTES + STATE_BYTES_PER_INSTRUCTION * engine.instructions);
  if (engine.memory > MAX_PATTERN_MEMORY_BYTES) engines.put(re2, compile(re2));
  return matched;
};

/** At most, for each character matched: a new state, its list of instructions and its table of next states. */
const STATE_BYTES = 200;
const STATE_BYTES_PER_INSTRUCTION = 16;

type Engine = { readonly re2: RE2JS; readonly instructions: number; memory: number };

const engineOf = (re2: string): Engine => {
  const known = engines.get(re2);
  if (known !== undefined) return known;
  const fresh = compile(re2);
  engines.put(re2, fresh);
  return fresh;
};

const compile = (re2: string): Engine => {
  const engine = RE2JS.compile(re2);
  return { re2: engine, instructions: engine.programSize(), memory: 0 };
};

/** The only place that holds compiled patterns: schemas are remembered in greater numbers and hold their sources. */
const engines = recent<Engine>(MAX_REMEMBERED_PATTERNS, Number.POSITIVE_INFINITY);

const refuse = (reason: string): CompiledPattern => ({ ok: false, reason });
