import { createHash } from "node:crypto";
import { connectWith } from "../../../src/client/lighthouse.ts";
import { nodeSuite } from "../../../src/client/node-suite.ts";
import { fetchPost } from "../../../src/client/post.ts";
import { probeArm } from "../../../src/client/probe.ts";
import { LighthouseFault, LighthouseRefusal } from "../../../src/client/refusal.ts";
import type { RefusalCode } from "../../../src/domain/refusal.ts";
import { type Operator, operatorOf } from "../../../src/ops/rollout/operator.ts";
import { goBack } from "../../../src/ops/rollout/rollback/go-back.ts";
import type { OperatorName } from "../cast.ts";
import { patience } from "../client-agent.ts";
import { random } from "../random.ts";
import type { Interesting } from "../sometimes.ts";
import type { ControllerStep } from "../step.ts";
import { latencyMs } from "../wires.ts";
import { newProcess, type Process } from "../world.ts";
import type { Stop } from "./job.ts";
import type { ControllerPorts, Ports } from "./ports.ts";
import { work } from "./work.ts";

/** The machines of the operators, on each of which at most one process leads something. */
export interface Controllers {
  /** Does nothing while the operator's last one still works. */
  readonly start: (by: OperatorName, step: Pick<ControllerStep, "n" | "job" | "stop">) => void;
  /** `kill -9`. */
  readonly kill: (by: OperatorName) => void;
  /** It does not get a turn for a while, and knows nothing of it. */
  readonly freeze: (by: OperatorName, forMs: number) => void;
  readonly isBusy: (by: OperatorName) => boolean;
}

/** What a controller has to live with. Everything else is a mistake of ours. */
const expected: ReadonlySet<RefusalCode> = new Set<RefusalCode>([
  "log_unavailable",
  "shutting_down",
  "degraded",
  "lease_held",
  "lease_lost",
  "no_rollout",
  "rollout_busy",
  "nothing_to_roll_back",
  "flag_fenced",
  "flag_killed",
  "no_evidence",
  "too_many_open",
  "rate_limited",
  // Somebody has put everything back after the rehearsal that this one was still preparing.
  "agent_revoked",
]);

/** A reply that is larger than what a slow reader may have unread cuts its reader off: see `limits` in `host.ts`. */
const PAGE_EVENTS = 10;

export const controllers = (on: ControllerPorts): Controllers => {
  const { world, sometimes } = on;
  const running = new Map<OperatorName, Process>();
  let incarnations = 0;

  const end = (by: OperatorName, process: Process): void => {
    process.alive = false;
    if (running.get(by) === process) running.delete(by);
    on.net.drop(by);
  };

  const kill = (by: OperatorName): void => {
    const process = running.get(by);
    if (process === undefined) return;
    const says = killedDuring(on);
    if (says !== undefined) sometimes.saw(says);
    world.trace.note(world.monotonic(), `${by} killed`, () => `${by}: kill -9 (${says ?? "at nothing"})`);
    end(by, process);
  };

  const freeze: Controllers["freeze"] = (by, forMs) => {
    const process = running.get(by);
    if (process === undefined) return;
    sometimes.saw("controller frozen");
    process.frozenUntil = Math.max(process.frozenUntil, world.monotonic() + forMs);
  };

  const start: Controllers["start"] = (by, { n, job, stop }) => {
    const credential = on.credentials.get(by);
    if (running.has(by) || credential === undefined) return;
    const nth = ++incarnations;
    const process = newProcess(by);
    running.set(by, process);
    const luck = random(world.seed, "controller", n);
    const lead = async (): Promise<void> => {
      const client = await connectWith({
        credential,
        patient: true,
        limits: patience,
        net: on.net.netFor(process),
        clock: world,
        scheduler: world.schedulerOf(process),
        rng: random(world.seed, "controller", n, "client"),
        suite: nodeSuite,
        post: fetchPost,
      });
      const operator = stopping(on.wiring.operator(small(operatorOf(client))), stop, {
        die: () => kill(by),
        sleep: (ms) => {
          freeze(by, ms);
          return new Promise((resolve) => world.after(process, 0, `${by} wakes`, resolve));
        },
      });
      const ports: Ports = {
        operator,
        holder: `${by}#${nth}`,
        monotonic: world.monotonic,
        scheduler: world.schedulerOf(process),
        sleep: (ms) => new Promise((resolve) => world.after(process, ms, `${by} sleeps`, resolve)),
        scrape: () => scraped(on, process, luck),
        certificate: async () =>
          luck.chance(0.7) ? { ok: true, certificate: "sha256:certificate" } : { ok: false, why: "it is expired" },
        say: ({ rollout: _, ...news }: object & { readonly rollout?: unknown }) =>
          world.trace.note(world.monotonic(), "", () => `${by}#${nth}: ${JSON.stringify(news).slice(0, 200)}`),
        announce: async () => [{ channel: "slack", state: luck.chance(0.8) ? "sent" : "failed" }],
        probe: () => probeArm(client, "mailbox", { monotonic: world.monotonic, timeoutMs: 5_000 }),
        verifyLog: async () => ({ ok: true, says: `${on.past.events.length} events, read off the disk` }),
        publish: async (report) => {
          const digest = createHash("sha256").update(JSON.stringify(report)).digest("base64url");
          on.past.rollouts.published(digest, report);
          return { digest, place: "simulated" };
        },
        rollBack: async (rollout) => {
          const done = await goBack(ports, rollout);
          if (!done.ok) throw new LighthouseFault("interrupted", `it stopped at ${done.step}: ${done.why}`);
        },
      };
      await work(on, ports, by, n, job);
    };
    world.trace.note(world.monotonic(), `${by} starts`, () => `${by}#${nth}: starts to ${JSON.stringify(job)}`);
    lead()
      .catch((error: unknown) => excuse(by, error))
      .finally(() => end(by, process));
  };

  const excuse = (by: OperatorName, error: unknown): void => {
    world.trace.note(world.monotonic(), "", () => `${by}: ends with ${error}`);
    if (error instanceof LighthouseRefusal && expected.has(error.code)) {
      if (error.code === "lease_held") sometimes.saw("second controller turned away");
      if (error.code === "lease_lost") sometimes.saw("controller that was replaced refused");
      return;
    }
    if (error instanceof LighthouseFault && error.kind !== "protocol" && error.kind !== "internal") return;
    if (error instanceof Error && isDisplaced(error)) return sometimes.saw("rollback displaced");
    const says = error instanceof Error ? (error.stack ?? error.message) : String(error);
    world.fail("the controller keeps its word", `${by}: ${says}`);
  };

  return {
    start,
    kill,
    freeze,
    isBusy: (by) => running.has(by),
  };
};

