/** What a stranger's schema, and checking against it, may cost. Each is refused with a Problem that names the limit. */

/** A schema's JSON text, in bytes of UTF-8. */
export const MAX_SCHEMA_BYTES = 65_536;

/** Nesting of objects and arrays in a schema, in levels. A level of the answer takes two of the schema. */
export const MAX_SCHEMA_DEPTH = 64;

/** Subschemas in a schema (references counted once each). */
export const MAX_SUBSCHEMAS = 4_096;

/** A regular expression, in UTF-16 units. */
export const MAX_PATTERN_CHARS = 512;

/** A compiled regular expression, in RE2 instructions: matching costs at most instructions × characters. */
export const MAX_PATTERN_INSTRUCTIONS = 2_000;

/** Different regular expressions in one schema: compiling one takes 15 to 80 µs. */
export const MAX_PATTERNS = 64;

/**
 * Work for one check, in steps: one step is one subschema met with one value, one key looked at, or one thousand
 * characters × instructions of pattern matching. Ends what limits on the schema alone cannot: two references to the
 * same recursive subschema double the work with every level of the answer.
 */
export const MAX_CHECK_STEPS = 200_000;

/** Subschemas entered inside one another while checking, in frames: an acyclic chain of references is also a stack. */
export const MAX_CHECK_DEPTH = 512;

/** Text that a `format` is asked about, in UTF-16 units. None of the known formats needs more. */
export const MAX_FORMAT_CHARS = 2_048;

/** Problems reported for one schema or one value; more would not help whoever has to mend them. */
export const MAX_PROBLEMS = 50;

/** Judged schemas that are remembered, refusals included, and their texts together in UTF-16 units. */
export const MAX_REMEMBERED_SCHEMAS = 2_048;
export const MAX_REMEMBERED_SCHEMA_CHARS = 8_388_608;

/** Compiled patterns that are remembered. */
export const MAX_REMEMBERED_PATTERNS = 1_024;
