import { doors } from "./doors.ts";
import { files } from "./files.ts";
import type { Fuzzed } from "./fuzzed.ts";
import { schemas } from "./schemas.ts";
import { signing } from "./signing.ts";
import { texts } from "./texts.ts";

/** Every parser that a stranger, or a file from a stranger, reaches. */
export const fuzzed: readonly Fuzzed[] = [...signing, ...schemas, ...texts, ...files, ...doors];

/** What the tests promise together. */
export const INPUTS_MIN = 100_000;
