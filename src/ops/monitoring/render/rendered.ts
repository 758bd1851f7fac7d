import type { Spec } from "../spec/schema.ts";

/**
 * Files by their path below the output folder, `prometheus/prometheus.yml`. Text ends in a newline; a secret is never
 * in it, only the path of a file or the name of a variable that holds one.
 */
export type Rendered = ReadonlyMap<string, string>;

/** A pure function of the spec: no clock, no disk, no randomness. A product that is switched off renders nothing. */
export type Renderer = (spec: Spec) => Rendered;
