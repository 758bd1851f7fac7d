/** What a stranger's schema, and checking against it, may cost. Each is refused with a Problem that names the limit. */

/** A schema's JSON text, in bytes of UTF-8. */
export const MAX_SCHEMA_BYTES = 65_536;

/** Nesting of objects and arrays in a schema, in levels. A level of the answer takes two of the schema. */
export const MAX_SCHEMA_DEPTH = 64;

/** Subschemas in a schema (references counted once each). */
export const MAX_SUBSCHEMAS = 4_096;

/** A regular expression, in UTF-16 units. */
export const MAX_PATTERN_CHARS = 512;

/** A regular expression once its repeats are written out, in RE2 instructions: what one character of text may cost. */
export const MAX_PATTERN_INSTRUCTIONS = 1_000;

/** All regular expressions of one schema together, in RE2 instructions. Compiling so many takes 5 ms. */
export const MAX_SCHEMA_INSTRUCTIONS = 4_000;

/**
 * Work for one check, in steps: one step is one subschema met with one value, one key looked at, or
 * `INSTRUCTION_CHARS_PER_STEP` of pattern matching. Ends what limits on the schema alone cannot: two references to the
 * same recursive subschema double the work with every level of the answer. All of it takes 5 to 15 ms, 50 ms in the
 * worst patterns found.
 */
export const MAX_CHECK_STEPS = 100_000;

/** RE2 instructions × characters that count as one step; the two multiplied bound a match. */
export const INSTRUCTION_CHARS_PER_STEP = 20;

/** Subschemas entered inside one another while checking, in frames: an acyclic chain of references is also a stack. */
export const MAX_CHECK_DEPTH = 512;

/** Text that a `format` is asked about, in UTF-16 units. None of the known formats needs more. */
export const MAX_FORMAT_CHARS = 2_048;

/** Problems reported for one schema or one value; more would not help whoever has to mend them. */
export const MAX_PROBLEMS = 50;

/** Judged schemas that are remembered, refusals included, and their texts together in UTF-16 units. */
export const MAX_REMEMBERED_SCHEMAS = 1_024;
export const MAX_REMEMBERED_SCHEMA_CHARS = 8_388_608;

/** Compiled patterns that are kept, and how much memory one may have earned by matching before it is made anew. */
export const MAX_REMEMBERED_PATTERNS = 256;
export const MAX_PATTERN_MEMORY_BYTES = 262_144;
