import { createHmac } from "node:crypto";
import { openMemoryLog } from "../../src/bridge/log/memory.ts";
import type { Credential } from "../../src/client/credential.ts";
import type { Offer } from "../../src/domain/answer.ts";
import type { AnswerCore, Jws } from "../../src/domain/elicitation.ts";
import { base64url } from "../../src/signing/digest.ts";
import { type HandAgent, handAgent } from "./agent.ts";
import { type BugName, rewire, wiringWith } from "./bugs.ts";
import { type Actor, cast, experts } from "./cast.ts";
import { durableReader } from "./checker/durable.ts";
import { history } from "./checker/history.ts";
import { ledger } from "./checker/ledger.ts";
import { examine } from "./checker/projections.ts";
import { isOpen } from "./checker/story.ts";
import { wire } from "./checker/wire.ts";
import { type ClientAgent, clientAgent } from "./client-agent.ts";
import { simulatedDisk } from "./disk.ts";
import { AUDIENCE, bridgeHost } from "./host.ts";
import { simulatedNet } from "./net.ts";
import type { Plan, Step } from "./plan.ts";
import { kindOf, numberOf } from "./questions.ts";
import type { Scene } from "./scene.ts";
import { type Interesting, sometimes } from "./sometimes.ts";
import { trace as newTrace } from "./trace.ts";
import { type Failure, newProcess, world as newWorld, type Process } from "./world.ts";

export interface Result {
  readonly seed: number;
  readonly failure: Failure | undefined;
  /** Equal for equal runs, to the last byte on the net. */
  readonly digest: string;
  readonly events: number;
  readonly simulatedMs: number;
  readonly logEvents: number;
  readonly acknowledged: number;
  readonly counts: ReadonlyMap<Interesting, number>;
  /** What happened, for people; empty unless it was asked for. */
  readonly lines: readonly string[];
}

export interface SimulateOptions {
  readonly bug?: BugName | undefined;
  readonly recording?: boolean;
}

/** Between two looks at everything the bridge believes, in events. */
const EXAMINE_EVENTS = 1_500;
/** After the heal everything has to end within this, on the monotonic clock: the longest deadline, lease and retry. */
const LIVENESS_MS = 120_000;
/** The longest absence of an agent in a plan, or time that it is frozen: everybody is back after that. */
const ABSENCE_MS = 30_000;
/** Quiet time at the end, in which whatever is still on its way arrives. */
const SETTLE_MS = 5_000;

