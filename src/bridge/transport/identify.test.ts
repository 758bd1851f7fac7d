import { describe, expect, test } from "vitest";
import { testBridge } from "../../../test/support/test-bridge.ts";
import { bearerOf, identify } from "./identify.ts";

describe("the credential of a header", () => {
  test.each([
    ["Bearer abc", "abc"],
    ["bearer abc", "abc"],
    [undefined, undefined],
    ["", undefined],
    ["Bearer", undefined],
    ["Bearer ", undefined],
    ["Bearer a b", undefined],
    ["Bearer a\tb", undefined],
    ["Basic abc", undefined],
    ["xBearer abc", undefined],
    ["Bearer é", undefined],
  ])("%j is %j", (header, token) => {
    expect(bearerOf(header)).toBe(token);
  });
});

test("a credential is its agent's with the roles of the registry, and nobody's once the agent is revoked", async () => {
  const t = await testBridge();
  const bob = await t.register("bob", ["agent", "auditor"]);
  expect(identify(t.bridge, bob.token, undefined)).toEqual({
    agent: "bob",
    roles: ["agent", "auditor"],
    mayAudit: true,
    trace: null,
  });
  await t.bridge.revoke("bob", "", "admin");
  expect(identify(t.bridge, bob.token, undefined)).toBeUndefined();
});

test("a credential that differs in one character is nobody's", async () => {
  const t = await testBridge();
  const { token } = await t.register("bob");
  for (let at = 0; at < token.length; at++) {
    const other = token[at] === "A" ? "B" : "A";
    expect(identify(t.bridge, token.slice(0, at) + other + token.slice(at + 1), undefined)).toBeUndefined();
  }
});

test("a broken traceparent is as good as none", async () => {
  const t = await testBridge();
  const { token } = await t.register("bob");
  const trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  expect(identify(t.bridge, token, trace)?.trace).toBe(trace);
  for (const broken of ["", "x", trace.toUpperCase(), `${trace}\n`, [trace, trace]]) {
    expect(identify(t.bridge, token, broken)?.trace).toBeNull();
  }
});
