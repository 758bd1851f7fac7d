import { diffDisk, pagerdutyPorts } from "../diff.ts";
import { logStream } from "../render/elastic-stream.ts";
import type { Rendered } from "../render/rendered.ts";
import { renderAll } from "../render.ts";
import { compareAlertmanager } from "../running/alertmanager.ts";
import { adviceFor, type Compared, inWords } from "../running/compared.ts";
import { aliasAt, askElastic, compareElasticsearch, templatePath } from "../running/elasticsearch.ts";
import { compareGrafana, type Env, grafanaHeaders } from "../running/grafana.ts";
import { comparePrometheusConfig, comparePrometheusRules } from "../running/prometheus.ts";
import type { Spec } from "../spec/schema.ts";
import { type Called, type CallPorts, call } from "./call.ts";
import { applyPagerduty, planOfPagerduty } from "./pagerduty.ts";
import { type Place, putFiles } from "./place.ts";
import { keyVariable, putSecrets } from "./secrets.ts";

export const endpoints = [
  "files",
  "secrets",
  "Prometheus",
  "Alertmanager",
  "Grafana",
  "Elasticsearch",
  "PagerDuty",
] as const;
export type Endpoint = (typeof endpoints)[number];

/**
 * `applied`: something was changed, and it was seen to be so. `unchanged`: it was so before. `unreachable`: nobody
 * answers there. `failed`: somebody answered, and it is not as rendered; `says` why and what to do.
 */
export interface Applied {
  readonly endpoint: Endpoint;
  readonly state: "applied" | "unchanged" | "failed" | "unreachable" | "off";
  readonly says: string;
  readonly steps: readonly string[];
}

export interface ApplyPorts extends CallPorts, Env {
  /** Where the rendered files go. */
  readonly files: Place;
  /** Where secrets go: `alerting.secrets_dir`. */
  readonly secrets: Place;
  /** Only these; all unless given. */
  readonly only?: readonly Endpoint[];
  readonly onApplied?: (applied: Applied, done: number, total: number) => void;
}

/**
 * Makes what runs be what monitoring.yaml says, endpoint by endpoint; one that fails keeps no other from its turn. Run
 * again after a failure, it goes on where it stopped: what is as it should be is not touched.
 */
export const apply = async (spec: Spec, ports: ApplyPorts): Promise<readonly Applied[]> => {
  const files = renderAll(spec);
  const wanted = endpoints.filter((each) => ports.only === undefined || ports.only.includes(each));
  const done: Applied[] = [];
  for (const endpoint of wanted) {
    // Between two endpoints nothing is half done.
    if (ports.signal?.aborted === true) break;
    const applied = { endpoint, ...(await outcomeOf(endpoint, spec, files, ports)) };
    done.push(applied);
    ports.onApplied?.(applied, done.length, wanted.length);
  }
  return done;
};

type Outcome = Omit<Applied, "endpoint">;

const off: Outcome = { state: "off", says: "monitoring.yaml does not want it", steps: [] };

const outcomeOf = async (endpoint: Endpoint, spec: Spec, files: Rendered, ports: ApplyPorts): Promise<Outcome> => {
  const { prometheus, alerting, grafana, logging } = spec;
  switch (endpoint) {
    case "files":
      return attempted(() => onDisk(files, ports.files));
    case "secrets":
      return attempted(() => secrets(spec, ports));
    case "Prometheus":
      return prometheus.enabled ? inPrometheus(spec, files, ports) : off;
    case "Alertmanager":
      return prometheus.enabled ? inAlertmanager(spec, files, ports) : off;
    case "Grafana":
      return grafana.enabled ? inGrafana(spec, files, ports) : off;
    case "Elasticsearch":
      return logging.elasticsearch.enabled ? inElasticsearch(spec, files, ports) : off;
    case "PagerDuty":
      return alerting.pagerduty.enabled ? inPagerduty(spec, ports) : off;
  }
};

/** A folder that cannot be written is this endpoint's failure, and no fault. */
const attempted = (put: () => Outcome): Outcome => {
  try {
    return put();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    return { state: "failed", says: `${message}. Check who owns that folder, and whether there is room.`, steps: [] };
  }
};

const onDisk = (files: Rendered, place: Place): Outcome => {
  const before = diffDisk(files, new Map([...files.keys()].flatMap((path) => textOf(place, path))));
  const { written, removed, unchanged } = putFiles(files, place);
  const steps = [...written.map((path) => `wrote ${path}`), ...removed.map((path) => `removed ${path}`)];
  return steps.length === 0 && before.state === "same"
    ? { state: "unchanged", says: `${unchanged} files below ${place.name}`, steps }
    : {
        state: "applied",
        says: `${written.length} written, ${removed.length} removed, ${unchanged} as they were below ${place.name}`,
        steps,
      };
};

