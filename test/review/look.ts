import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { logIn } from "../../src/cli/log-file.ts";
import { httpPort } from "../../src/cli/review/http-port.ts";
import { logPort } from "../../src/cli/review/log-port.ts";
import { restartBy } from "../../src/cli/review/restart.ts";
import { realClock, realRng, realScheduler } from "../../src/cli/world.ts";
import type { Credential } from "../../src/client/credential.ts";
import { connect } from "../../src/client/index.ts";
import { assess } from "../../src/review/assess.ts";
import type { Evidence, EvidenceWriter } from "../../src/review/evidence/descriptor.ts";
import { type ProbePorts, probesFrom } from "../../src/review/probe/list.ts";
import { loadProbe } from "../../src/review/probe/load.ts";
import type { Probe, Profile } from "../../src/review/probe/probe.ts";
import { checksOf } from "../../src/review/probe/propose.ts";
import { runProbes } from "../../src/review/probe/run.ts";
import { openStage } from "../../src/review/probe/stage.ts";
import { patient } from "./patient.ts";

/** What a probe's checks came to. */
export interface Looked {
  readonly check: string;
  readonly state: "pass" | "fail" | "not-run";
  readonly says: string;
}

/** Evidence in memory. */
export const inMemory = (): { readonly writer: EvidenceWriter; readonly files: Evidence } => {
  const files = new Map<string, Uint8Array>();
  return {
    files,
    writer: {
      put: async (bytes, { name, mediaType, collectedAt }) => {
        const sha256 = createHash("sha256").update(bytes).digest("hex");
        files.set(sha256, bytes);
        const annotations = { bytes: bytes.byteLength, collectedAt: new Date(collectedAt).toISOString() };
        return { name, digest: { sha256 }, mediaType, annotations };
      },
    },
  };
};

/** No more samples than a percentile needs: what is slow on purpose is slow by seconds. */
const fastLoad = { perSecond: 100, warmup: 50, count: 1_000 };

export interface LookAt {
  readonly url: string;
  readonly data: string;
  /** Ids of the probes to run. */
  readonly probes: readonly string[];
  readonly ports?: Partial<ProbePorts>;
  readonly profile?: Profile;
}

/** Runs some probes on a bridge with a data folder, and assesses what they brought by the checks that they propose. */
export const lookAt = async ({
  url,
  data,
  probes,
  ports = {},
  profile = "quick",
}: LookAt): Promise<readonly Looked[]> => {
  const credential = { ...(JSON.parse(readFileSync(join(data, "operator.json"), "utf8")) as Credential), url };
  const operator = await connect({ credential });
  const { signal } = new AbortController();
  const review = `review-${Buffer.from(realRng().bytes(5)).toString("hex")}`;
  const stage = openStage({
    ...{ review, profile, operator, signal, clock: realClock, rng: realRng(), scheduler: realScheduler },
    connect: (joining) => connect({ credential: { ...joining, url } }),
    http: httpPort(url, signal),
    secrets: [credential.macSecret],
  });
  const all = probesFrom({ url, log: logPort(logIn(data)), ...ports }).map((probe) =>
    probe.id === "load" ? loadProbe(() => fastLoad) : probe,
  );
  const chosen: readonly Probe[] = all.filter(({ id }) => probes.includes(id));
  const { writer, files } = inMemory();
  try {
    const { results } = await runProbes({
      ...{ review, profile, prober: "prober", probes: chosen, stage, evidence: writer },
      ...{ clock: realClock, scheduler: realScheduler, signal },
    });
    return checksOf(chosen)
      .map(patient)
      .map((check) => {
        const result = results.find((each) => each.check === check.id);
        if (result === undefined) return { check: check.id, state: "not-run", says: "no result" };
        const assessed = assess(check, result, files);
        const says =
          assessed.state === "not-run"
            ? `${assessed.reason.kind}: ${assessed.reason.detail}`
            : assessed.measurements.map((m) => `${m.name} ${m.value}${m.within ? "" : " (out)"}`).join(", ");
        return { check: check.id, state: assessed.state, says };
      });
  } finally {
    await stage.clear();
    operator.close();
  }
};

/** As a process of its own, so that the reviewer too can be sabotaged. Prints what the checks came to as JSON. */
if (import.meta.main) {
  const [url, data, probes, restart] = process.argv.slice(2) as [string, string, string, string?];
  const ports = restart === undefined ? {} : { restart: restartBy(restart, url, new AbortController().signal) };
  process.stdout.write(JSON.stringify(await lookAt({ url, data, probes: probes.split(","), ports })));
}
