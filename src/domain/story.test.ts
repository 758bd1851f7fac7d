import { expect, test } from "vitest";
import { type Budget, emptyStory, joins, type Link, type Story, told } from "./story.ts";

const budget: Budget = { chainDepthMax: 4, storyAsksMax: 20, storyPairAsksMax: 3, storyAgentAsksMax: 8 };
const link = (text: string): Link => ({ from: text[0] as string, to: text[1] as string });
const chain = (...links: string[]): readonly Link[] => links.map(link);
const after = (...links: string[]): Story => links.map(link).reduce(told, emptyStory);

test("a first question joins", () => {
  expect(joins(emptyStory, [], link("ab"), budget)).toBeUndefined();
});

test("asking back is no loop; asking the same again in one chain is", () => {
  expect(joins(after("ab"), chain("ab"), link("ba"), budget)).toBeUndefined();
  expect(joins(after("ab", "ba"), chain("ba", "ab"), link("ab"), budget)).toMatchObject({ code: "loop_detected" });
});

test("a circle of three is found where it closes, not when it opens", () => {
  expect(joins(after("ab", "bc"), chain("bc", "ab"), link("ca"), budget)).toBeUndefined();
  expect(joins(after("ab", "bc", "ca"), chain("ca", "bc", "ab"), link("ab"), budget)).toMatchObject({
    code: "loop_detected",
  });
});

test("a chain ends at its depth", () => {
  expect(joins(emptyStory, chain("cd", "bc", "ab"), link("de"), budget)).toBeUndefined();
  expect(joins(emptyStory, chain("de", "cd", "bc", "ab"), link("ef"), budget)).toMatchObject({ code: "loop_detected" });
});

test("a pair, an agent and a story each have their budget, counted over the whole story", () => {
  expect(joins(after("ab", "ab", "ab"), [], link("ab"), budget)).toMatchObject({ code: "budget_spent" });
  expect(joins(after("ab", "ab", "ab"), [], link("ac"), budget)).toBeUndefined();
  expect(joins(after(..."bcdefghi".split("").map((t) => `a${t}`)), [], link("aj"), budget)).toMatchObject({
    code: "budget_spent",
  });
  const long = after(..."bcdef".split("").flatMap((f) => "ghij".split("").map((t) => f + t)));
  expect(joins(long, [], link("xy"), budget)).toMatchObject({ code: "budget_spent" });
});
