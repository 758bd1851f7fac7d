import { Type } from "typebox";
import { describe, expect, test } from "vitest";
import { mergeInput, type Parts } from "./input.ts";

const form = {
  input: Type.Object({
    id: Type.String(),
    limit: Type.Optional(Type.Integer()),
    ratio: Type.Optional(Type.Number()),
    isOpen: Type.Optional(Type.Boolean()),
    types: Type.Optional(Type.Array(Type.String())),
    sizes: Type.Optional(Type.Array(Type.Integer())),
    key: Type.Optional(Type.String()),
  }),
  http: { status: 201 as const },
};

const merge = (parts: Partial<Parts>) =>
  mergeInput(form, { method: "GET", params: {}, query: {}, body: undefined, ...parts });

describe("text becomes what the schema says", () => {
  test.each([
    [{ limit: "12" }, { limit: 12 }],
    [{ limit: "-0" }, { limit: -0 }],
    [{ ratio: "1.5e3" }, { ratio: 1_500 }],
    [{ isOpen: "true" }, { isOpen: true }],
    [{ isOpen: "false" }, { isOpen: false }],
    [{ types: "a" }, { types: ["a"] }],
    [{ types: ["a", "b"] }, { types: ["a", "b"] }],
    [{ sizes: ["1", "2"] }, { sizes: [1, 2] }],
    [{ id: "12" }, { id: "12" }],
  ])("%j is %j", (query, input) => {
    expect(merge({ query }).input).toEqual(input);
  });
});

describe("text that only looks like it stays text, for the check to refuse", () => {
  test.each([
    { limit: "" },
    { limit: "0x10" },
    { limit: " 1" },
    { limit: "1_000" },
    { limit: "01" },
    { isOpen: "1" },
    { isOpen: "" },
    { limit: ["1", "2"] },
  ])("%j", (query) => expect(merge({ query }).input).toEqual(query));
});

test("a body is never coerced: it says its types itself", () => {
  expect(merge({ method: "POST", body: { limit: "12" } }).input).toEqual({ limit: "12" });
});

test("one member from two places with one value is that value", () => {
  const merged = merge({ method: "POST", params: { id: "a" }, body: { id: "a", key: "k" }, idempotencyKey: "k" });
  expect(merged).toEqual({ input: { id: "a", key: "k" }, problems: [] });
});

test("one member from two places with two values is a problem at that member, never a choice", () => {
  const merged = merge({ method: "POST", params: { id: "a" }, body: { id: "b", key: "k" }, idempotencyKey: "other" });
  expect(merged.problems).toEqual([
    { pointer: "/id", message: "differs between the path and the body" },
    { pointer: "/key", message: "differs between the body and the header Idempotency-Key" },
  ]);
});

test("a query beside a body is a problem: what it would mean cannot be told", () => {
  expect(merge({ method: "POST", query: { limit: "1" }, body: {} }).problems).toEqual([
    { pointer: "/limit", message: "is in the query, and belongs in the body" },
  ]);
});

test.each([[[]], [null], ["text"], [1]])("a body of %j is no object", (body) => {
  expect(merge({ method: "POST", body }).problems).toEqual([
    { pointer: "", message: "the body must be a JSON object" },
  ]);
});

test("members with the names of an object's own parts are members like any other", () => {
  const body = JSON.parse('{"__proto__": {"isAdmin": true}, "constructor": 1}') as object;
  const { input } = merge({ method: "POST", body });
  expect(Object.keys(input)).toEqual(["__proto__", "constructor"]);
  expect((input as { isAdmin?: boolean }).isAdmin).toBeUndefined();
});

test.each([
  ['"k 1"', "k 1"],
  ['"a\\"b"', 'a"b'],
  ["bare", "bare"],
  ['"open', '"open'],
])("the idempotency key %s is %s", (header, key) => {
  expect(merge({ method: "POST", body: {}, idempotencyKey: header }).input["key"]).toBe(key);
});
