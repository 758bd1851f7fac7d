import type { Lighthouse } from "../../src/client/lighthouse.ts";
import { probeArm } from "../../src/client/probe.ts";
import type { Recorded } from "../../src/domain/event.ts";
import { defaultPlan, type RolloutPlan } from "../../src/domain/rollout-plan.ts";
import { type LeadPorts, lead } from "../../src/ops/rollout/lead.ts";
import { type Operator, operatorOf, type Standing } from "../../src/ops/rollout/operator.ts";
import { goBack } from "../../src/ops/rollout/rollback/go-back.ts";
import type { IncidentReport } from "../../src/ops/rollout/rollback/report.ts";
import type { RollBackPorts } from "../../src/ops/rollout/rollback/roll-back.ts";
import { type ClientWorld, clientWorld } from "./client.ts";
import { digestOf } from "./digest.ts";

/** One interval's traffic, as the bridge's metrics would count it. */
export interface Traffic {
  readonly canary: { readonly ended: number; readonly failed?: number };
  readonly stable: { readonly ended: number; readonly failed?: number };
}

/** The controller's process died here: whatever it was about to do, it did not. */
export class Killed extends Error {
  override readonly name = "Killed";
}

export interface RolloutWorld extends ClientWorld {
  readonly operator: Operator;
  readonly client: Lighthouse;
  /** What each further scrape adds; a text is a scrape that says this, an error one that fails. */
  traffic: Traffic | string | Error;
  readonly told: string[];
  readonly reports: IncidentReport[];
  /** A controller that dies after so many calls of the bridge: before the call, or after it was done and before its reply. */
  readonly controller: (mortal?: {
    readonly afterCalls: number;
    readonly unheard: boolean;
  }) => LeadPorts & RollBackPorts;
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
  const world = await clientWorld();
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
    return exposition(totals, world.t.log.head().position);
  };

  const controller: RolloutWorld["controller"] = (mortal) => {
    let left = mortal?.afterCalls ?? Number.POSITIVE_INFINITY;
    const holder = `process-${++processes}`;
    const dies = async <T>(work: () => Promise<T>): Promise<T> => {
      if (left-- > 0) return work();
      if (mortal?.unheard === true) await work().catch(() => undefined);
      throw new Killed("kill -9");
    };
    const own: Operator = {
      operate: (name, input) => dies(() => operator.operate(name, input)),
      query: (filter) => dies(() => operator.query(filter)),
    };
    const sleep = async (ms: number): Promise<void> => {
      if (left <= 0) throw new Killed("kill -9");
      await world.t.clock.advance(ms);
    };
    const ports: LeadPorts & RollBackPorts = {
      operator: own,
      scrape,
      monotonic: world.t.clock.monotonic,
      scheduler: world.t.scheduler,
      holder,
      sleep,
      say: (news: object) => made.told.push(JSON.stringify(news)),
      announce: async () => [{ channel: "slack", state: "not configured" }],
      probe: () => dies(() => probed(world, client)),
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
    controller,
    start: (plan = quickPlan) =>
      operator.operate("rollouts.start", { id: "ro_00000001", plan, planDigest: "d", reason: "a test" }),
    standing: () => operator.operate("rollouts.get", {}),
    story: async () => (await world.t.events()).filter(({ stream }) => stream === "rollout" || stream === "rollback"),
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
      await world.t.clock.advance(60_000);
    }
  }
  throw new Error("every controller died");
};

const probed = async (world: ClientWorld, client: Lighthouse) => {
  let [done, result] = [false, { ok: false, ms: 0, says: "" }];
  void probeArm(client, "mailbox", { monotonic: world.t.clock.monotonic }).then(
    (probe) => {
      [done, result] = [true, probe];
    },
    (error: unknown) => {
      [done, result] = [true, { ok: false, ms: 0, says: String(error) }];
    },
  );
  for (let i = 0; i < 100 && !done; i++) await world.t.clock.advance(10);
  return result;
};

const exposition = (
  totals: Readonly<Record<"canary" | "stable", { readonly ended: number; readonly failed: number }>>,
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
lighthouse_degradation_mode{mode="emergency"} 0
`;
};
