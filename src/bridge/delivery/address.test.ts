import { describe, expect, test } from "vitest";
import { isPublicAddress, webhookUrlProblem } from "./address.ts";

describe("addresses", () => {
  test.each(["1.1.1.1", "93.184.216.34", "2606:4700::1111"])("%s is public", (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  test.each([
    ...["127.0.0.1", "10.1.2.3", "172.31.255.255", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"],
    ...["224.0.0.1", "255.255.255.255", "198.18.0.1", "192.0.0.8"],
    ...["::1", "::", "fe80::1", "fc00::1", "fd12::1", "::ffff:127.0.0.1", "::ffff:7f00:1", "64:ff9b::7f00:1"],
    ...["2002:7f00:1::", "2001:db8::1", "2001:0:4136:e378::1", "ff02::1", "not an address", ""],
  ])("%s is not", (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });
});

describe("webhook URLs", () => {
  test.each([
    ["http://hooks.example/x", "https"],
    ["ftp://hooks.example/x", "https"],
    ["https://user:pw@hooks.example/", "password"],
    ["https://hooks.example/#x", "fragment"],
    ["https://127.0.0.1/", "private"],
    // Every way to write 127.0.0.1 that a URL parser knows becomes 127.0.0.1.
    ["https://2130706433/", "private"],
    ["https://0x7f.1/", "private"],
    ["https://[::ffff:127.0.0.1]/", "private"],
    ["https://localhost:8765/mcp", "this machine"],
    ["https://localhost./", "this machine"],
    ["https://127.0.0.1./", "private"],
    ["nowhere", "not a URL"],
  ])("%s is refused, because it says %s", (url, why) => {
    expect(webhookUrlProblem(url, false)).toContain(why);
  });

  test("an operator may allow private places, and plain HTTP to them", () => {
    expect(webhookUrlProblem("http://127.0.0.1:9/x", true)).toBeUndefined();
    expect(webhookUrlProblem("https://hooks.example/x?y=1", false)).toBeUndefined();
  });
});
