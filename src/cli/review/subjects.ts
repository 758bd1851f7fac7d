import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { renderAll } from "../../ops/monitoring/render.ts";
import type { Spec } from "../../ops/monitoring/spec/schema.ts";
import type { Subject } from "../../review/check.ts";
import { canonical } from "../../signing/canonical.ts";
import { Failure } from "../failure.ts";

export interface Judged {
  /** Where the bridge is. */
  readonly url: string;
  readonly data: string;
  readonly spec: Spec | undefined;
}

/**
 * What a review judges, by digest: the build that the bridge says it is, the configuration that it was started with, and
 * the rules that watch it. None of them holds a secret: monitoring.yaml only names them.
 */
export const subjectsOf = async ({ url, data, spec }: Judged): Promise<Subject> => [
  { name: "build", digest: { sha256: await buildOf(url) } },
  { name: "config", digest: { sha256: sha256(canonical(configIn(data, spec))) } },
  { name: "alert-rules", digest: { sha256: sha256(canonical(rulesOf(spec))) } },
];

const PATIENCE_MS = 10_000;

/** The label `revision` of `lighthouse_build_info`: see `buildDigest`. */
export const buildOf = async (url: string): Promise<string> => {
  const response = await fetch(new URL("/metrics", url), { signal: AbortSignal.timeout(PATIENCE_MS) });
  const revision = /^lighthouse_build_info\{[^}]*revision="([0-9a-f]{64})"/m.exec(await response.text())?.[1];
  if (revision === undefined) throw new Failure("usage", `${url}/metrics does not say which build is running.`);
  return revision;
};

const configFiles = ["limits.json", "policy.cedar"] as const;

const configIn = (data: string, spec: Spec | undefined) => ({
  ...Object.fromEntries(
    configFiles.map((name) => {
      const path = join(data, name);
      return [name, existsSync(path) ? sha256(readFileSync(path)) : "default"];
    }),
  ),
  monitoring: spec ?? "default",
});

const rulesOf = (spec: Spec | undefined): readonly (readonly [string, string])[] =>
  spec === undefined
    ? []
    : [...renderAll(spec)]
        .filter(([path]) => path.startsWith("prometheus/rules/"))
        .map(([path, text]) => [path, sha256(text)]);

const sha256 = (bytes: string | Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
