import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Credential } from "../../client/credential.ts";
import { connect } from "../../client/index.ts";
import { type Audience, type ChannelPorts, testChannels } from "../../ops/monitoring/channel.ts";
import type { Spec } from "../../ops/monitoring/spec/schema.ts";
import type { Noticed } from "../../review/attack/result.ts";
import type { Policy } from "../../review/policy.ts";
import { credentialProbe, providerNames } from "../../review/probe/credentials.ts";
import { type ProbePorts, probesFrom, products } from "../../review/probe/list.ts";
import type { ChannelTried } from "../../review/probe/monitoring-port.ts";
import type { Probe, Profile } from "../../review/probe/probe.ts";
import type { Restart } from "../../review/probe/restart.ts";
import type { ProbeTold } from "../../review/probe/run.ts";
import { openStage } from "../../review/probe/stage.ts";
import { type Reviewed, type ReviewStep, runReview } from "../../review/run.ts";
import { canonical } from "../../signing/canonical.ts";
import { httpUrl } from "../connection.ts";
import { eventLine } from "../event-line.ts";
import { Failure } from "../failure.ts";
import { logIn } from "../log-file.ts";
import { readMonitoring } from "../monitoring-file.ts";
import { realClock, realRng, realScheduler } from "../world.ts";
import { askProducts } from "./answers.ts";
import { channelKeysIn, providersIn, tryCredentialOf } from "./credentials.ts";
import { EVIDENCE_FOLDER, evidenceFolder } from "./evidence-folder.ts";
import { httpPort } from "./http-port.ts";
import { readKey } from "./keys.ts";
import { logPort } from "./log-port.ts";
import { logProofs } from "./log-proofs.ts";
import { logstashOf } from "./logstash-port.ts";
import { driftOf, monitoredOf, runbooksOf, secretsOf, secretValue, secretValues } from "./monitoring-ports.ts";
import { restartBy } from "./restart.ts";
import { reviewerKeys } from "./reviewers.ts";
import { subjectsOf } from "./subjects.ts";

export interface Conduct {
  /** Whose credential it is runs the review; with the role admin. */
  readonly credential: Credential;
  /** A bearer token of the same, for what speaks HTTP by itself. */
  readonly token: string;
  readonly data: string;
  readonly out: string;
  readonly profile: Profile;
  readonly title: string;
  readonly policy: (ports: ProbePorts) => Policy;
  readonly keys: string;
  readonly prober: string;
  readonly issuer: string;
  readonly signOffMs: number;
  readonly monitoring?: string;
  /** Folder that `lighthouse monitoring render` wrote to. */
  readonly rendered?: string;
  /** Folder with the runbooks as they are published. */
  readonly runbooks?: string;
  /** Shell command that restarts the bridge, or what does it. */
  readonly restart?: string | Restart;
  /** Who gets a test incident; without any, no channel is tried. */
  readonly channels?: readonly Audience[];
  readonly supersedes?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  readonly onProbe?: (told: ProbeTold) => void;
  readonly onStep?: (step: ReviewStep) => void;
  /** Ports that only the caller has: ways to people, drills, rollbacks. */
  readonly ports?: Partial<ProbePorts>;
}

export type Watch = Pick<
  Conduct,
  "signal" | "env" | "token" | "data" | "out" | "rendered" | "runbooks" | "restart" | "channels" | "ports"
>;

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

/** What a review of this bridge can do, with what only a machine has. */
export const portsOf = (conduct: Watch, url: string, spec: Spec | undefined): ProbePorts => {
  const { signal, env, token, rendered, runbooks, restart, channels } = conduct;
  const restarts = typeof restart === "string" ? restartBy(restart, url, signal) : restart;
  return {
    url,
    attackHooks: {
      tell: (event) => eventLine(event, (_style, text) => text),
      storeEvidence: (name) => storedUnder(name, conduct.out),
      ...(restarts === undefined ? {} : { restart: () => restarts().then(() => url) }),
    },
    log: logPort(logIn(conduct.data)),
    ...(restarts === undefined ? {} : { restart: restarts }),
    ...(spec === undefined ? {} : ofMonitoring(spec, { signal, env, token, url, rendered, runbooks, channels })),
    ...conduct.ports,
  };
};

