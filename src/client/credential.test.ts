import { expect, test } from "vitest";
import { readCredential } from "./credential.ts";
import { socketUrl } from "./socket-url.ts";

const whole = {
  url: "http://127.0.0.1:8765",
  agent: "alice",
  token: "lht0123",
  macKid: "alice#mac1",
  macSecret: Buffer.alloc(32, 1).toString("base64url"),
  audience: "lighthouse://test",
};

test("a credential file is read, and members that it does not know are left out", () => {
  expect(readCredential(JSON.stringify({ ...whole, note: "mine" }))).toEqual({ ok: true, credential: whole });
});

test("every problem of a credential file is named at once, and none quotes what was found", () => {
  const read = readCredential(JSON.stringify({ ...whole, url: "s3cret", token: 7, macSecret: undefined }));
  expect(read).toEqual({
    ok: false,
    problems: [
      { pointer: "/url", message: expect.any(String) },
      { pointer: "/token", message: "must be a bearer token" },
      { pointer: "/macSecret", message: "is missing" },
    ],
  });
  expect(JSON.stringify(read)).not.toContain("s3cret");
  expect(readCredential("not json")).toMatchObject({ ok: false, problems: [{ pointer: "" }] });
  expect(readCredential("[]").ok).toBe(false);
});

test.each([
  ["http://127.0.0.1:8765", "ws://127.0.0.1:8765/ws"],
  ["https://bridge.example/team/", "wss://bridge.example/team/ws"],
  ["ws://bridge.example/elsewhere", "ws://bridge.example/elsewhere"],
])("the WebSocket of %s is %s", (url, expected) => {
  expect(socketUrl(url)).toBe(expected);
});

test("an address that is none is said to be, whoever connects to it", () => {
  expect(() => socketUrl("nowhere")).toThrow(/"nowhere" is no URL of a bridge/);
});
