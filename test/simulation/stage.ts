import { createHmac } from "node:crypto";
import type { TokenCredential } from "../../src/client/credential.ts";
import type { AnswerCore, Jws } from "../../src/domain/elicitation.ts";
import type { HandAgent } from "./agent.ts";
import { type BugName, type Wiring, wiringWith } from "./bugs.ts";
import { cast } from "./cast.ts";
import { durableReader } from "./checker/durable.ts";
import { type History, history } from "./checker/history.ts";
import { ledger } from "./checker/ledger.ts";
import { type Wire, wire } from "./checker/wire.ts";
import type { ClientAgent } from "./client-agent.ts";
import { type SimulatedDisk, simulatedDisk } from "./disk.ts";
import { bridgeHost, type Host } from "./host.ts";
import { simulatedNet } from "./net.ts";
import { kindOf, numberOf } from "./questions.ts";
import type { Scene } from "./scene.ts";
import { sometimes } from "./sometimes.ts";
import { trace } from "./trace.ts";
import { newProcess, world as newWorld, type Process } from "./world.ts";

/** Everything of one simulation: the world, the bridge's machine, the agents in it, and who watches over all of them. */
export interface Stage extends Scene {
  readonly disk: SimulatedDisk;
  readonly host: Host;
  readonly wiring: Wiring;
  /** What is on disk for certain. */
  readonly past: History;
  readonly wires: Wire;
  readonly credentials: Map<string, TokenCredential>;
  readonly hands: Map<string, HandAgent>;
  readonly clients: Map<string, ClientAgent>;
}

export const stage = (seed: number, bug: BugName | undefined, recording: boolean): Stage => {
  const world = newWorld(seed, trace(recording));
  const seen = sometimes();
  const wiring = wiringWith(bug);
  const disk = simulatedDisk(world, seen);
  const net = simulatedNet(world, seen);
  const credentials = new Map<string, TokenCredential>();
  const processes = new Map<string, Process>(cast.map(({ name }) => [name, newProcess(name)]));

  const past = history(world, seen, {
    hasLeft: (session, id) => wires.hasLeft(session, id),
    wasDown: (time) => host.wasDown(time),
    askRead: (agent, message) => wires.askRead(agent, message),
    verify: (agent, answer) => verified(credentials.get(agent), answer as Jws),
    fits: ({ asked }, content) => kindOf(numberOf(asked.message)).fits(content),
  });
  const wires = wire(world, seen, past);
  net.observer = wires.observer;
  const durable = durableReader();
  disk.onDurable = (name) => {
    for (const event of durable.read(disk.durable(name))) {
      if (host.bridge() === undefined && event.type !== "bridge.started") seen.saw("unacknowledged write survived");
      past.add(event);
    }
  };
  const host = bridgeHost(world, disk, net, wiring, seen, wires.bridgeGone);

  return {
    world,
    net,
    disk,
    host,
    wiring,
    past,
    wires,
    credentials,
    sometimes: seen,
    ledger: ledger(world),
    processOf: (agent) => processes.get(agent) as Process,
    ids: new Map(),
    hands: new Map(),
    clients: new Map(),
  };
};

/** What the agent signed, if it did; by Node's own HMAC, apart from the code under test. */
const verified = (credential: TokenCredential | undefined, { payload, signatures }: Jws): AnswerCore | undefined => {
  const [first] = signatures;
  if (credential === undefined || first === undefined || signatures.length !== 1) return undefined;
  const secret = Buffer.from(credential.macSecret, "base64url");
  const mac = createHmac("sha256", secret).update(`${first.protected}.${payload}`).digest("base64url");
  return mac === first.signature ? (JSON.parse(Buffer.from(payload, "base64url").toString()) as AnswerCore) : undefined;
};
