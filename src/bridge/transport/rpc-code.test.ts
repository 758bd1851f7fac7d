import { expect, test } from "vitest";
import type { RefusalCode } from "../../domain/refusal.ts";
import { closeCode, rpcCode, rpcFault } from "./rpc-code.ts";

const codes = Object.keys(rpcCode) as RefusalCode[];

test("every refusal has a JSON-RPC code of its own, in the range that is the implementation's or JSON-RPC's own", () => {
  const numbers = codes.map((code) => rpcCode[code]);
  expect(new Set(numbers).size).toBe(numbers.length);
  for (const code of codes) {
    const isOurs = rpcCode[code] <= -32_000 && rpcCode[code] >= -32_099;
    expect([code, isOurs || code === "invalid_input"]).toEqual([code, true]);
  }
  expect(numbers.filter((number) => (Object.values(rpcFault) as number[]).includes(number))).toEqual([]);
});

test("every refusal that can end a connection has a close code that a WebSocket can carry", () => {
  for (const code of codes) expect([1001, 1009, 4400, 4401, 4403, 4408, 4429]).toContain(closeCode(code));
  expect(closeCode("unauthenticated")).toBe(4401);
  expect(closeCode("agent_revoked")).toBe(4403);
  expect(closeCode("too_slow")).toBe(4408);
  expect(closeCode("too_busy")).toBe(4429);
});
