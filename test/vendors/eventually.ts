import { pause } from "../ops/stack.ts";

/** A batch waits two seconds at the bridge and one at the collector, a refresh one; the rest is a machine with others on it. */
const patienceMs = 60_000;

export const eventually = async (what: string, look: () => Promise<boolean>): Promise<void> => {
  const until = performance.now() + patienceMs;
  while (performance.now() < until) {
    if (await look()) return;
    await pause(200);
  }
  throw new Error(`${what}: not within ${patienceMs / 1000} s`);
};
