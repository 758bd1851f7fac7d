import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Command, Option } from "commander";
import { connect } from "../../client/index.ts";
import type { Json } from "../../domain/json.ts";
import { type DrillEvidence, drillEventName, evidenceLines, evidenceOf } from "../../ops/monitoring/drill/evidence.ts";
import { type DrillAlert, drillAlerts, openDrill } from "../../ops/monitoring/drill/scenarios.ts";
import { drillHook, drillKey, drillSpec } from "../../ops/monitoring/drill/spec.ts";
import type { DrillResult, Stage } from "../../ops/monitoring/drill.ts";
import { variableOf } from "../../ops/monitoring/render/secret.ts";
import type { Spec } from "../../ops/monitoring/spec/schema.ts";
import { type Act, act, command } from "../command.ts";
import { type ConnectionOptions, credentialOf, dataOption } from "../connection.ts";
import type { Exit } from "../exit.ts";
import { explain, Failure } from "../failure.ts";
import { realClock, realRng } from "../world.ts";
import { folderPlace } from "./place.ts";
import { canLimitFileSize, startPrivateBridge } from "./private-bridge.ts";
import { type Onward, startRelay } from "./relay.ts";
import { installed, startServer, stopServer, telephone, untilReady } from "./servers.ts";
import { DEFAULT_FILE, type SpecOptions, withSpec } from "./spec-option.ts";
import { pauseUntil, plainPause } from "./world.ts";

interface DrillOptions extends SpecOptions, ConnectionOptions {
  readonly alert?: readonly DrillAlert[];
  readonly evidence: string;
  readonly send?: boolean;
}

export const drillCommand = (): Command =>
  command(
    "drill",
    "Break thresholds on purpose and follow each alert to the people's side and back, on a bridge, a Prometheus and an Alertmanager of the drill's own.",
    {
      examples:
        "lighthouse monitoring drill\nlighthouse monitoring drill --alert BridgeDown --evidence drill.json\nlighthouse monitoring drill --send    # on to PagerDuty and Slack, by the key and the webhook for drills",
      endsWith: ["failing"],
    },
  )
    .option("--file <file>", "the monitoring.yaml whose rules are drilled; without one, an empty file's", DEFAULT_FILE)
    .addOption(new Option("--alert <alert...>", "these alone").choices([...drillAlerts]))
    .option("--evidence <folder or file.json>", "where the times of every hop are written", "drills")
    .option("--send", "pass what arrives on to PagerDuty's key and Slack's webhook for drills")
    .addOption(dataOption())
    .addOption(new Option("--as <agent>", "who writes the result into the bridge's log (default: the operator)"))
    .addOption(new Option("--url <url>", "the bridge into whose log the result goes").env("LIGHTHOUSE_URL"))
    .action((options: DrillOptions) =>
      act(options, (doing) => withSpec(options, doing, (spec, text) => drill(spec, text, options, doing))),
    );

type Run = { readonly result: DrillResult & { readonly pageWithinSeconds: number } };

/** A past with much good in it, in milliseconds: what is provoked breaks a threshold, and not a month's promise. */
const PAST_MS = 12_000;

