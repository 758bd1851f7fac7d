import type { XStatic } from "typebox/schema";

/**
 * The TypeScript type of the values that fit a literal JSON Schema (written `as const`, or passed to a `const` type
 * parameter). Types only: nothing of it exists at run time.
 */
export type InferSchema<Schema> = XStatic<Schema>;
