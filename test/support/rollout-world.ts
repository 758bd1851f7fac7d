import { memoryDisk } from "../../src/bridge/log/memory-disk.ts";
import type { Lighthouse } from "../../src/client/lighthouse.ts";
import { probeArm } from "../../src/client/probe.ts";
import type { Recorded } from "../../src/domain/event.ts";
import { defaultPlan, type RolloutPlan } from "../../src/domain/rollout-plan.ts";
import { type LeadPorts, lead } from "../../src/ops/rollout/lead.ts";
import { type Operator, operatorOf, type Standing } from "../../src/ops/rollout/operator.ts";
import { goBack } from "../../src/ops/rollout/rollback/go-back.ts";
import type { IncidentReport } from "../../src/ops/rollout/rollback/report.ts";
import type { RollBackPorts } from "../../src/ops/rollout/rollback/roll-back.ts";
import { breakableDisk } from "./breakable-disk.ts";
import { type ClientWorld, clientWorld } from "./client.ts";
import { digestOf } from "./digest.ts";
import type { ManualTime } from "./manual-time.ts";
import { type TestBridge, testBridge } from "./test-bridge.ts";

/** One interval's traffic, as the bridge's metrics would count it. */
export interface Traffic {
  readonly canary: { readonly ended: number; readonly failed?: number };
  readonly stable: { readonly ended: number; readonly failed?: number };
  readonly agents?: { readonly answering: number; readonly failing: number };
  /** Times that the bridge found its log damaged. */
  readonly damaged?: number;
}

export interface Mortal {
  readonly afterCalls: number;
  readonly unheard: boolean;
  readonly bridge?: true;
}

/** The controller's process died here: whatever it was about to do, it did not. */
export class Killed extends Error {
  override readonly name = "Killed";
}

export interface RolloutWorld extends Omit<ClientWorld, "t"> {
  /** The bridge that serves now. */
  t: TestBridge;
  /** The bridge loses its power, and starts again from what was on its disk; connections are cut. */
  readonly powerCut: () => Promise<void>;
  /** Lets time pass, whichever bridge serves. */
  readonly advance: (ms: number) => Promise<void>;
  readonly operator: Operator;
  readonly client: Lighthouse;
  /** What each further scrape adds; a text is a scrape that says this, an error one that fails. */
  traffic: Traffic | string | Error;
  readonly told: string[];
  readonly reports: IncidentReport[];
  /**
   * A controller that dies after so many calls of the bridge: before the call, or after it was done and before its reply.
   * Or, with `bridge`, that sees its bridge die there.
   */
  readonly controller: (mortal?: Mortal) => LeadPorts & RollBackPorts;
  readonly start: (plan?: RolloutPlan) => Promise<Standing>;
  readonly standing: () => Promise<Standing>;
  /** Events of the rollout and the rollback, in their order. */
  readonly story: () => Promise<readonly Recorded[]>;
}

export const quickPlan: RolloutPlan = {
  ...defaultPlan("push-elicitation"),
  steps: [
    { percent: 25, soakMs: 2_000 },
    { percent: 100, soakMs: 2_000 },
  ],
  analysis: { ...defaultPlan("").analysis, everyMs: 1_000, maxHoldMs: 10_000 },
};

