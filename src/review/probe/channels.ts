import type { ChannelTried } from "./monitoring-port.ts";
import { DAY_MS, json, measured, notRun, type Probe } from "./probe.ts";

const FILE = "channels.json";
const ARRIVES_MS_MAX = 120_000;

/** A key that nobody has used is not known to be one. */
export const channelsProbe = (tryAll: (() => Promise<readonly ChannelTried[]>) | undefined): Probe => ({
  id: "channels",
  version: 1,
  does: "sends an incident that is marked as a test through every channel, sees it arrive, resolves it and sees that too",
  sabotage: "the receiver of one channel drops what it is sent",
  checks: [
    {
      id: "alerting.channels",
      title: "A test incident reached people on every channel, and was resolved there",
      section: "alerting",
      severity: "major",
      ttlMs: DAY_MS,
      measures: [
        {
          name: "delivered-and-resolved",
          unit: "share of the channels",
          how: {
            kind: "ratio",
            rows: { file: FILE, each: "" },
            that: [
              [{ at: "/firedMs" }, "le", { is: ARRIVES_MS_MAX }],
              [{ at: "/resolvedMs" }, "le", { is: ARRIVES_MS_MAX }],
              [{ length: { at: "/problems" } }, "eq", { is: 0 }],
            ],
          },
          tolerance: { min: 1 },
        },
      ],
    },
  ],
  run: async () => {
    if (tryAll === undefined)
      return notRun("unavailable", "nobody was named to whom a test incident may go (--test-channels)");
    return measured(json(FILE, await tryAll()));
  },
});
