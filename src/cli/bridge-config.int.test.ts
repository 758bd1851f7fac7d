import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { defaultLimits, publishedLimits } from "../domain/limit.ts";
import { readBridgeConfig } from "./bridge-config.ts";

const given = (limits: object) => {
  const path = mkdtempSync(join(tmpdir(), "lighthouse-limits-"));
  onTestFinished(() => rmSync(path, { recursive: true }));
  writeFileSync(join(path, "limits.json"), JSON.stringify({ limits }));
  return path;
};

describe("limits.json", () => {
  test("changes a limit of the bridge's own, a share among them", () => {
    const { limits } = readBridgeConfig(given({ openPerTargetMax: 5, emergencyDiskFreeShareMin: 0.1 }));
    expect(limits).toEqual({ ...defaultLimits, openPerTargetMax: 5, emergencyDiskFreeShareMin: 0.1 });
  });

  test("narrows a deadline, and is refused where it would widen it beyond what the doors say of themselves", () => {
    expect(readBridgeConfig(given({ timeoutMsMax: 60_000 })).limits.timeoutMsMax).toBe(60_000);
    expect(() => readBridgeConfig(given({ timeoutMsMax: 30 * 86_400_000 }))).toThrow(
      `timeoutMsMax must be at most ${defaultLimits.timeoutMsMax}`,
    );
  });

  test("names everything that is wrong at once, each with its place", () => {
    const path = given({ pageEventsMax: 5, timeoutMsMin: 0, burst: -1, unheardOf: 1 });
    const refused = (() => {
      try {
        readBridgeConfig(path);
      } catch (error) {
        return String(error);
      }
      return "";
    })();
    for (const place of ["/limits/pageEventsMax", "/limits/timeoutMsMin", "/limits/burst", "unheardOf"]) {
      expect(refused).toContain(place);
    }
  });

  test("every limit that a door publishes is known to be published", () => {
    for (const name of Object.keys(publishedLimits)) expect(defaultLimits).toHaveProperty(name);
  });
});
