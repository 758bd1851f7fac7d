import type { Json } from "../../src/domain/json.ts";
import type { Random } from "./random.ts";

/** The schemas that the plan asks with, each with its own judge: not the bridge's, whose mistakes it should find. */
interface Kind {
  readonly schema: Json;
  readonly good: (luck: Random) => Json;
  readonly bad: (luck: Random) => Json;
  readonly fits: (content: unknown) => boolean;
}

const isObject = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const kinds: readonly Kind[] = [
  {
    schema: {
      type: "object",
      properties: { port: { type: "integer", minimum: 1, maximum: 65_535 } },
      required: ["port"],
      additionalProperties: false,
    },
    good: (luck) => ({ port: luck.between(1, 65_535) }),
    bad: (luck) => luck.pick<Json>([{ port: 0 }, { port: "8765" }, {}, { port: 1, host: "x" }, 8_765, null]),
    fits: (content) =>
      isObject(content) &&
      Object.keys(content).join() === "port" &&
      Number.isInteger(content["port"]) &&
      (content["port"] as number) >= 1 &&
      (content["port"] as number) <= 65_535,
  },
  {
    schema: { enum: ["yes", "no"] },
    good: (luck) => luck.pick(["yes", "no"]),
    bad: (luck) => luck.pick<Json>(["maybe", true, ["yes"]]),
    fits: (content) => content === "yes" || content === "no",
  },
  {
    schema: { type: "array", items: { type: "string", minLength: 1 }, minItems: 1, maxItems: 3 },
    good: (luck) => Array.from({ length: luck.between(1, 3) }, () => luck.pick(["red", "green", "blue"])),
    bad: (luck) => luck.pick<Json>([[], [""], ["a", "b", "c", "d"], "red", [1]]),
    fits: (content) =>
      Array.isArray(content) &&
      content.length >= 1 &&
      content.length <= 3 &&
      content.every((item) => typeof item === "string" && item.length > 0),
  },
];

/** A question's words carry its number in the plan, from which everybody's luck with it follows. */
export const wordsOf = (n: number, padChars: number): string =>
  `q${n} ${"why ".repeat(Math.ceil(padChars / 4))}`.trim();
export const numberOf = (message: string): number => Number(/^q(\d+)/.exec(message)?.[1] ?? Number.NaN);
/** Which kind the n-th step of a plan asks. What no step asks is a probe of the bridge, or a rehearsal. */
export const kindOf = (n: number): Kind => (Number.isNaN(n) ? yesOrNo : (kinds[n % kinds.length] as Kind));

const yesOrNo: Kind = {
  schema: { type: "boolean" },
  good: () => true,
  bad: () => 0,
  fits: (content) => typeof content === "boolean",
};
