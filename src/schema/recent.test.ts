import { describe, expect, it } from "vitest";
import { recent } from "./recent.ts";

describe("a memory of recent results", () => {
  it("never holds more than it may, however many are put", () => {
    const memory = recent<number>(100, 1_000_000);
    for (let i = 0; i < 10_000; i++) {
      memory.put(`key ${i}`, i);
      expect(memory.size()).toBeLessThanOrEqual(100);
    }
    expect(memory.get("key 9999")).toBe(9_999);
    expect(memory.get("key 1")).toBeUndefined();
  });

  it("keeps what is asked for again, whatever else comes by", () => {
    const memory = recent<string>(10, 1_000_000);
    memory.put("hot", "kept");
    for (let i = 0; i < 1_000; i++) {
      memory.put(`cold ${i}`, "");
      expect(memory.get("hot")).toBe("kept");
    }
  });

  it("counts the length of its keys", () => {
    const memory = recent<number>(1_000, 100);
    for (let i = 0; i < 50; i++) memory.put(`${i}`.padStart(20, "0"), i);
    expect(memory.size()).toBeLessThanOrEqual(5);
  });
});
