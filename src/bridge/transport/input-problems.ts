import type { TSchema } from "typebox";
import { Compile } from "typebox/compile";
import { Settings } from "typebox/system";
import { type Problem, problemsIn, type Refusal, refusal } from "../../domain/refusal.ts";

/** Problems told at once; more would not help whoever has to mend them. */
const PROBLEMS_MAX = 64;

// TypeBox stops after 8 unless told otherwise. An unknown member counts twice with it.
Settings.Set({ maxErrors: PROBLEMS_MAX * 2 });

/**
 * Nesting of any input, in levels, as deep as what is signed may be. What is taken is written, hashed, read and shown by
 * code that recurses: 5,000 levels in an application's event ended in a fault, with the event half-way into the log.
 */
export const INPUT_LEVELS_MAX = 128;

/**
 * Compiles a schema of ours into a check that tells everything wrong with a value, each with a JSON Pointer to it. Half of
 * a surrogate pair, which JSON can spell, is no text that could be signed, hashed or shown: it is refused everywhere.
 */
export const problemsBy = (schema: TSchema): ((value: unknown) => readonly Problem[]) => {
  const validator = Compile(schema);
  return (value) =>
    validator.Check(value) ? unfit(value) : validator.Errors(value).flatMap(problemsOf).slice(0, PROBLEMS_MAX);
};

/** What no schema of ours says. Without recursion, because it is what bounds recursion elsewhere. */
const unfit = (whole: unknown): readonly Problem[] => {
  const left: Place[] = [{ value: whole, pointer: "", level: 1 }];
  const problems: Problem[] = [];
  for (let next = left.pop(); next !== undefined && problems.length < PROBLEMS_MAX; next = left.pop()) {
    const { value, pointer, level } = next;
    if (typeof value === "string") problems.push({ pointer, message: HALF_PAIR });
    if (typeof value !== "object" || value === null) continue;
    if (level > INPUT_LEVELS_MAX) {
      problems.push({ pointer, message: `is nested deeper than ${INPUT_LEVELS_MAX} levels` });
      continue;
    }
    for (const key of Object.keys(value)) {
      if (!key.isWellFormed()) problems.push({ pointer, message: `has a name in it that ${HALF_PAIR}` });
      const member = (value as { readonly [key: string]: unknown })[key];
      // Most members are short texts, in order: nothing is made for them.
      if (typeof member === "string" ? !member.isWellFormed() : typeof member === "object" && member !== null) {
        left.push({ value: member, pointer: `${pointer}/${escapePointer(key)}`, level: level + 1 });
      }
    }
  }
  return problems.length === 0 ? none : problems;
};

interface Place {
  /** An object, a list, or a text with half of a pair in it. */
  readonly value: unknown;
  readonly pointer: string;
  readonly level: number;
}

const HALF_PAIR = "has half of a surrogate pair, which is no text";

export const invalidInput = (problems: readonly Problem[]): Refusal =>
  refusal("invalid_input", problemsIn("the input", problems), { problems });

/** One token of an RFC 6901 pointer. */
export const escapePointer = (name: string): string => name.replaceAll("~", "~0").replaceAll("/", "~1");

const none: readonly Problem[] = [];

interface CheckError {
  readonly keyword: string;
  readonly instancePath: string;
  readonly message: string;
  readonly params: object;
}

interface Params {
  readonly requiredProperties?: readonly string[];
  readonly additionalProperties?: readonly string[];
  readonly allowedValues?: readonly unknown[];
}

const problemsOf = ({ keyword, instancePath, message, params }: CheckError): readonly Problem[] => {
  const { requiredProperties, additionalProperties, allowedValues }: Params = params;
  const members = (names: readonly string[], what: string): readonly Problem[] =>
    names.map((name) => ({ pointer: `${instancePath}/${escapePointer(name)}`, message: what }));
  switch (keyword) {
    case "required":
      return members(requiredProperties ?? [], "is missing");
    case "additionalProperties":
      return members(additionalProperties ?? [], "is not a known member");
    case "boolean":
      // The same unknown member, told once more by the schema `false` it met.
      return none;
    case "enum":
      return [{ pointer: instancePath, message: `must be one of ${allowedValues?.map(json).join(", ")}` }];
    default:
      return [{ pointer: instancePath, message }];
  }
};

const json = (value: unknown): string => JSON.stringify(value);
