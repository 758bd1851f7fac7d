import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { logIn } from "../../src/cli/log-file.ts";
import { type Conducted, conductReview } from "../../src/cli/review/conduct.ts";
import { makeKeys, readKey } from "../../src/cli/review/keys.ts";
import { rehearsalBy } from "../../src/cli/review/rehearsal.ts";
import { trustFrom } from "../../src/cli/review/trust.ts";
import { rolloutPorts } from "../../src/cli/rollout/ports.ts";
import { connect } from "../../src/client/index.ts";
import type { Json } from "../../src/domain/json.ts";
import { drillEventName, evidenceOf } from "../../src/ops/monitoring/drill/evidence.ts";
import { runDrill, type Stage } from "../../src/ops/monitoring/drill.ts";
import type { StepPorts } from "../../src/ops/rollout/rollback/steps.ts";
import type { Policy } from "../../src/review/policy.ts";
import { probesFrom } from "../../src/review/probe/list.ts";
import { proposedPolicy } from "../../src/review/probe/propose.ts";
import { readTrust, type TrustFile } from "../../src/review/verify/trust.ts";
import { verifyCertificate } from "../../src/review/verify/verify.ts";
import { type LiveBridge, startLiveBridge } from "../ops/live-bridge.ts";
import { type Receivers, startReceivers } from "../ops/receivers.ts";
import { pause, phone, type Settings, type Stack, startStack } from "../ops/stack.ts";
import { openTown, type Town } from "./town.ts";

/** A bridge, the people about it, and later its monitoring: what a review needs, in one place. */
export interface Scene {
  readonly bridge: LiveBridge;
  readonly town: Town;
  readonly policy: Policy;
  readonly receivers: Receivers;
  readonly review: (out: string, more?: Partial<Parameters<typeof conductReview>[0]>) => Promise<Conducted>;
  /** Starts the real Prometheus and Alertmanager, with the rendered files and these secrets. */
  readonly monitor: (secrets: Readonly<Record<string, string>>) => Promise<Monitoring>;
  readonly trust: () => Promise<TrustFile>;
  readonly close: () => Promise<void>;
}

export interface Monitoring {
  readonly stack: Stack;
  /** Path of the monitoring.yaml. */
  readonly file: string;
  readonly setSecret: (name: string, value: string) => void;
  /** Breaks a threshold on the bridge, follows the alert, and writes down in the log what came of it. */
  readonly drill: () => Promise<void>;
}

export const openScene = async (folder: string, adjust: (policy: Policy) => Policy = (p) => p): Promise<Scene> => {
  const bridge = await startLiveBridge();
  const receivers = await startReceivers();
  const town = await openTown(bridge);
  const keys = join(folder, "keys");
  makeKeys(keys);
  const products = ["prometheus", "alertmanager"];
  const providers = ["pagerduty-events", "slack-webhook"] as const;
  const policy = adjust(proposedPolicy("staging-of-an-example", probesFrom({ url: bridge.url, products, providers })));
  let monitoring: Monitoring | undefined;
  return {
    bridge,
    town,
    policy,
    receivers,
    review: (out, more = {}) =>
      conductReview({
        ...{ credential: town.credential, token: bridge.token(), data: bridge.data, out: join(folder, out), keys },
        ...{ profile: "quick", title: "A bridge and its monitoring", policy: () => policy, env: {} },
        ...{ prober: "prober", issuer: "issuer", signOffMs: 10_000, signal: new AbortController().signal },
        ...more,
      }),
    monitor: async (secrets) => {
      monitoring = await startMonitoring(bridge, receivers, town, folder, secrets);
      return monitoring;
    },
    trust: () =>
      trustFrom(town.operator, {
        prober: readKey(keys, "prober", "prober"),
        issuer: readKey(keys, "issuer", "issuer"),
        policies: [policy],
        log: logIn(bridge.data),
      }),
    close: async () => {
      town.close();
      await monitoring?.stack.stop();
      await receivers.close();
      await bridge.stop();
    },
  };
};

