import type { Hooks } from "../attack/result.ts";
import { attacksProbe } from "./attacks.ts";
import { backupProbe } from "./backup.ts";
import { channelsProbe } from "./channels.ts";
import { comparedProbe } from "./compared.ts";
import { customEventsProbe } from "./custom-events.ts";
import { drillProbe } from "./drill.ts";
import { healthProbe } from "./health.ts";
import { loadProbe } from "./load.ts";
import { logIntegrityProbe } from "./log-integrity.ts";
import type { LogFile } from "./log-port.ts";
import type { ChannelTried, Compared, Drilled, Monitored, RollbackStep } from "./monitoring-port.ts";
import type { Probe } from "./probe.ts";
import { type Drift, renderedFilesProbe } from "./rendered-files.ts";
import { type Restart, restartProbe } from "./restart.ts";
import { rollbackProbe } from "./rollback.ts";
import { type RunbookFound, runbooksProbe } from "./runbooks.ts";
import { scrapingProbe } from "./scraping.ts";
import { type SecretFound, secretsProbe } from "./secrets.ts";

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
  /** By the name of the product. A text says why it cannot be compared. */
  readonly compare?: { readonly [P in ProductName]?: () => Promise<readonly Compared[] | string> };
  readonly channels?: () => Promise<readonly ChannelTried[] | string>;
  readonly drill?: () => Promise<readonly Drilled[] | string>;
  readonly rollback?: () => Promise<readonly RollbackStep[] | string>;
}

export const products = {
  "prometheus-rules": { title: "Prometheus runs the rules as rendered, and they are healthy", severity: "major" },
  alertmanager: { title: "Alertmanager is reachable and routes as rendered", severity: "major" },
  grafana: { title: "Grafana is reachable and has the dashboards as rendered", severity: "minor" },
  collector: { title: "The collector is reachable and takes what the bridge sends", severity: "minor" },
  elasticsearch: { title: "Elasticsearch is reachable and has the lines of the bridge", severity: "minor" },
} as const;
export type ProductName = keyof typeof products;

/** Every probe, in the order in which they run: what is cheap and what others lean on comes first. */
export const probesFrom = (ports: ProbePorts): readonly Probe[] => [
  healthProbe,
  customEventsProbe,
  logIntegrityProbe(ports.log),
  loadProbe,
  attacksProbe(ports.url, ports.attackHooks ?? {}),
  backupProbe(ports.log),
  restartProbe(ports.restart),
  scrapingProbe(ports.monitored),
  ...Object.entries(products).map(([name, product]) =>
    comparedProbe({ name, ...product }, ports.compare?.[name as ProductName]),
  ),
  renderedFilesProbe(ports.drift),
  runbooksProbe(ports.runbooks),
  secretsProbe(ports.secrets),
  channelsProbe(ports.channels),
  drillProbe(ports.drill),
  rollbackProbe(ports.rollback),
];
