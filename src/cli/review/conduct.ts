import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Credential } from "../../client/credential.ts";
import { connect } from "../../client/index.ts";
import type { Policy } from "../../review/policy.ts";
import { credentialProbe, providerNames } from "../../review/probe/credentials.ts";
import { type ProbePorts, probesFrom } from "../../review/probe/list.ts";
import type { Probe, Profile } from "../../review/probe/probe.ts";
import type { ProbeTold } from "../../review/probe/run.ts";
import { openStage } from "../../review/probe/stage.ts";
import { type Reviewed, type ReviewStep, runReview } from "../../review/run.ts";
import { canonical } from "../../signing/canonical.ts";
import { httpUrl } from "../connection.ts";
import { Failure } from "../failure.ts";
import { logIn } from "../log-file.ts";
import { readMonitoring } from "../monitoring-file.ts";
import { realClock, realRng, realScheduler } from "../world.ts";
import { EVIDENCE_FOLDER, evidenceFolder } from "./evidence-folder.ts";
import { httpPort } from "./http-port.ts";
import { readKey } from "./keys.ts";
import { logProofs } from "./log-proofs.ts";
import { portsOf, type Watch } from "./ports.ts";
import { reviewerKeys } from "./reviewers.ts";
import { subjectsOf } from "./subjects.ts";

export interface Conduct extends Watch {
  /** Whose credential it is runs the review; with the role admin. */
  readonly credential: Credential;
  readonly profile: Profile;
  readonly title: string;
  readonly policy: (ports: ProbePorts) => Policy;
  readonly keys: string;
  readonly prober: string;
  readonly issuer: string;
  readonly signOffMs: number;
  readonly monitoring?: string;
  readonly supersedes?: string;
  readonly onProbe?: (told: ProbeTold) => void;
  readonly onStep?: (step: ReviewStep) => void;
}

export interface Conducted extends Reviewed {
  readonly review: string;
  /** Path of the bundle. */
  readonly certificate: string;
  readonly evidence: string;
  /** Agents of the review that could not be revoked. */
  readonly left: readonly string[];
}

export const BUNDLE_FILE = "certificate.intoto.jsonl";
export const POLICY_FILE = "policy.json";

/** A review of a running bridge, with everything that only a machine has. Writes nothing but evidence when it is cut off. */
export const conductReview = async (conduct: Conduct): Promise<Conducted> => {
  const { credential, data, out, profile, signal } = conduct;
  const certificate = join(out, BUNDLE_FILE);
  if (existsSync(certificate))
    throw new Failure("usage", `${certificate} exists; a certificate is never overwritten.`, {
      remedy: "Name another folder with `--out`.",
    });
  const url = httpUrl(credential.url);
  const spec = conduct.monitoring === undefined ? undefined : readMonitoring(conduct.monitoring, true);
  const ports = portsOf(conduct, url, spec);
  const policy = conduct.policy(ports);
  const [prober, issuer] = [
    readKey(conduct.keys, "prober", conduct.prober),
    readKey(conduct.keys, "issuer", conduct.issuer),
  ];
  const log = logProofs(logIn(data));
  mkdirSync(out, { recursive: true, mode: 0o700 });
  const evidence = evidenceFolder(out);
  // A verifier whose trust file accepts this policy finds it where it finds the rest.
  const policyText = Buffer.from(canonical(policy));
  await evidence.put(policyText, { name: POLICY_FILE, mediaType: "application/json", collectedAt: realClock.now() });

  const rng = realRng();
  const review = `review-${Buffer.from(rng.bytes(REVIEW_ID_BYTES)).toString("hex")}`;
  const operator = await connect({ credential });
  const world = { clock: realClock, scheduler: realScheduler, signal };
  const stage = openStage({
    ...{ review, profile, operator, rng, ...world },
    connect: (joining) => connect({ credential: { ...joining, url: credential.url } }),
    http: httpPort(url, signal),
    secrets: [conduct.token, credential.macSecret],
  });
  let reviewed: Reviewed;
  let left: readonly string[] = [];
  try {
    reviewed = await runReview({
      ...{ review, profile, title: conduct.title, policy, prober, issuer, stage, operator, log, ...world },
      subject: await subjectsOf({ url, data, spec }),
      probes: probesFor(policy, ports),
      evidence,
      kept: evidence.kept,
      keysOf: (agent, roles) => reviewerKeys(operator, agent, roles),
      signOffMs: conduct.signOffMs,
      ...(conduct.supersedes === undefined ? {} : { supersedes: conduct.supersedes }),
      ...(conduct.onProbe === undefined ? {} : { onProbe: conduct.onProbe }),
      ...(conduct.onStep === undefined ? {} : { onStep: conduct.onStep }),
    });
  } finally {
    left = await stage.clear();
    operator.close();
  }
  writeFileSync(certificate, reviewed.bundle, { mode: 0o600, flag: "wx" });
  writeFileSync(join(out, POLICY_FILE), `${JSON.stringify(policy, null, 2)}\n`, { mode: 0o600 });
  return { ...reviewed, review, certificate, evidence: join(out, EVIDENCE_FOLDER), left };
};

const REVIEW_ID_BYTES = 5;

/** Those that the policy asks for: of a credential too that no monitoring.yaml names here, so that it says why it is not run. */
const probesFor = (policy: Policy, ports: ProbePorts): readonly Probe[] => {
  const isAsked = (id: string): boolean => policy.checks.some(({ probe }) => probe.id === id);
  const asked = providerNames.filter((name) => isAsked(credentialProbe(name, {}).id));
  return probesFrom({ ...ports, providers: asked }).filter(({ id }) => isAsked(id));
};
