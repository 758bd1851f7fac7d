import { type Bridge, type BridgePorts, startBridge } from "../../src/bridge/bridge.ts";
import type { Ask } from "../../src/bridge/command/elicit.ts";
import type { Credential } from "../../src/bridge/command/register.ts";
import type { Log } from "../../src/bridge/log/log.ts";
import { openMemoryLog } from "../../src/bridge/log/memory.ts";
import type { Principal } from "../../src/bridge/transport/operation.ts";
import type { AgentKind } from "../../src/domain/agent.ts";
import { answerCore, answerTyp, type Offer, type Reply } from "../../src/domain/answer.ts";
import type { Jws } from "../../src/domain/elicitation.ts";
import type { Recorded } from "../../src/domain/event.ts";
import { defaultLimits, type Limits } from "../../src/domain/limit.ts";
import { refusal } from "../../src/domain/refusal.ts";
import type { Clock, Rng, Scheduler } from "../../src/domain/world.ts";
import { signJws } from "../../src/signing/jws.ts";
import { type BreakableDisk, breakableDisk } from "./breakable-disk.ts";
import { logProofs } from "./log-proofs.ts";
import { type ManualTime, manualTime } from "./manual-time.ts";
import { seededRng } from "./seeded-rng.ts";

export interface TestBridgeOptions
  extends Pick<BridgePorts, "observer" | "projections" | "webhooks" | "vitals" | "policy"> {
  /** Epoch 1, of 32 bytes 7, unless given. */
  readonly master?: BridgePorts["master"];
  readonly limits?: Partial<Limits>;
  /** What the bridge and the agents draw randomness from; 1 unless given. */
  readonly seed?: number;
  /** A disk of an earlier test bridge: then this is the same bridge, started again. */
  readonly disk?: BreakableDisk;
  /** Real ones, where a test needs real time. */
  readonly time?: Clock & Scheduler;
  readonly audience?: string;
  /** Exchanges have proofs of the log. */
  readonly isProven?: true;
}

/** An agent as a test holds it: everything that `agent add` hands out, and its signature. */
export interface TestAgent {
  readonly name: string;
  readonly token: string;
  readonly credential: Credential;
  readonly principal: Principal;
  /** `Authorization: Bearer …` */
  readonly headers: { readonly authorization: string };
  /** A signed answer to an offer. `seq` counts up by itself. */
  readonly sign: (offer: Offer, reply: Reply, stamp?: { readonly seq?: number; readonly iat?: number }) => Jws;
  /** The offer of an elicitation that is open for this agent; throws when there is none. */
  readonly offer: (id: string) => Offer;
}

export interface TestBridge {
  readonly bridge: Bridge;
  readonly log: Log;
  /** Manual: `advance(ms)` runs what falls due. Only there unless `options.time` was given. */
  readonly clock: ManualTime;
  readonly scheduler: Scheduler;
  readonly rng: Rng;
  readonly limits: Limits;
  readonly disk: BreakableDisk;
  /** Everything that was reported to `onFault`; a test that expects none checks that it is empty. */
  readonly faults: unknown[];
  readonly onFault: (fault: unknown) => void;
  readonly register: (
    name: string,
    roles?: readonly string[],
    more?: { readonly kind?: AgentKind; readonly expertise?: readonly string[] },
  ) => Promise<TestAgent>;
  /** Asks on behalf of an agent; throws when the bridge refuses. */
  readonly ask: (from: string, to: string, more?: Partial<Ask>) => Promise<string>;
  /** Every event of the log, oldest first. */
  readonly events: () => Promise<readonly Recorded[]>;
  /** Stops the bridge and closes its log. */
  readonly close: () => Promise<void>;
}

/** Monday, 2026-01-05T00:00:00Z. */
export const START_MS = 1_767_571_200_000;

/** A whole bridge on an in-memory log, seeded randomness and a clock that a test moves. */
export const testBridge = async (options: TestBridgeOptions = {}): Promise<TestBridge> => {
  const manual = manualTime(START_MS);
  const time = options.time ?? manual;
  const rng = seededRng(options.seed ?? 1);
  const limits: Limits = { ...defaultLimits, ...atWill, ...options.limits };
  const disk = options.disk ?? breakableDisk();
  const faults: unknown[] = [];
  const onFault = (fault: unknown): void => void faults.push(fault);
  const log = await openMemoryLog({ disk, clock: time, scheduler: time });
  const bridge = await startBridge({
    log,
    clock: time,
    rng,
    scheduler: time,
    limits,
    audience: options.audience ?? "lighthouse://test",
    master: options.master ?? { epoch: 1, secret: new Uint8Array(32).fill(7) },
    version: "0.0.0-test",
    onFault,
    ...(options.isProven === true ? { proofs: logProofs(log, options.audience ?? "lighthouse://test") } : {}),
    ...(options.policy === undefined ? {} : { policy: options.policy }),
    ...(options.observer === undefined ? {} : { observer: options.observer }),
    ...(options.webhooks === undefined ? {} : { webhooks: options.webhooks }),
    ...(options.vitals === undefined ? {} : { vitals: options.vitals }),
    ...(options.projections === undefined ? {} : { projections: options.projections }),
  });

  const register: TestBridge["register"] = async (name, roles = ["agent"], { kind = "ai", expertise = [] } = {}) => {
    const added = await bridge.registry.register({ name, kind, roles, expertise }, { actor: "bridge", trace: null });
    if (!added.ok) throw new Error(`${name} cannot be registered: ${added.refusal.code}`);
    return testAgent(bridge, added.credential, roles, time);
  };

  return {
    bridge,
    log,
    clock: manual,
    scheduler: time,
    rng,
    limits,
    disk,
    faults,
    onFault,
    register,
    ask: async (from, to, more = {}) => {
      const asked = await bridge.elicit.ask({ to, message: "which one?", ...more }, { actor: from, trace: null });
      if (!asked.ok) throw new Error(`${from} cannot ask ${to}: ${asked.refusal.code}`);
      return asked.id;
    },
    events: () => everything(log),
    close: async () => {
      await bridge.stop(refusal("shutting_down", "the test is over"));
      await log.close();
    },
  };
};

/** Tests of anything but the rates ask as fast as they can. */
const atWill = { asksPerMinute: 1_000_000, answersPerMinute: 1_000_000 };

const testAgent = (bridge: Bridge, credential: Credential, roles: readonly string[], clock: Clock): TestAgent => {
  const { agent: name, token, macKid, macSecret } = credential;
  let seq = 0;
  return {
    name,
    token,
    credential,
    principal: { agent: name, roles, mayAudit: bridge.gate.isAllowed(name, "audit"), trace: null },
    headers: { authorization: `Bearer ${token}` },
    sign: (offer, reply, stamp = {}) => {
      const core = answerCore(offer, reply, stamp.seq ?? ++seq, stamp.iat ?? Math.floor(clock.now() / 1000));
      return signJws(core, [{ alg: "HS256", kid: macKid, secret: macSecret }], answerTyp);
    },
    offer: (id) => {
      const item = bridge.deliver.inbox(name).find(({ offer }) => offer.id === id);
      if (item === undefined) throw new Error(`${id} is not in the inbox of ${name}`);
      return item.offer;
    },
  };
};

const everything = async (log: Log): Promise<readonly Recorded[]> => {
  const events: Recorded[] = [];
  for (let after: number | null = 0; after !== null; ) {
    const page: Awaited<ReturnType<Log["read"]>> = await log.read({ after });
    events.push(...page.events);
    after = page.next;
  }
  return events;
};
