import { MAX_SCHEMA_INSTRUCTIONS } from "./limits.ts";
import { compilePattern, type Pattern } from "./pattern.ts";
import { complain, type Place } from "./reading.ts";

/** Compiles a pattern that stands at `pointer`, within the allowance of the whole schema; complains if it cannot be. */
export const readPattern = ({ reading, name }: Place, pointer: string, source: string): Pattern | undefined => {
  if (reading.instructions > MAX_SCHEMA_INSTRUCTIONS) {
    complain(reading, pointer, name, `the patterns of a schema have at most ${MAX_SCHEMA_INSTRUCTIONS} instructions`);
    return undefined;
  }
  const compiled = compilePattern(source);
  if (!compiled.ok) {
    complain(reading, pointer, name, compiled.reason);
    return undefined;
  }
  reading.instructions += compiled.cost;
  return compiled.pattern;
};