const drill = async (spec: Spec, text: string, options: DrillOptions, doing: Act): Promise<Exit | undefined> => {
  const { terminal, signal } = doing;
  const [prometheus, alertmanager] = [installed("Prometheus"), installed("Alertmanager")];
  if (prometheus === undefined || alertmanager === undefined)
    throw new Failure("usage", "A drill needs prometheus and alertmanager on the PATH.", {
      remedy: "On Debian: apt-get install prometheus prometheus-alertmanager. Nothing was provoked.",
    });
  const onward = onwardOf(spec, options.send === true);
  const wanted = options.alert ?? drillAlerts;
  const left = await notToBeProvoked(spec, wanted);
  const { runDrill } = await import("../../ops/monitoring/drill.ts");
  const { renderAll } = await import("../../ops/monitoring/render.ts");
  const { putFiles } = await import("../../ops/monitoring/apply/place.ts");

  const drillId = Buffer.from(realRng().bytes(4)).toString("hex");
  const folder = mkdtempSync(join(tmpdir(), "lighthouse-drill-"));
  const startedAt = realClock.now();
  const pause = pauseUntil(signal);
  const closers: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];
  const results: Run["result"][] = [];
  let finishedAt = startedAt;
  try {
    terminal.note(`drill ${drillId}: a bridge, a Prometheus and an Alertmanager of its own, in ${folder}`);
    const relay = await startRelay(onward);
    closers.push(relay.close);
    const bridge = await startPrivateBridge(join(folder, "bridge"));
    closers.push(bridge.stop);
    const [atPrometheus, atAlertmanager] = [await freeAddress(), await freeAddress()];
    const secrets = join(folder, "secrets");
    const own = drillSpec(text, {
      drillId,
      bridge: new URL(bridge.url).host,
      prometheus: atPrometheus,
      alertmanager: atAlertmanager,
      secrets,
      pagerduty: `${relay.url}/v2/enqueue`,
    });
    putFiles(renderAll(own), folderPlace(folder, "private"));
    const secret = folderPlace(secrets, "private");
    // Alertmanager insists on a key; the relay puts the real one in its place.
    secret.write(drillKey, "0".repeat(32));
    secret.write(drillHook, `${relay.url}/slack`);
    const start = { files: folder, data: join(folder, "data") };
    mkdirSync(start.data);
    const servers = [
      startServer("Alertmanager", alertmanager, { ...start, url: atAlertmanager }),
      startServer("Prometheus", prometheus, { ...start, url: atPrometheus }),
    ];
    closers.push(() => Promise.all(servers.map(stopServer)));
    const castOf = async () => {
      const operator = await connect({ credential: bridge.operator(), url: bridge.url });
      closers.push(() => operator.close());
      const made = await openDrill({
        bridge,
        operator,
        connect: (credential) => connect({ credential, url: bridge.url }),
        // Not the one that Ctrl-C ends: what was provoked is to be taken back in its own time.
        pause: plainPause,
      });
      closers.push(made.close);
      return made;
    };
    // Prometheus needs five seconds to find its targets: long enough for everybody else.
    const [cast] = await Promise.all([castOf(), untilReady(servers, telephone, pause, signal)]);
    terminal.note(`all of it is up; first ${PAST_MS / 1000} s of questions that go well`);
    await pause(PAST_MS);
    const stage: Stage = {
      prometheus: atPrometheus,
      alertmanager: atAlertmanager,
      phone: telephone,
      monotonic: realClock.monotonic,
      now: realClock.now,
      pause,
      notifications: relay.notifications,
    };
    const scenarios = cast.scenarios.filter(({ alert }) => wanted.includes(alert) && !left.has(alert));
    for (const scenario of scenarios) {
      if (signal.aborted) break;
      terminal.note(`${scenario.alert}: ${scenario.name}`);
      const result = await runDrill(scenario, stage);
      results.push({ ...result, pageWithinSeconds: scenario.pageWithinSeconds });
    }
    finishedAt = realClock.now();
  } finally {
    // Last in, first out: the load before the bridge, the servers before their folder.
    for (const close of closers.reverse()) await close();
  }
  signal.throwIfAborted();
  const evidence = evidenceOf({
    drillId,
    environment: spec.environment,
    startedAt,
    finishedAt,
    receivers: receiversInWords(onward),
    results,
  });
  const file = write(options.evidence, evidence);
  const event = await record(options, evidence);
  const notRun = [...left].map(([alert, why]) => ({ alert, why }));
  terminal.result({ ...evidence, not_run: notRun, evidence: file, event }, () => [
    ...evidenceLines(evidence, results),
    ...notRun.map(({ alert, why }) => `not run  ${alert}: ${why}`),
    `receivers: ${evidence.receivers}`,
    `evidence: ${file}`,
    "position" in event ? `recorded at position ${event.position} of the log` : `not recorded in a log: ${event.why}`,
  ]);
  return evidence.passed ? undefined : "failing";
};

const onwardOf = (spec: Spec, isSent: boolean): Onward => {
  if (!isSent) return {};
  const { pagerduty, slack } = spec.alerting;
  const key = secretValue(pagerduty.routing_keys.drill);
  const hook = secretValue(slack.webhook_urls.drill);
  if (key === undefined && hook === undefined)
    throw new Failure("usage", "--send has nowhere to send to.", {
      remedy:
        "Name alerting.pagerduty.routing_keys.drill or alerting.slack.webhook_urls.drill in monitoring.yaml, and set those variables.",
    });
  return {
    ...(key === undefined ? {} : { pagerduty: { url: pagerduty.url, key } }),
    ...(hook === undefined ? {} : { slack: hook }),
  };
};

const secretValue = (reference: `\${${string}}` | undefined): string | undefined =>
  reference === undefined ? undefined : process.env[variableOf(reference)];

const receiversInWords = ({ pagerduty, slack }: Onward): string =>
  [
    pagerduty === undefined
      ? "PagerDuty: held against its schema, not sent"
      : "PagerDuty: sent on, with the key for drills",
    slack === undefined ? "Slack: held against its limits, not sent" : "Slack: sent on, by the webhook for drills",
  ].join("; ");

const notToBeProvoked = async (
  { alerting }: Spec,
  wanted: readonly DrillAlert[],
): Promise<ReadonlyMap<DrillAlert, string>> => {
  const left = new Map<DrillAlert, string>();
  for (const alert of wanted)
    if (alerting.rules[alert]?.enabled === false) left.set(alert, "monitoring.yaml switches this alert off");
  if (!(await canLimitFileSize()))
    left.set(
      "ElicitationErrorRateHigh",
      "prlimit (util-linux) is not here, and the disk cannot be made to fail without it",
    );
  return left;
};

const write = (where: string, evidence: DrillEvidence): string => {
  const isFile = where.endsWith(".json");
  const name = `drill-${evidence.started_at.slice(0, 19).replaceAll(":", "")}Z-${evidence.drill_id}.json`;
  const text = `${JSON.stringify(evidence, null, 2)}\n`;
  if (isFile) folderPlace(".", "public").write(where, text);
  else folderPlace(where, "public").write(name, text);
  return isFile ? where : join(where, name);
};

type Recorded = { readonly position: number } | { readonly why: string };

/** Into the log of the bridge that the command line speaks to. That there is none does not make the drill less true. */
const record = async (options: ConnectionOptions, evidence: DrillEvidence): Promise<Recorded> => {
  try {
    const client = await connect({ credential: credentialOf(options) });
    try {
      const { position } = await client.events.append(drillEventName, evidence as unknown as Json, {
        key: `drill-${evidence.drill_id}`,
      });
      return { position };
    } finally {
      client.close();
    }
  } catch (error) {
    return { why: explain(error).title };
  }
};

const freeAddress = (): Promise<string> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() =>
        resolve(`http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`),
      );
    });
  });