const textOf = (place: Place, path: string): readonly (readonly [string, string])[] => {
  const text = place.read(path);
  return text === undefined ? [] : [[path, text]];
};

const secrets = (spec: Spec, { env, secrets: folder }: ApplyPorts): Outcome => {
  const { written, unchanged, missing } = putSecrets(spec, env, folder);
  const steps = written.map((name) => `wrote ${name}`);
  if (missing.length > 0) {
    const says = `${missing.join(", ")}: neither in the environment nor in ${folder.name}`;
    return { state: "failed", says, steps };
  }
  return written.length === 0
    ? { state: "unchanged", says: `${unchanged.length} secrets in ${folder.name}`, steps }
    : { state: "applied", says: `${written.length} secrets written to ${folder.name}`, steps };
};

type Failed = Extract<Called, { readonly ok: false }>;

const failure = ({ reason, status, isKnown }: Failed, advice = adviceFor(status), steps: readonly string[] = []) =>
  ({
    state: status === undefined && isKnown ? "unreachable" : "failed",
    says: `${reason}${advice}`,
    steps,
  }) as const satisfies Outcome;

/** Differences in what runs, before and after a reload. */
type Look = () => Promise<Compared>;

const reloaded = async (
  look: Look,
  reload: () => Promise<Called>,
  advise: (status: number | undefined) => string,
  folder: string,
): Promise<Outcome> => {
  const before = await look();
  // Reloaded in any case: files that it reads besides its configuration may be new.
  const called = await reload();
  if (!called.ok) return failure(called, advise(called.status));
  const after = await look();
  if (!after.ok) return { state: "failed", says: after.reason, steps: ["reloaded"] };
  if (after.differences.length > 0) {
    const [first] = after.differences;
    const rest = after.differences.length > 1 ? ` (and ${after.differences.length - 1} more)` : "";
    return {
      state: "failed",
      says: `it reloaded and still runs something else: ${first === undefined ? "" : inWords(first)}${rest}. Does it read ${folder}?`,
      steps: ["reloaded"],
    };
  }
  return before.ok && before.differences.length === 0
    ? { state: "unchanged", says: after.answered, steps: ["reloaded"] }
    : { state: "applied", says: `reloaded; runs what is rendered: ${after.answered}`, steps: ["reloaded"] };
};

const post = (ports: CallPorts, url: string, headers: Readonly<Record<string, string>> = {}): Promise<Called> =>
  call(ports, { method: "POST", url, headers, isRepeatable: true });

const inPrometheus = (spec: Spec, files: Rendered, ports: ApplyPorts): Promise<Outcome> =>
  reloaded(
    async () => {
      const config = await comparePrometheusConfig(spec, files, ports);
      if (!config.ok) return config;
      const { compared } = await comparePrometheusRules(spec, files, ports);
      return compared.ok ? { ...compared, differences: [...config.differences, ...compared.differences] } : compared;
    },
    () => post(ports, `${spec.prometheus.endpoint}/-/reload`),
    (status) =>
      status === 403
        ? ". Start it with --web.enable-lifecycle, or send it SIGHUP."
        : status === 500
          ? ". It keeps what it had."
          : adviceFor(status),
    ports.files.name,
  );

const inAlertmanager = (spec: Spec, files: Rendered, ports: ApplyPorts): Promise<Outcome> =>
  reloaded(
    () => compareAlertmanager(spec, files, ports),
    () => post(ports, `${spec.alerting.alertmanager.endpoint}/-/reload`),
    (status) => (status === 500 ? ". It keeps what it had." : adviceFor(status)),
    ports.files.name,
  );

const inGrafana = async (spec: Spec, files: Rendered, ports: ApplyPorts): Promise<Outcome> => {
  const steps: string[] = [];
  const before = await compareGrafana(spec, files, ports);
  for (const what of ["datasources", "dashboards"]) {
    const url = `${spec.grafana.endpoint}/api/admin/provisioning/${what}/reload`;
    const called = await post(ports, url, grafanaHeaders(spec, ports));
    if (!called.ok) {
      const forbidden = ". The service account needs provisioning:reload; or wait, it reads the folder every 30 s.";
      return failure(called, called.status === 403 ? forbidden : adviceFor(called.status), steps);
    }
    steps.push(`reloaded ${what}`);
  }
  const after = await compareGrafana(spec, files, ports);
  if (!after.ok) return { state: "failed", says: after.reason, steps };
  const [first] = after.differences;
  if (first !== undefined)
    return { state: "failed", says: `it reloaded and still shows something else: ${inWords(first)}`, steps };
  const wasSame = before.ok && before.differences.length === 0;
  return { state: wasSame ? "unchanged" : "applied", says: after.answered, steps };
};

