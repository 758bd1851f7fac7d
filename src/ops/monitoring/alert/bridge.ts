import type { Alert } from "./alert.ts";

const up = 'up{job="lighthouse-bridge", instance="localhost:8765"}';

export const bridgeDown: Alert = {
  name: "BridgeDown",
  title: "System Down",
  component: "bridge",
  severity: "critical",
  team: "immediate",
  threshold: 1,
  unit: "count",
  for: "1m",
  // A target that leaves discovery takes its `up` with it, and `up == 0` has nothing left to say.
  expr: ({ threshold }) => `up{job="lighthouse-bridge"} < ${threshold} or absent(up{job="lighthouse-bridge"}) == 1`,
  summary: "The bridge does not answer.",
  description: "{{ $labels.instance }} was not reached by Prometheus for a minute, or is no longer known to it.",
  dashboard: "lighthouse-overview",
  proofs: () => [
    {
      name: "fires one minute after the bridge went away, and resolves when it is back",
      every: "15s",
      given: { [up]: "1x7 0x11 1x20" },
      expect: [
        { at: "2m45s", firing: 0 },
        { at: "3m", firing: 1 },
        { at: "5m", firing: 0 },
      ],
    },
  ],
};
