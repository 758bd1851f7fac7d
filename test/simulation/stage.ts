import { createHmac, createPublicKey } from "node:crypto";
import type { KeyCredential, TokenCredential } from "../../src/client/credential.ts";
import type { AnswerCore, Jws } from "../../src/domain/elicitation.ts";
import type { PublicJwk } from "../../src/domain/key.ts";
import type { HandAgent } from "./agent.ts";
import { type BugName, wiringWith } from "./bugs.ts";
import { cast, KEY_HOLDER } from "./cast.ts";
import { durableReader } from "./checker/durable.ts";
import { type History, history } from "./checker/history.ts";
import { ledger } from "./checker/ledger.ts";
import { type Wire, wire } from "./checker/wire.ts";
import type { ClientAgent } from "./client-agent.ts";
import { type SimulatedDisk, simulatedDisk } from "./disk.ts";
import { bridgeHost, type Host } from "./host.ts";
import { simulatedNet } from "./net.ts";
import { kindOf, numberOf } from "./questions.ts";
import { type Controllers, controllers } from "./rollout/controllers.ts";
import type { Scene } from "./scene.ts";
import { sometimes } from "./sometimes.ts";
import { trueVerify } from "./thread-pool.ts";
import { trace } from "./trace.ts";
import type { Wiring } from "./wiring.ts";
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
  /** Of the agent that has a key of its own, as it keeps it. */
  keyCredential: KeyCredential | undefined;
  readonly controllers: Controllers;
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
    verify: (agent, answer) =>
      agent === KEY_HOLDER
        ? verifiedTwice(on.keyCredential, past.keysOf(agent), answer as Jws)
        : verified(credentials.get(agent), answer as Jws),
    fits: ({ asked }, content) => kindOf(numberOf(asked.message)).fits(content),
  });
  const wires = wire(world, seen, past, () => host.bridge()?.degrade.current().name !== "normal");
  net.observer = wires.observer;
  const durable = durableReader();
  disk.onDurable = (name) => {
    for (const event of durable.read(disk.durable(name))) {
      if (host.bridge() === undefined && event.type !== "bridge.started") seen.saw("unacknowledged write survived");
      past.add(event);
    }
  };
  const host = bridgeHost(world, disk, net, wiring, seen, () => {
    const { rollout, rollback } = past.rollouts.standing();
    if (rollback !== undefined) seen.saw("bridge down in a rollback");
    else if (rollout !== undefined) seen.saw("bridge down in a rollout");
    wires.bridgeGone();
  });

  const on: Omit<Stage, "controllers"> = {
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
    keyCredential: undefined,
  };
  return Object.assign(on, { controllers: controllers(on) });
};

/** What the agent signed, if it did; by Node's own HMAC, apart from the code under test. */
const verified = (
  credential: Pick<TokenCredential, "macSecret"> | undefined,
  { payload, signatures }: Jws,
  count = 1,
): AnswerCore | undefined => {
  const [first] = signatures;
  if (credential === undefined || first === undefined || signatures.length !== count) return undefined;
  const secret = Buffer.from(credential.macSecret, "base64url");
  const mac = createHmac("sha256", secret).update(`${first.protected}.${payload}`).digest("base64url");
  return mac === first.signature ? (JSON.parse(Buffer.from(payload, "base64url").toString()) as AnswerCore) : undefined;
};

/** And by a key of its own that the log knows. */
const verifiedTwice = (
  credential: KeyCredential | undefined,
  keys: readonly PublicJwk[],
  jws: Jws,
): AnswerCore | undefined => {
  const second = jws.signatures[1];
  if (second === undefined) return undefined;
  const input = Buffer.from(`${second.protected}.${jws.payload}`);
  const signature = Buffer.from(second.signature, "base64url");
  const isOwn = keys.some((jwk) =>
    trueVerify(null, input, createPublicKey({ key: { ...jwk }, format: "jwk" }), signature),
  );
  return isOwn ? verified(credential, jws, 2) : undefined;
};