const inElasticsearch = async (spec: Spec, files: Rendered, ports: ApplyPorts): Promise<Outcome> => {
  const steps: string[] = [];
  const before = await compareElasticsearch(spec, files, ports);
  if (!before.ok) return { state: before.isUnreachable ? "unreachable" : "failed", says: before.reason, steps };
  if (before.differences.length === 0) return { state: "unchanged", says: before.answered, steps };
  const wanted = JSON.parse(files.get("elasticsearch/index-template.json") ?? "{}") as {
    readonly template: { readonly aliases: object };
  };
  const put = await askElastic(spec, ports, { method: "PUT", path: templatePath, body: wanted });
  if (!put.ok) return failure(put);
  steps.push(`put ${templatePath.slice(1)}`);
  const stream = logStream(spec);
  const look = () => compareElasticsearch(spec, files, ports);
  const has = (compared: Compared, at: string): boolean =>
    compared.ok && compared.differences.some(({ path }) => path.startsWith(at));
  if (has(await look(), ".ds-")) {
    const rolled = await askElastic(spec, ports, { method: "POST", path: `/${stream}/_rollover` });
    if (!rolled.ok) return failure(rolled, adviceFor(rolled.status), steps);
    steps.push(`rolled ${stream} over`);
  }
  const named = await look();
  if (has(named, aliasAt) && !has(named, stream)) {
    const alias = Object.keys(wanted.template.aliases)[0] ?? "";
    const actions = [{ add: { index: stream, alias } }];
    const added = await askElastic(spec, ports, { method: "POST", path: "/_aliases", body: { actions } });
    if (!added.ok) return failure(added, adviceFor(added.status), steps);
    steps.push(`named it ${alias}`);
  }
  const after = await look();
  if (!after.ok) return { state: "failed", says: after.reason, steps };
  const [first] = after.differences;
  if (first === undefined) return { state: "applied", says: after.answered, steps };
  const advice =
    first.path === stream
      ? ` Lines were sent before the template was there. Keep what you need of it, delete it (DELETE /${stream}), and the next line makes the stream.`
      : "";
  return { state: "failed", says: `${inWords(first)}.${advice}`, steps };
};

const inPagerduty = async (spec: Spec, ports: ApplyPorts): Promise<Outcome> => {
  const made = pagerdutyPorts(spec, ports);
  if (!made.ok) return { state: "failed", says: made.reason, steps: [] };
  const plan = await planOfPagerduty(spec, made.ports);
  if (!plan.ok) return failure(plan, "");
  const { ambiguous, steps, missing } = plan.value;
  if (ambiguous.length > 0) {
    const says = `${ambiguous.join(", ")}: there more than once; rename all but one in PagerDuty`;
    return { state: "failed", says, steps: [] };
  }
  const keys: string[] = [];
  const applied = await applyPagerduty(plan.value, made.ports, {
    onKey: async (service, key) => {
      const { name, isOwn } = keyVariable(spec, service);
      ports.secrets.write(name, key);
      keys.push(isOwn ? name : `${name} (name it in alerting.pagerduty.routing_keys)`);
    },
  });
  const said = [
    ...applied.flatMap(({ step, outcome }) =>
      outcome.ok && step.do !== "keep" ? [`${step.do}d ${step.what} ${step.name}`] : [],
    ),
    ...keys.map((name) => `wrote the new key to ${ports.secrets.name}/${name}`),
  ];
  const failed = applied.find(({ outcome }) => !outcome.ok);
  if (failed !== undefined && !failed.outcome.ok) {
    const says = `${failed.step.what} ${failed.step.name}: ${failed.outcome.reason}. Run it again to go on from there.`;
    return { state: "failed", says, steps: said };
  }
  const nobody = missing.length === 0 ? "" : `; nobody is named for ${missing.join(", ")}`;
  return steps.every((step) => step.do === "keep")
    ? { state: "unchanged", says: `${steps.length} things as they should be${nobody}`, steps: said }
    : { state: "applied", says: `${said.length} changes${nobody}`, steps: said };
};
