import { expect, test } from "vitest";
import { redactor } from "./redact.ts";

test("a secret that is known goes by its name, one that looks like one by its kind", () => {
  const { know, redact } = redactor();
  know("k3y-of-bob", "MAC key of bob");
  expect(redact("a k3y-of-bob and k3y-of-bob")).toBe("a [MAC key of bob] and [MAC key of bob]");
  expect(redact(`Bearer lht_${"x".repeat(43)}`)).toBe("Bearer [lht_…]");
  expect(redact(`whsec_${"y".repeat(44)}`)).toBe("[whsec_…]");
});

test("what is long is cut, and says so", () => {
  const shown = redactor().redact("z".repeat(10_000));
  expect(shown.length).toBeLessThan(2_100);
  expect(shown).toContain("10000 characters");
});
