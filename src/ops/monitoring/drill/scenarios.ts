import { type Credential, type Lighthouse, LighthouseRefusal } from "../../../client/index.ts";
import type { Scenario } from "../drill.ts";
import { type Load, openLoad } from "./load.ts";

/**
 * The five provocations, each done to a bridge that runs: nothing is put into a metric by hand. They are for a bridge
 * that may be hurt, one that was started for the drill.
 */
export const drillAlerts = [
  "SecurityViolationCritical",
  "RateLimitViolationsHigh",
  "ElicitationErrorRateHigh",
  "ElicitationP99LatencyCritical",
  "BridgeDown",
] as const;
export type DrillAlert = (typeof drillAlerts)[number];

/** The process of the bridge, as somebody sees it who may signal it. */
export interface DrilledBridge {
  /** Stops it where it stands, and lets it go on (SIGSTOP, SIGCONT). */
  readonly freeze: () => void;
  readonly thaw: () => void;
  /** Lets every write to a file fail from now on, as a full disk or a quota does; and lets them succeed again. */
  readonly failWrites: () => Promise<void>;
  readonly allowWrites: () => Promise<void>;
  readonly kill: () => Promise<void>;
  readonly start: () => Promise<void>;
}

export interface DrillCast {
  readonly bridge: DrilledBridge;
  readonly operator: Lighthouse;
  readonly connect: (credential: Credential) => Promise<Lighthouse>;
  readonly pause: (ms: number) => Promise<void>;
}

export interface Drill {
  readonly scenarios: readonly (Scenario & { readonly alert: DrillAlert })[];
  readonly load: Load;
  readonly close: () => Promise<void>;
}

/** Questions in the air, and the pause after each answer: about 150 round trips a second. */
const calm = [12, 60] as const;
/**
 * Asked right before the bridge is stopped, so that some are on their way through it: a quarter of a second's questions.
 * How long they take to get there differs from machine to machine, so several waits are tried in turn, in milliseconds.
 */
const caught = 40;
const onTheirWayMs = [2, 4, 1, 6, 3] as const;

/** Above the promised 500 ms, and hardly longer: a scrape that waits 500 ms must not fail for it. */
const frozenMs = 540;
const thawedMs = 450;
/** Long enough for every loop to meet it once, and shorter than the log waits before it tries again. */
const unwritableMs = 120;
/** Four times the limit above which it is called an attack on others. */
const hastyEveryMs = 25;

export const openDrill = async ({ bridge, operator, connect, pause }: DrillCast): Promise<Drill> => {
  const service = (name: string, roles: readonly string[]) =>
    operator.agents.add({ name, kind: "service", roles, expertise: [] });
  const asking = await service("drill-asker", ["system"]);
  const [asker, answerer, hasty, forger] = await Promise.all([
    connect(asking),
    service("drill-target", ["system"]).then(connect),
    service("drill-hasty", ["agent"]).then(connect),
    service("drill-victim", ["agent"]).then((victim) => connect({ ...victim, macSecret: asking.macSecret })),
  ]);
  const load = openLoad(asker, answerer, pause);
  load.pace(...calm);

  const flood = flooding(hasty, answerer.agent, pause);
  const freeze = freezing(bridge, load, pause);
  const scenarios: Drill["scenarios"] = [
    forging(asker, forger),
    flood.scenario,
    {
      name: "writes to the bridge's disk fail for a moment",
      alert: "ElicitationErrorRateHigh",
      seen: 'rate(elicitation_requests_total{status="error"}[5s]) > 0',
      provoke: async () => {
        await bridge.failWrites();
        await pause(unwritableMs);
        await bridge.allowWrites();
      },
      relieve: async () => undefined,
      pageWithinSeconds: 6,
    },
    freeze.scenario,
    {
      name: "the bridge is killed",
      alert: "BridgeDown",
      seen: 'up{job="lighthouse-bridge"} == 0',
      provoke: async () => {
        load.pace(0, 0);
        await bridge.kill();
      },
      relieve: bridge.start,
      pageWithinSeconds: 5,
    },
  ];
  return {
    scenarios,
    load,
    close: async () => {
      await Promise.all([flood.stop(), freeze.stop()]);
      load.stop();
      for (const client of [asker, answerer, hasty, forger]) client.close();
    },
  };
};

/** An answer in somebody's name, signed with a key that is not theirs. The bridge refuses it, and says so. */
const forging = (asker: Lighthouse, forger: Lighthouse): Drill["scenarios"][number] => ({
  name: "an answer is given for somebody with a key that is not theirs",
  alert: "SecurityViolationCritical",
  seen: 'security_violations_total{severity="critical"} > 0',
  provoke: async () => {
    const { cancel } = await asker.ask.start({ to: forger.agent, message: "A drill asks for a forged answer." });
    const [question] = await forger.inbox({ waitMs: 1_000 });
    await question?.accept(true).catch((refused: unknown) => {
      if (!(refused instanceof LighthouseRefusal)) throw refused;
    });
    await cancel("the drill has what it wanted");
  },
  relieve: async () => undefined,
  pageWithinSeconds: 3,
});

/** A provocation that goes on until it is taken back. */
interface Lasting {
  readonly scenario: Drill["scenarios"][number];
  readonly stop: () => Promise<void>;
}

const flooding = (hasty: Lighthouse, to: string, pause: (ms: number) => Promise<void>): Lasting => {
  let isFlooding = false;
  const flood = async (): Promise<void> => {
    while (isFlooding) {
      void hasty.ask({ to, message: "A drill asks too often." }).catch(() => undefined);
      await pause(hastyEveryMs);
    }
  };
  const stop = async (): Promise<void> => {
    isFlooding = false;
  };
  return {
    stop,
    scenario: {
      name: "an agent asks forty times a second",
      alert: "RateLimitViolationsHigh",
      seen: 'rate(rate_limit_violations_total{limit_type="ask"}[5s]) > 0',
      provoke: async () => {
        isFlooding = true;
        void flood();
      },
      relieve: stop,
      pageWithinSeconds: 8,
    },
  };
};

const freezing = (bridge: DrilledBridge, load: Load, pause: (ms: number) => Promise<void>): Lasting => {
  let isFreezing = false;
  let frozen: Promise<void> = Promise.resolve();
  const freeze = async (): Promise<void> => {
    for (let turn = 0; isFreezing; turn++) {
      load.burst(caught);
      await pause(onTheirWayMs[turn % onTheirWayMs.length] ?? 1);
      bridge.freeze();
      await pause(frozenMs);
      bridge.thaw();
      await pause(thawedMs);
    }
  };
  const stop = async (): Promise<void> => {
    isFreezing = false;
    await frozen;
  };
  return {
    stop,
    scenario: {
      name: "the bridge stands still for half a second, again and again",
      alert: "ElicitationP99LatencyCritical",
      seen: "p99_latency_milliseconds > 500",
      provoke: async () => {
        isFreezing = true;
        frozen = freeze();
      },
      relieve: stop,
      pageWithinSeconds: 10,
    },
  };
};