/** A real bridge in memory and a real client of it; only `/metrics` is written by the test. */
export const rolloutWorld = async (): Promise<RolloutWorld> => {
  const platter = memoryDisk();
  const world = await clientWorld({ disk: breakableDisk(platter) });
  const { clock } = world.t;
  const client = await world.join("operator", {}, ["admin"]);
  const operator = operatorOf(client);
  const totals = { canary: { ended: 0, failed: 0 }, stable: { ended: 0, failed: 0 } };
  let processes = 0;

  const scrape = async (): Promise<string> => {
    const { traffic } = made;
    if (traffic instanceof Error) throw traffic;
    if (typeof traffic === "string") return traffic;
    for (const arm of ["canary", "stable"] as const) {
      totals[arm].ended += traffic[arm].ended;
      totals[arm].failed += traffic[arm].failed ?? 0;
    }
    return exposition(totals, traffic, made.t.log.head().position);
  };

  const controller: RolloutWorld["controller"] = (mortal) => {
    let left = mortal?.afterCalls ?? Number.POSITIVE_INFINITY;
    const holder = `process-${++processes}`;
    const dies = async <T>(work: () => Promise<T>): Promise<T> => {
      if (left-- > 0) return work();
      if (mortal?.bridge === true) {
        left = Number.POSITIVE_INFINITY;
        const asked = mortal.unheard ? work() : undefined;
        await made.powerCut();
        return patiently(clock, asked ?? work());
      }
      if (mortal?.unheard === true) await work().catch(() => undefined);
      throw new Killed("kill -9");
    };
    const own: Operator = {
      operate: (name, input) => dies(() => operator.operate(name, input)),
      query: (filter) => dies(() => operator.query(filter)),
    };
    const sleep = async (ms: number): Promise<void> => {
      if (left <= 0 && mortal?.bridge !== true) throw new Killed("kill -9");
      await clock.advance(ms);
    };
    const ports: LeadPorts & RollBackPorts = {
      operator: own,
      scrape,
      monotonic: clock.monotonic,
      scheduler: clock,
      holder,
      sleep,
      say: (news: object) => made.told.push(JSON.stringify(news)),
      announce: async () => [{ channel: "slack", state: "not configured" }],
      probe: () => dies(() => probed(clock, client)),
      verifyLog: async () => ({ ok: true, says: "the log in memory is whole" }),
      publish: async (report) => {
        made.reports.push(report);
        return { digest: digestOf(report), place: "memory" };
      },
      rollBack: async (rollout) => {
        const done = await goBack(ports, rollout);
        if (!done.ok) throw new Error(`${done.step}: ${done.why}`);
      },
    };
    return ports;
  };

  const made: RolloutWorld = {
    ...world,
    client,
    operator,
    traffic: { canary: { ended: 100 }, stable: { ended: 300 } },
    told: [],
    reports: [],
    advance: clock.advance,
    powerCut: async () => {
      made.t.disk.break(new Error("no power"));
      made.t = await testBridge({ disk: breakableDisk(platter), time: clock, seed: 2 });
      world.wires.serve(made.t.bridge);
    },
    controller,
    start: (plan = quickPlan) =>
      operator.operate("rollouts.start", { id: "ro_00000001", plan, planDigest: "d", reason: "a test" }),
    standing: () => operator.operate("rollouts.get", {}),
    story: async () => (await made.t.events()).filter(({ stream }) => stream === "rollout" || stream === "rollback"),
  };
  return made;
};

/** Starts controllers until one comes to the end: each of them may die. Waits out the lease of a dead one. */
export const untilLed = async (
  world: RolloutWorld,
  mortals: readonly { readonly afterCalls: number; readonly unheard: boolean }[],
): Promise<string> => {
  for (const mortal of [...mortals, undefined]) {
    try {
      const how = await lead(world.controller(mortal));
      // Its end may have been reached by the one that died.
      return how === "nothing" ? ((await world.standing()).rollout?.status ?? how) : how;
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
      await world.advance(60_000);
    }
  }
  throw new Error("every controller died");
};

/** Lets time pass until it is settled: what waits for a connection waits for a timer. */
const patiently = async <T>(clock: ManualTime, work: Promise<T>): Promise<T> => {
  let settled = false;
  const done = work.finally(() => {
    settled = true;
  });
  done.catch(() => undefined);
  for (let i = 0; i < 2_000 && !settled; i++) await clock.advance(10);
  return done;
};

const probed = (clock: ManualTime, client: Lighthouse) =>
  patiently(clock, probeArm(client, "mailbox", { monotonic: clock.monotonic }));

const exposition = (
  totals: Readonly<Record<"canary" | "stable", { readonly ended: number; readonly failed: number }>>,
  { agents = { answering: 20, failing: 0 }, damaged = 0 }: Traffic,
  position: number,
): string => {
  const of = (arm: "canary" | "stable"): string => {
    const { ended, failed } = totals[arm];
    return `elicitation_requests_total{status="accepted",arm="${arm}"} ${ended - failed}
elicitation_requests_total{status="expired",arm="${arm}"} ${failed}
lighthouse_deliveries_total{via="websocket",result="offered",arm="${arm}"} ${ended}
lighthouse_deliveries_total{via="websocket",result="failed",arm="${arm}"} 0
lighthouse_bridge_overhead_seconds_bucket{leg="ask",arm="${arm}",le="0.3"} ${ended}
lighthouse_bridge_overhead_seconds_bucket{leg="ask",arm="${arm}",le="1"} ${ended}
lighthouse_bridge_overhead_seconds_count{leg="ask",arm="${arm}"} ${ended}
`;
  };
  return `${of("canary")}${of("stable")}lighthouse_log_position ${position}
lighthouse_ready 1
lighthouse_agents_recent{state="answering"} ${agents.answering}
lighthouse_agents_recent{state="failing"} ${agents.failing}
lighthouse_log_verification_failures_total ${damaged}
lighthouse_degradation_mode{mode="emergency"} 0
`;
};