const isDisplaced = ({ message }: Error): boolean => /was displaced by|is not the latest/.test(message);

/** What the log says that a controller that dies now leaves behind. */
const killedDuring = ({ past }: ControllerPorts): Interesting | undefined => {
  const { rollback, rollout } = past.rollouts.standing();
  if (rollback !== undefined) return `killed before ${rollback.next}`;
  return rollout === undefined ? undefined : `killed while ${rollout.stage}`;
};

/** A reading of `/metrics` by another way than its connection: it may fail by itself. */
const scraped = ({ world, host }: ControllerPorts, process: Process, luck: ReturnType<typeof random>) =>
  new Promise<string>((resolve, reject) => {
    world.after(process, latencyMs(luck), "scrape", () => {
      const metrics = host.metrics();
      if (metrics === undefined || luck.chance(0.05)) return reject(new Error("nobody listens there"));
      metrics.text().then((text) => void world.after(process, latencyMs(luck), "scraped", () => resolve(text)));
    });
  });

const small = ({ operate, query }: Operator): Operator => ({
  operate: (name, input) => operate(name, name === "arms.open" ? { ...input, limit: 4 * PAGE_EVENTS } : input),
  query: (filter) => query({ ...filter, limit: Math.min(filter.limit ?? PAGE_EVENTS, PAGE_EVENTS) }),
});

const stopping = (
  operator: Operator,
  stop: Stop | undefined,
  { die, sleep }: { readonly die: () => void; readonly sleep: (ms: number) => Promise<void> },
): Operator => {
  let left = stop?.afterCalls ?? Number.POSITIVE_INFINITY;
  const never = new Promise<never>(() => undefined);
  const live = <T>(name: string, input: object, request: () => Promise<T>): Promise<T> => {
    if (stop === undefined || !isAmong(stop.among, name, input) || left-- !== 0) return request();
    switch (stop.how) {
      case "sleeps":
        return sleep(stop.forMs).then(request);
      case "dies unheard":
        request().then(die, die);
        return never;
      case "dies":
        die();
        return never;
    }
  };
  return {
    operate: (name, input) => live(name, input, () => operator.operate(name, input)),
    query: (filter) => live("events.query", filter, () => operator.query(filter)),
  };
};

const acts = /advance$|^flags.(set|kill)$|reroute$/;

const isAmong = (among: Stop["among"], name: string, input: object): boolean => {
  if (among === "all") return true;
  if (among === "acts") return acts.test(name);
  const { act } = input as { readonly act?: { readonly type: string; readonly step?: unknown } };
  return name === "rollbacks.advance" && (act?.type === "finish" ? "finish" : act?.step) === among;
};