const startMonitoring = async (
  bridge: LiveBridge,
  receivers: Receivers,
  town: Town,
  folder: string,
  secrets: Readonly<Record<string, string>>,
): Promise<Monitoring> => {
  let text = "";
  const settings: Settings = ({ prometheus, alertmanager, secrets: secretsFolder }) => {
    text = `
environment: example
prometheus:
  endpoint: http://127.0.0.1:${prometheus}
  scrape_interval: 500ms
  evaluation_interval: 500ms
  targets: ["127.0.0.1:${bridge.port}"]
grafana: { enabled: false }
alerting:
  alertmanager: { endpoint: "http://127.0.0.1:${alertmanager}", group_wait: 0s, group_interval: 1s }
  secrets_dir: ${secretsFolder}
  time_scale: ${1 / 60}
  pagerduty: { url: ${receivers.url}/v2/enqueue }
  slack:
`;
    return text;
  };
  const stack = await startStack(settings, secrets);
  const file = join(folder, "monitoring.yaml");
  writeFileSync(file, text);
  const stage: Stage = {
    ...{ prometheus: stack.prometheus, alertmanager: stack.alertmanager, phone, pause },
    ...{ monotonic: () => performance.now(), now: Date.now, notifications: receivers.notifications },
  };
  return {
    stack,
    file,
    setSecret: (name, value) => writeFileSync(join(stack.folder, "secrets", name), value, { mode: 0o600 }),
    drill: () => drillOn(bridge, town, stage),
  };
};

/** Somebody answers with a key that is not his; the alert is followed until it is over. */
const drillOn = async ({ url }: LiveBridge, { operator }: Town, stage: Stage): Promise<void> => {
  const startedAt = Date.now();
  const victim = await operator.agents.add({ name: `drill-victim-${startedAt}`, kind: "service" });
  const other = await operator.agents.add({ name: `drill-other-${startedAt}`, kind: "service" });
  const forger = await connect({ credential: { ...victim, macSecret: other.macSecret }, url });
  const pageWithinSeconds = 10;
  const result = await runDrill(
    {
      name: "an answer is given for somebody with a key that is not theirs",
      alert: "SecurityViolationCritical",
      seen: 'security_violations_total{severity="critical"} > 0',
      provoke: async () => {
        await operator.ask.start({ to: victim.agent, message: "A drill asks for a forged answer." });
        const [question] = await forger.inbox({ waitMs: 1_000 });
        await question?.accept(true).catch(() => undefined);
      },
      relieve: async () => undefined,
      pageWithinSeconds,
    },
    stage,
  );
  forger.close();
  const evidence = evidenceOf({
    ...{ drillId: `drill-${startedAt}`, environment: "example", startedAt, finishedAt: Date.now() },
    ...{ receivers: "stand-ins of this test", results: [{ ...result, pageWithinSeconds }] },
  });
  await operator.events.append(drillEventName, evidence as unknown as Json);
};

/** Everything that the last review was missing: tools of the operator. */
export const everyPort = ({ bridge, town }: Scene): Partial<Parameters<typeof conductReview>[0]> => ({
  restart: async () => {
    await bridge.kill();
    await bridge.start();
    return { how: "kill -9" };
  },
  channels: ["on-call"],
  ports: { rehearse: rehearsalOn(bridge, town) },
});

export const rehearsalOn = ({ url, data }: LiveBridge, { credential }: Town, other: Partial<StepPorts> = {}) =>
  rehearsalBy(
    (client) => ({
      ...rolloutPorts({ data, url }, client, {
        terminal: {
          note: () => undefined,
          progress: () => ({ step: () => undefined, done: () => undefined }),
        } as never,
        signal: new AbortController().signal,
      }),
      ...other,
    }),
    () => connect({ credential }),
  );

/** What a stranger finds out about a bundle, with nothing but the trust file and the evidence. */
export const verified = async (
  scene: Scene,
  { bundle }: Pick<Conducted, "bundle">,
  evidence: ReadonlyMap<string, Uint8Array>,
) => {
  const trust = readTrust(await scene.trust());
  if (!trust.ok) throw new Error(JSON.stringify(trust.problems));
  return verifyCertificate(Buffer.from(bundle), { trust: trust.trust, evidence, now: Date.now() });
};
