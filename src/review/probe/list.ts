import type { Hooks } from "../attack/result.ts";
import { attacksProbe } from "./attacks.ts";
import { backupProbe } from "./backup.ts";
import { channelsProbe } from "./channels.ts";
import { type ChannelKey, type CredentialTried, credentialProbe, type ProviderName } from "./credentials.ts";
import { customEventsProbe } from "./custom-events.ts";
import { drillProbe } from "./drill.ts";
import { type Exported, exportsProbe, tryExports } from "./exports.ts";
import { healthProbe } from "./health.ts";
import { loadProbe } from "./load.ts";
import { logIntegrityProbe } from "./log-integrity.ts";
import type { LogFile } from "./log-port.ts";
import { type Logstash, logstashProbe } from "./logstash.ts";
import type { Asked, ChannelTried, Monitored } from "./monitoring-port.ts";
import type { Probe, Stage } from "./probe.ts";
import { type Drift, renderedFilesProbe } from "./rendered-files.ts";
import { type Restart, restartProbe } from "./restart.ts";
import { type Rehearse, rollbackProbe } from "./rollback.ts";
import { type RunbookFound, runbooksProbe } from "./runbooks.ts";
import { scrapingProbe } from "./scraping.ts";
import { type SecretFound, secretsProbe } from "./secrets.ts";
import { type Product, verifiedProbe } from "./verified.ts";

/** What only somebody with a machine can give; what is absent leaves its checks not run. */
export interface ProbePorts {
  /** Where the bridge is. */
  readonly url: string;
  readonly attackHooks?: Hooks;
  readonly log?: LogFile;
  readonly restart?: Restart;
  readonly monitored?: Monitored;
  readonly drift?: () => Promise<Drift>;
  readonly runbooks?: () => Promise<readonly RunbookFound[]>;
  readonly secrets?: () => Promise<readonly SecretFound[]>;
  /** What was asked of the monitoring products; asked once for all of them. */
  readonly verify?: () => Promise<Asked>;
  /** The products that monitoring.yaml switches on: a probe for each. */
  readonly products?: readonly string[];
  /** The exporters that monitoring.yaml switches on, by their label in the metrics. */
  readonly exporters?: readonly string[];
  readonly channels?: () => Promise<readonly ChannelTried[]>;
  /** The providers of which monitoring.yaml names a credential: a probe for each. */
  readonly providers?: readonly ProviderName[];
  readonly tryCredential?: (provider: ProviderName) => Promise<readonly CredentialTried[]>;
  readonly channelKeys?: readonly ChannelKey[];
  readonly logstash?: Logstash;
  readonly rehearse?: Rehearse;
}

export const products: readonly Product[] = [
  { name: "prometheus", title: "Prometheus runs our rules and finds its Alertmanager", severity: "major" },
  { name: "alertmanager", title: "Alertmanager runs our routes and receivers", severity: "major" },
  { name: "grafana", title: "Grafana has our dashboards", severity: "minor" },
  { name: "elasticsearch", title: "Elasticsearch finds a line that the bridge just wrote", severity: "minor" },
  { name: "jaeger", title: "Jaeger finds the span of a call that was just made", severity: "minor" },
];

/** What an empty monitoring.yaml wants. */
const productsByDefault = ["prometheus", "alertmanager", "grafana"];

/** Every probe, in the order in which they run: what is cheap and what others lean on comes first. */
export const probesFrom = (ports: ProbePorts): readonly Probe[] => {
  const verify = ports.verify === undefined ? undefined : once(ports.verify);
  const channels = ports.channels === undefined ? undefined : once(ports.channels);
  const { exporters = [], providers = [], tryCredential, channelKeys } = ports;
  const exported = onceFor((stage) => tryExports(stage, exporters));
  const proofs = {
    ...(exporters.length === 0 ? {} : { exported }),
    ...(channels === undefined ? {} : { channels }),
    ...(tryCredential === undefined ? {} : { tryCredential }),
    ...(channelKeys === undefined ? {} : { channelKeys }),
  };
  return [
    healthProbe,
    customEventsProbe,
    loadProbe(),
    attacksProbe(ports.url, ports.attackHooks ?? {}),
    logIntegrityProbe(ports.log),
    backupProbe(ports.log),
    restartProbe(ports.restart),
    scrapingProbe(ports.monitored),
    ...products
      .filter(({ name }) => (ports.products ?? productsByDefault).includes(name))
      .map((product) => verifiedProbe(product, verify)),
    ...(ports.logstash === undefined ? [] : [logstashProbe(ports.logstash)]),
    ...(exporters.length === 0 ? [] : [exportsProbe(exporters, exported)]),
    renderedFilesProbe(ports.drift),
    runbooksProbe(ports.runbooks),
    secretsProbe(ports.secrets),
    channelsProbe(channels),
    ...providers.map((name) => credentialProbe(name, proofs)),
    drillProbe,
    rollbackProbe(ports.rehearse),
  ];
};

/** Whoever asks first has it done; the others get what came of it. */
const onceFor = (work: (stage: Stage) => Promise<readonly Exported[]>): typeof work => {
  let begun: ReturnType<typeof work> | undefined;
  return (stage) => {
    begun ??= work(stage);
    return begun;
  };
};

const once = <T>(work: () => Promise<T>): (() => Promise<T>) => {
  let begun: Promise<T> | undefined;
  return () => {
    begun ??= work();
    return begun;
  };
};