/** Whether a name that is a path leads anywhere. */
const storedUnder = async (name: string, out: string): Promise<Noticed> => {
  try {
    await evidenceFolder(out).put(Buffer.from("an attack\n"), { name, mediaType: "text/plain", collectedAt: 0 });
    return { noticed: false, says: `evidence was taken under the name ${JSON.stringify(name)}` };
  } catch (error) {
    return { noticed: true, says: error instanceof Error ? error.message : "refused" };
  }
};

interface Watching {
  readonly signal: AbortSignal;
  readonly env: Conduct["env"];
  readonly token: string;
  readonly url: string;
  readonly rendered: string | undefined;
  readonly runbooks: string | undefined;
  readonly channels: readonly Audience[] | undefined;
}

const ofMonitoring = (spec: Spec, watching: Watching): Partial<ProbePorts> => {
  const { signal, env, token, url, rendered, runbooks, channels } = watching;
  const verifying = { fetch, signal, env, clock: realClock, scheduler: realScheduler, rng: realRng() };
  return {
    ...wantedBy(spec),
    ...(spec.logging.logstash.enabled ? { logstash: logstashOf(spec, signal) } : {}),
    monitored: monitoredOf(spec, signal),
    verify: () =>
      askProducts(spec, { ...verifying, bridge: { url, token } }, [
        token,
        ...secretValues(spec, env, spec.alerting.secrets_dir),
      ]),
    ...(rendered === undefined ? {} : { drift: driftOf(spec, rendered) }),
    runbooks: runbooksOf(spec, runbooks),
    secrets: secretsOf(spec, env, spec.alerting.secrets_dir),
    ...credentialPorts(spec, verifying),
    ...(channels === undefined ? {} : { channels: () => channelsTried(spec, channels, verifying) }),
  };
};

/** What a policy asks for by monitoring.yaml alone. */
export const wantedBy = (spec: Spec): Pick<ProbePorts, "products" | "exporters" | "providers"> => ({
  products: productsIn(spec),
  exporters: exportersIn(spec),
  providers: providersIn(spec),
});

const credentialPorts = (
  spec: Spec,
  { fetch, signal, env }: Pick<Watching, "signal" | "env"> & { readonly fetch: typeof globalThis.fetch },
): Partial<ProbePorts> => ({
  channelKeys: channelKeysIn(spec),
  tryCredential: tryCredentialOf(spec, {
    ...{ fetch, signal, env },
    secretOf: (variable) => secretValue(variable, env, spec.alerting.secrets_dir),
  }),
});

const channelsTried = async (
  spec: Spec,
  audiences: readonly Audience[],
  ports: ChannelPorts,
): Promise<readonly ChannelTried[]> => {
  const testId = `review-${Buffer.from(realRng().bytes(REVIEW_ID_BYTES)).toString("hex")}`;
  const results = await testChannels(spec, { testId, audiences }, ports);
  return results.map(({ audience, channel, state, evidence, firedMs = null, resolvedMs = null }) => ({
    ...{ team: audience, channel, firedMs, resolvedMs },
    problems: state === "pass" ? [] : evidence,
  }));
};

/** Those that monitoring.yaml switches on. */
const productsIn = ({ prometheus, grafana, logging, tracing }: Spec): readonly string[] => {
  const on: Readonly<Record<string, boolean>> = {
    prometheus: prometheus.enabled,
    alertmanager: prometheus.enabled,
    grafana: grafana.enabled,
    elasticsearch: logging.elasticsearch.enabled,
    jaeger: tracing.jaeger.enabled,
  };
  return products.map(({ name }) => name).filter((name) => on[name] === true);
};

/** Where the bridge sends by itself, as its metrics call them. */
const exportersIn = ({ tracing, exporters }: Spec): readonly string[] => {
  const on: Readonly<Record<string, boolean>> = {
    otlp_traces: tracing.opentelemetry.enabled || tracing.jaeger.enabled,
    cloudwatch: exporters.cloudwatch.enabled,
    datadog: exporters.datadog.enabled,
    newrelic: exporters.newrelic.enabled,
  };
  return Object.keys(on).filter((name) => on[name] === true);
};