/** One whole life of a bridge and its agents, from one seed. The same seed and plan give the same life. */
export const simulate = async (
  seed: number,
  plan: Plan,
  { bug, recording = false }: SimulateOptions = {},
): Promise<Result> => {
  const trace = newTrace(recording);
  const world = newWorld(seed, trace);
  const seen = sometimes();
  const wiring = wiringWith(bug);
  const disk = simulatedDisk(world, seen);
  const net = simulatedNet(world, seen);
  const credentials = new Map<string, Credential>();
  const processes = new Map<string, Process>(cast.map(({ name }) => [name, newProcess(name)]));

  const verify = (agent: string, answer: unknown): AnswerCore | undefined => {
    const { payload, signatures } = answer as Jws;
    const [first] = signatures;
    const secret = Buffer.from(credentials.get(agent)?.macSecret ?? "", "base64url");
    if (first === undefined || signatures.length !== 1) return undefined;
    const mac = createHmac("sha256", secret).update(`${first.protected}.${payload}`).digest("base64url");
    return mac === first.signature
      ? (JSON.parse(Buffer.from(payload, "base64url").toString()) as AnswerCore)
      : undefined;
  };
  const past = history(world, seen, {
    hasLeft: (session, id) => wires.hasLeft(session, id),
    wasDown: (time) => host.wasDown(time),
    askRead: (agent, message) => wires.askRead(agent, message),
    verify,
    fits: ({ asked }, content) => kindOf(numberOf(asked.message)).fits(content),
  });
  const wires = wire(world, seen, () => past);
  net.observer = wires.observer;
  const durable = durableReader();
  disk.onDurable = (name) => {
    for (const event of durable.read(disk.durable(name))) {
      if (host.bridge() === undefined && event.type !== "bridge.started") seen.saw("unacknowledged write survived");
      past.add(event);
    }
  };
  const host = bridgeHost(world, disk, net, wiring, seen, wires.bridgeGone);
  const told = ledger(world);
  const scene: Scene = {
    world,
    net,
    sometimes: seen,
    ledger: told,
    processOf: (agent) => processes.get(agent) as Process,
    ids: new Map(),
  };
  const hands = new Map<string, HandAgent>();
  const clients = new Map<string, ClientAgent>();

  const undo = rewire(wiring);
  const unhandled = (reason: unknown): void =>
    world.fail("no fault", `unhandled: ${reason instanceof Error ? reason.stack : String(reason)}`);
  process.on("unhandledRejection", unhandled);
  process.on("uncaughtException", unhandled);
  try {
    await live();
  } finally {
    undo();
    process.off("unhandledRejection", unhandled);
    process.off("uncaughtException", unhandled);
  }
  return {
    seed,
    failure: world.failure(),
    digest: trace.digest(),
    events: world.events(),
    simulatedMs: world.monotonic(),
    logEvents: past.events.length,
    acknowledged: told.size(),
    counts: seen.counts(),
    lines: trace.lines(),
  };

  async function live(): Promise<void> {
    await opening();
    const begin = world.monotonic();
    for (const step of plan.steps) world.after(null, step.atMs, `step ${step.n} ${step.kind}`, () => act(step));
    await phase(begin + plan.healMs, () => false);
    heal();
    const healed = world.monotonic();
    await phase(healed + ABSENCE_MS, () => false);
    await phase(healed + LIVENESS_MS, allEnded);
    if (!allEnded()) world.fail("liveness", notEnded());
    const settled = past.events.length;
    await phase(world.monotonic() + SETTLE_MS, () => false);
    await closing(settled);
  }

  /** A bridge, and everybody registered and connected, before anything goes wrong. */
  async function opening(): Promise<void> {
    host.start();
    await world.run(1_000, () => host.bridge() !== undefined);
    const bridge = host.bridge();
    if (bridge === undefined) return world.fail("liveness", "the bridge did not start");
    for (const { name, roles } of cast) {
      bridge.registry
        .register(
          { name, kind: "ai", roles, expertise: experts.includes(name) ? ["ports"] : [] },
          { actor: "bridge", trace: null },
        )
        .then((added) => {
          if (!added.ok) return world.fail("no fault", `${name} was not registered: ${added.refusal.detail}`);
          const { token, macKid, macSecret } = added.credential;
          const secret = base64url(macSecret);
          credentials.set(name, {
            url: "http://sim",
            agent: name,
            token,
            macKid,
            macSecret: secret,
            audience: AUDIENCE,
          });
        }, unhandled);
    }
    await world.run(2_000, () => credentials.size === cast.length);
    for (const actor of cast) enter(actor);
    await world.run(world.monotonic() + 500);
  }

  function enter(actor: Actor): void {
    const credential = credentials.get(actor.name);
    if (credential === undefined) return world.fail("liveness", `${actor.name} could not be registered`);
    if (actor.persona === "hermit" || !plan.agents.includes(actor.name)) return;
    if (actor.persona.startsWith("client")) clients.set(actor.name, clientAgent(scene, actor, credential));
    else hands.set(actor.name, handAgent(scene, actor, credential));
  }

  function act(step: Step): void {
    trace.note(world.monotonic(), "step", () => `#${step.n}  ${describe(step)}`);
    switch (step.kind) {
      case "ask":
        hands.get(step.from)?.ask(step);
        clients.get(step.from)?.ask(step);
        return;
      case "inquire":
        return hands.get(step.from)?.inquire(step);
      case "custom":
        return custom(step.n, step.from, step.expects);
      case "query":
        return query(step.n, step.by);
      case "attack":
        return attack(step);
      case "revoke": {
        void host.bridge()?.revoke("lea", "the plan says so", "bridge");
        return;
      }
      case "crash":
        if (step.inAWrite) disk.inTheNextWrite(() => host.crash(step.how, step.downMs, step.againAfterMs));
        else host.crash(step.how, step.downMs, step.againAfterMs);
        return;
      case "restart":
        return host.restart(step.downMs);
      case "disk":
        return disk.strike(step.fault, step.forMs);
      case "drop":
        return net.drop(step.agent);
      case "part":
        return net.part(step.agent, step.forMs);
      case "freeze": {
        const frozen = step.agent === null ? host.process() : scene.processOf(step.agent);
        seen.saw(step.agent === null ? "bridge frozen" : "agent frozen");
        frozen.frozenUntil = Math.max(frozen.frozenUntil, world.monotonic() + step.forMs);
        return;
      }
      case "away":
        return hands.get(step.agent)?.away(step.forMs);
      case "clock":
        seen.saw(step.byMs > 0 ? "clock jumped forward" : "clock jumped back");
        return world.jump(step.byMs);
    }
  }

  function custom(n: number, from: string, expects: boolean): void {
    const stream = past.events.filter(
      ({ type, data }) => type === "custom" && (data as { name: string }).name === "sim.note",
    );
    const params = { name: "sim.note", payload: { n }, ...(expects ? { expect: stream.length - 1 } : {}) };
    hands.get(from)?.call("events.append", params, false, (heard) => {
      if ("result" in heard) told.acknowledged(from, "events.append", params, heard.result);
    });
  }

  function query(n: number, by: string): void {
    const params =
      n % 2 === 0 ? { direction: "backward", limit: 15 } : { after: Math.max(0, past.events.length - 40), limit: 20 };
    hands.get(by)?.call("events.query", params, false, () => undefined);
  }

  /** The forger knows every id and every word, but holds no key but its own. */
  function attack({ on, how }: Extract<Step, { readonly kind: "attack" }>): void {
    const fox = hands.get("fox");
    const story = past.stories.get(scene.ids.get(on) ?? "");
    if (fox === undefined) return;
    if (how === "no request")
      return fox.sendRaw(on % 2 === 0 ? "{" : JSON.stringify({ jsonrpc: "1.0", id: 7, method: "x" }));
    if (how === "no credential") {
      net
        .netFor(scene.processOf("fox"))
        .connect("sim", "lht_nobody")
        .catch(() => undefined);
      return;
    }
    if (story === undefined) return;
    const { id, asked } = story;
    const call = (method: string, params: object): void =>
      fox.call(method, params, false, (heard) => {
        if ("result" in heard)
          world.fail("strangers change nothing and learn nothing", `fox: ${method} of ${id} (${how})`);
      });
    const offer = (to: string): Offer => ({ ...asked, id, to, audience: AUDIENCE });
    switch (how) {
      case "answer in its own name":
        return call("elicitations.answer", { id, answer: fox.sign(offer("fox"), { action: "accept", content: 1 }) });
      case "answer in another's name":
        return call("elicitations.answer", { id, answer: fox.sign(offer(asked.to), { action: "accept", content: 1 }) });
      case "replay": {
        const other = [...past.stories.values()].find(({ end }) => end?.answer !== undefined);
        return call("elicitations.answer", {
          id,
          answer: other?.end?.answer ?? { payload: "e30", signatures: [{ protected: "e30", signature: "" }] },
        });
      }
      case "no envelope":
        return call("elicitations.answer", {
          id,
          answer: { payload: "e30", signatures: [{ protected: "e30", signature: "x" }] },
        });
      case "claim":
        return call("elicitations.claim", { id });
      case "cancel":
        return call("elicitations.cancel", { id });
      case "read":
        call("elicitations.get", { id });
        call("elicitations.receipt", { id });
        return call("elicitations.wait", { id, waitMs: 100 });
    }
  }

  /** Runs on, and looks at everything now and then. */
  async function phase(untilMs: number, isOver: () => boolean): Promise<void> {
    while (world.failure() === undefined && world.monotonic() < untilMs && !isOver()) {
      const next = world.events() + EXAMINE_EVENTS;
      await world.run(untilMs, () => world.events() >= next || isOver());
      const bridge = host.bridge();
      if (bridge !== undefined && world.failure() === undefined) await examine(world, bridge, past);
    }
  }

  function heal(): void {
    trace.note(world.monotonic(), "heal", () => "everything heals");
    disk.mend();
    net.mend();
    world.setRight();
  }

  function allEnded(): boolean {
    return (
      host.bridge() !== undefined &&
      ![...past.stories.values()].some(isOpen) &&
      past.inquiries.loose().length === 0 &&
      told.waiting().length === 0
    );
  }

  function notEnded(): string {
    const open = [...past.stories.values()]
      .filter(isOpen)
      .map(
        ({ id, asked, status }) =>
          `${id} (${asked.message.slice(0, 8)}, ${status}, deadline ${asked.deadline}, now ${world.now()})`,
      );
    const state = host.bridge() === undefined ? "the bridge is down" : JSON.stringify(host.bridge()?.log.health());
    return `${LIVENESS_MS} ms after the heal: ${state}; still open: ${open.join(", ") || "none"}; inquiries: ${past.inquiries.loose().join(", ") || "all concluded"}; not told: ${told.waiting().join(", ") || "nobody"}`;
  }

  /** A last power cut; then everything that anybody was ever told is held against what is left. */
  async function closing(settled: number): Promise<void> {
    const bridge = host.bridge();
    if (world.failure() !== undefined || bridge === undefined) return;
    await examine(world, bridge, past);
    wires.audit();
    host.halt();
    disk.crash("power cut");
    const survivor = newProcess("survivor");
    const opened = openMemoryLog({
      disk: disk.mountFor(survivor),
      clock: world,
      scheduler: world.schedulerOf(survivor),
    });
    let size = -1;
    opened.then((log) => {
      size = log.head().position;
    }, unhandled);
    await world.run(world.monotonic() + 5_000, () => size >= 0);
    if (size < past.events.length)
      world.fail("what was acknowledged is in the log", `${size} of ${past.events.length} events are left`);
    told.audit(past, settled);
  }
};

const describe = ({ n: _n, atMs: _at, kind, ...rest }: Step): string => `${kind} ${JSON.stringify(rest)}`;
