import { expect, test } from "vitest";
import { cachedHeads } from "./heads.ts";

test("remembers the streams used lately, asks for the others, and stays within twice its size", () => {
  const asked: string[] = [];
  const heads = cachedHeads((stream) => {
    asked.push(stream);
    return -1;
  }, 3);
  for (const stream of ["a", "b", "c"]) heads.set(stream, 1);
  expect(["a", "b", "c"].map(heads.get)).toEqual([1, 1, 1]);
  expect(asked).toEqual([]);
  for (const stream of ["d", "e"]) heads.set(stream, 1);
  expect(heads.get("a")).toBe(1);
  for (const stream of ["f", "g", "h"]) heads.set(stream, 1);
  expect(heads.get("a")).toBe(1);
  expect(asked).toEqual([]);
  expect(heads.get("b")).toBe(-1);
  expect(asked).toEqual(["b"]);
  heads.clear();
  expect(heads.get("a")).toBe(-1);
});
