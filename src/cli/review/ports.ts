import { type Audience, type ChannelPorts, testChannels } from "../../ops/monitoring/channel.ts";
import type { Spec } from "../../ops/monitoring/spec/schema.ts";
import type { Noticed } from "../../review/attack/result.ts";
import { type ProbePorts, products } from "../../review/probe/list.ts";
import type { ChannelTried } from "../../review/probe/monitoring-port.ts";
import type { Restart } from "../../review/probe/restart.ts";
import { eventLine } from "../event-line.ts";
import { logIn } from "../log-file.ts";
import { realClock, realRng, realScheduler } from "../world.ts";
import { askProducts } from "./answers.ts";
import { channelKeysIn, providersIn, tryCredentialOf } from "./credentials.ts";
import { evidenceFolder } from "./evidence-folder.ts";
import { logPort } from "./log-port.ts";
import { logstashOf } from "./logstash-port.ts";
import { driftOf, monitoredOf, runbooksOf, secretsOf, secretValue, secretValues } from "./monitoring-ports.ts";
import { restartBy } from "./restart.ts";

/** What of a machine a review may use. */
export interface Watch {
  readonly signal: AbortSignal;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A bearer token of who runs the review, for what speaks HTTP by itself. */
  readonly token: string;
  readonly data: string;
  readonly out: string;
  /** Folder that `lighthouse monitoring render` wrote to. */
  readonly rendered?: string;
  /** Folder with the runbooks as they are published. */
  readonly runbooks?: string;
  /** Shell command that restarts the bridge, or what does it. */
  readonly restart?: string | Restart;
  /** Who gets a test incident; without any, no channel is tried. */
  readonly channels?: readonly Audience[];
  /** Ports that only the caller has: ways to people, drills, rollbacks. */
  readonly ports?: Partial<ProbePorts>;
}

/** What a review of this bridge can do, with what only a machine has. */
export const portsOf = (watch: Watch, url: string, spec: Spec | undefined): ProbePorts => {
  const { signal, env, token, rendered, runbooks, restart, channels } = watch;
  const restarts = typeof restart === "string" ? restartBy(restart, url, signal) : restart;
  return {
    url,
    attackHooks: {
      tell: (event) => eventLine(event, (_style, text) => text),
      storeEvidence: (name) => storedUnder(name, watch.out),
      ...(restarts === undefined ? {} : { restart: () => restarts().then(() => url) }),
    },
    log: logPort(logIn(watch.data)),
    ...(restarts === undefined ? {} : { restart: restarts }),
    ...(spec === undefined ? {} : ofMonitoring(spec, { signal, env, token, url, rendered, runbooks, channels })),
    ...watch.ports,
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
  readonly env: Watch["env"];
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

const TEST_ID_BYTES = 5;

const channelsTried = async (
  spec: Spec,
  audiences: readonly Audience[],
  ports: ChannelPorts,
): Promise<readonly ChannelTried[]> => {
  const testId = `review-${Buffer.from(realRng().bytes(TEST_ID_BYTES)).toString("hex")}`;
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
