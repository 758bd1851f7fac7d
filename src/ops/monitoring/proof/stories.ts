import type { Proof } from "../alert/alert.ts";

/** The two edges of an alert, one evaluation before and at each: a shift in value, comparison or `for` moves them. */
export const edges = (every: number, firesAt: number, resolvesAt: number, instances = 1): Proof["expect"] => [
  { at: firesAt - every, firing: 0 },
  { at: firesAt, firing: instances },
  { at: resolvesAt - every, firing: instances },
  { at: resolvesAt, firing: 0 },
];

/**
 * The same for alerts that look back over a window, give or take one evaluation: Prometheus 3 no longer counts a sample
 * that lies exactly on the far end of a window, and 2 did. Mutants move these edges by at least half a window.
 */
export const windowEdges = (every: number, firesAt: number, resolvesAt: number, instances = 1): Proof["expect"] => [
  { at: firesAt - 2 * every, firing: 0 },
  { at: firesAt + every, firing: instances },
  { at: resolvesAt - 2 * every, firing: instances },
  { at: resolvesAt + every, firing: 0 },
];

/** Nothing ever fires, from the beginning until so many seconds into the story. */
export const silence = (seconds: number): Proof["expect"] => [{ at: seconds, firing: 0, throughout: true }];

/** How far over and under a threshold the stories are told: nearer than any mutant moves it (a fifth). */
export const over = 1.1;
export const under = 0.9;
