import { expect, test } from "vitest";
import { fitting } from "./page.ts";

const self = (n: number): number => n;

test.each([
  [[], []],
  [
    [3, 3, 4],
    [3, 3, 4],
  ],
  [
    [3, 3, 5, 1],
    [3, 3],
  ],
  [[99, 1], [99]],
  [[99], [99]],
])("of %j, %j fits into ten", (items, page) => {
  expect(fitting(items, self, 10)).toEqual(page);
});
