import { existsSync, readFileSync } from "node:fs";
import type { Json } from "../domain/json.ts";
import { Failure } from "./failure.ts";

/** JSON from an argument: written out, the name of a file that holds it, or `-` for standard input. */
export const readJson = (given: string, option: string): Json => {
  const [text, from] = source(given);
  if (from === "the command line" && /^[^\s{}[\]",:]+$/.test(given) && !looksLikeJson.test(given)) {
    throw new Failure("usage", `${given} is neither JSON nor the name of a file that is there.`, {
      remedy: howTo(option),
    });
  }
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    throw new Failure("usage", `What ${option} takes from ${from} is not JSON.`, {
      problems: [{ pointer: "", message: error instanceof Error ? error.message : "not JSON" }],
      remedy: howTo(option),
    });
  }
};

const howTo = (option: string): string =>
  `Write JSON in quotes, as in ${option} '{"port": 8765}', name a file, or use - for standard input.`;

const source = (given: string): readonly [text: string, from: string] => {
  if (given === "-") return [readFileSync(0, "utf8"), "standard input"];
  // A JSON text never is a path: it begins with a brace, a bracket, a quote, a digit or one of three words.
  return !looksLikeJson.test(given) && existsSync(given)
    ? [readFileSync(given, "utf8"), given]
    : [given, "the command line"];
};

const looksLikeJson = /^\s*([[{"]|-?\d|(true|false|null)\s*$)/;
