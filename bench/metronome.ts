import { parentPort, workerData } from "node:worker_threads";

/**
 * Beats at a rate that timers (1 ms) are too coarse for. It sleeps between beats in a thread of its own: a loop that
 * spins until the next one would take a whole core from what is measured.
 */
const gapMs = workerData as number;
const never = new Int32Array(new SharedArrayBuffer(4));
for (let next = performance.now(); ; next += gapMs) {
  const wait = next - performance.now();
  if (wait > 0) Atomics.wait(never, 0, 0, wait);
  parentPort?.postMessage(null);
}
