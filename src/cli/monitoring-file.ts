import { existsSync, readFileSync } from "node:fs";
import type { TelemetryConfig } from "../bridge/telemetry/telemetry.ts";
import type { Spec } from "../ops/monitoring/spec/schema.ts";
import { readSpec } from "../ops/monitoring/spec.ts";
import { FolderProblem } from "./data-folder.ts";
import { counted } from "./printable.ts";
import { type Process, telemetryConfig } from "./telemetry-config.ts";

/** The spec in a monitoring.yaml; undefined when there is none and nobody insisted. */
export const readMonitoring = (path: string, mustExist: boolean): Spec | undefined => {
  if (!existsSync(path)) {
    if (mustExist) throw new FolderProblem(`there is no ${path}`);
    return undefined;
  }
  const read = readSpec(readFileSync(path, "utf8"));
  if (read.ok) return read.spec;
  const lines = read.problems.map((p) => `  ${path}:${p.line} ${p.path || "/"}: ${p.message}. ${p.fix}`);
  throw new FolderProblem(`${path} has ${counted(lines.length, "problem")}:\n${lines.join("\n")}`);
};

/** What the bridge tells about itself: what the spec says, or only what can be scraped when there is no spec. */
export const telemetryFor = (spec: Spec | undefined, process: Process, path: string): TelemetryConfig => {
  if (spec === undefined) {
    const { version, revision, node } = process;
    const service = { name: "lighthouse-bridge", version, environment: "development", node: { name: node } };
    return { service, revision, level: "info", logs: {}, metrics: {} };
  }
  const read = telemetryConfig(spec, process);
  if (read.ok) return read.config;
  const lines = read.missing.map(({ path: pointer, variable }) => `  ${pointer}: set ${variable}`);
  throw new FolderProblem(`${path} names secrets that are not in the environment:\n${lines.join("\n")}`);
};
