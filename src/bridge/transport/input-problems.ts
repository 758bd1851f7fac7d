import type { TSchema } from "typebox";
import { Compile } from "typebox/compile";
import { Settings } from "typebox/system";
import { type Problem, type Refusal, refusal } from "../../domain/refusal.ts";

/** Problems told at once; more would not help whoever has to mend them. */
const PROBLEMS_MAX = 64;

// TypeBox stops after 8 unless told otherwise. An unknown member counts twice with it.
Settings.Set({ maxErrors: PROBLEMS_MAX * 2 });

/** Compiles a schema of ours into a check that tells everything wrong with a value, each with a JSON Pointer to it. */
export const problemsBy = (schema: TSchema): ((value: unknown) => readonly Problem[]) => {
  const validator = Compile(schema);
  return (value) =>
    validator.Check(value) ? none : validator.Errors(value).flatMap(problemsOf).slice(0, PROBLEMS_MAX);
};

export const invalidInput = (problems: readonly Problem[]): Refusal =>
  refusal("invalid_input", `${problems.length} problem(s) in the input`, { problems });

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
