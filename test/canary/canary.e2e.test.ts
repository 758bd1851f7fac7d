import { describe, expect, test } from "vitest";
import { type Sabotage, sabotaged } from "../sabotage/sabotage.ts";
import { findCanaries } from "./plant.ts";
import { liveStory } from "./story.ts";

/** Secrets are nowhere but with their owners: not in events, log lines, metrics, traces, errors, URLs, arguments or files. */

test("no secret of the story is in anything that others can read", async () => {
  const { canaries, surfaces } = await liveStory({});
  expect(findCanaries(canaries, surfaces)).toEqual([]);
  expect(canaries.length).toBeGreaterThanOrEqual(20);
  // It did look: at each kind of place, and into what was there.
  for (const place of places) {
    const texts = surfaces.filter(({ where }) => where.startsWith(place)).map(({ text }) => text);
    expect(texts.join("").length, place).toBeGreaterThan(20);
  }
  const refusals = surfaces.filter(({ where }) => / \((4\d\d)\)$/.test(where));
  expect(refusals.length).toBeGreaterThanOrEqual(15);
});

const places = [
  "/proc/PID/cmdline",
  "reply to /v1/events",
  "reply to /metrics",
  "reply to /mcp",
  "reply to /v1/sessions (401)",
  "standard output of the bridge",
  "standard error of the bridge",
  "telemetry at",
  "output of events query",
  "rendered prometheus/",
  "data folder: events.db",
];

describe("a build that lets one out is found out", () => {
  const leaks: readonly (readonly [string, Sabotage])[] = [
    [
      "reply to",
      {
        file: "src/bridge/transport/identify.ts",
        find: '"that credential is nobody\'s, or no longer good"',
        // biome-ignore lint/suspicious/noTemplateCurlyInString: it is source text.
        replace: "`${token} is nobody's, or no longer good`",
      },
    ],
    [
      "data folder: events.db",
      {
        file: "src/bridge/command/register.ts",
        find: "tokenHash: tokenHash(token), epoch }",
        replace: "tokenHash: tokenHash(token), epoch, expertise: [token] }",
      },
    ],
    [
      "standard error of the bridge",
      {
        file: "src/cli/serve.ts",
        find: "const config = readBridgeConfig(",
        replace: 'say(readFileSync(join(folder.path, "master.key"), "utf8")); const config = readBridgeConfig(',
      },
    ],
  ];
  test.each(leaks)("into a %s", async (place, leak) => {
    const { canaries, surfaces } = await liveStory(sabotaged(leak));
    expect(findCanaries(canaries, surfaces).map(({ where }) => where.slice(0, place.length))).toContain(place);
  });
});
