import { describe, expect, test } from "vitest";
import { httpDoor } from "../../../test/support/http-door.ts";
import { originPolicy } from "./origin.ts";

const policy = originPolicy({
  allowedOrigins: ["https://console.example"],
  allowedHosts: ["localhost", "127.0.0.1", "::1"],
});

describe("which pages may call", () => {
  test.each([
    ["a program, which has no origin", { host: "localhost:8765" }, true],
    ["the bridge's own page", { host: "localhost:8765", origin: "http://localhost:8765" }, true],
    ["its own page on IPv6", { host: "[::1]:8765", origin: "http://[::1]:8765" }, true],
    ["its own page behind TLS", { host: "localhost", origin: "https://localhost" }, true],
    ["its own page with the port said aloud", { host: "localhost:80", origin: "http://localhost" }, true],
    ["an allowed page", { host: "localhost:8765", origin: "https://console.example" }, true],
    ["a page on another port of the same machine", { host: "localhost:8765", origin: "http://localhost:3000" }, false],
    ["any other page", { host: "localhost:8765", origin: "https://evil.example" }, false],
    ["a page whose origin is hidden", { host: "localhost:8765", origin: "null" }, false],
    ["a file", { host: "localhost:8765", origin: "file://" }, false],
    [
      "an allowed origin as a prefix",
      { host: "localhost:8765", origin: "https://console.example.evil.example" },
      false,
    ],
    ["a name rebound to this machine", { host: "evil.example:8765", origin: "http://evil.example:8765" }, false],
    ["a program under a foreign name", { host: "evil.example:8765" }, false],
    ["no host at all", {}, false],
    ["a host that is no host", { host: "a b/c" }, false],
  ])("%s: %j", (_who, headers, isAllowed) => {
    expect(policy.refuse(headers) === undefined).toBe(isAllowed);
  });

  test("without a list of hosts, any name that the bridge is reached under is its own", () => {
    expect(originPolicy({}).refuse({ host: "bridge.internal:8765" })).toBeUndefined();
  });
});

describe("over HTTP", () => {
  test("a foreign page is refused on every path, health included, and gets no header that lets it read the answer", async () => {
    const door = await httpDoor();
    const alice = await door.register("alice");
    for (const call of [{ url: "/health" }, { url: "/v1/agents", as: alice }]) {
      const refused = await door.call({ ...call, headers: { origin: "https://evil.example" } });
      expect([refused.status, refused.problem().code]).toEqual([403, "forbidden"]);
      expect(refused.headers["access-control-allow-origin"]).toBeUndefined();
    }
  });

  test("an allowed page may ask first, is answered by its own name and never with credentials", async () => {
    const door = await httpDoor({ http: { allowedOrigins: ["https://console.example"] } });
    const alice = await door.register("alice");
    const origin = "https://console.example";
    const preflight = await door.call({
      method: "OPTIONS",
      url: "/v1/elicitations",
      headers: { origin, "access-control-request-method": "POST" },
    });
    expect([preflight.status, preflight.headers["access-control-allow-origin"]]).toEqual([204, origin]);
    expect(preflight.headers["access-control-allow-headers"]).toContain("Authorization");

    const read = await door.call({ url: "/v1/agents", as: alice, headers: { origin } });
    expect([read.status, read.headers["access-control-allow-origin"], read.headers["vary"]]).toEqual([
      200,
      origin,
      "Origin",
    ]);
    for (const { headers } of [preflight, read]) {
      expect(headers["access-control-allow-credentials"]).toBeUndefined();
    }
  });
});
