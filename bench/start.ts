import { row, startBridge } from "./support.ts";

/** From starting the process to its first ready line, on an empty log; the median of five. */
const runs: number[] = [];
for (let i = 0; i < 5; i++) {
  const bridge = await startBridge({ agents: 0 });
  runs.push(bridge.readyMs);
  await bridge.stop();
}
runs.sort((a, b) => a - b);
row("start to ready, empty log", `${(runs[2] as number).toFixed(0)} ms`, `${runs.map((r) => r.toFixed(0)).join(" ")}`);
