import { LighthouseFault } from "../../src/client/refusal.ts";
import type { Channel, Net } from "../../src/domain/world.ts";
import { type Random, random } from "./random.ts";
import type { Sometimes } from "./sometimes.ts";
import { type Connection, latencyMs, type NetObserver, SILENCE_MS, wires } from "./wires.ts";
import type { Process, World } from "./world.ts";

/** What the bridge's side of the net does with somebody who connects. */
export type Accept = (
  connection: Connection,
  credential: string,
) => { readonly take: (channel: Channel) => void } | { readonly refuse: Error };

interface Listener {
  readonly owner: Process;
  readonly accept: Accept;
}

export interface SimulatedNet {
  readonly netFor: (owner: Process) => Net;
  /** The bridge is there from now on; null: nobody listens. */
  readonly listen: (bridge: Listener | null) => void;
  /** Breaks every connection of an agent, each at a moment of its own; what was on its way may be lost. */
  readonly drop: (agent: string) => void;
  /** The other end of everything is gone, as after a crash. */
  readonly dropAll: () => void;
  /** Nothing passes between an agent and the bridge for a while, and nobody is told. */
  readonly part: (agent: string, forMs: number) => void;
  readonly mend: () => void;
  readonly isParted: (agent: string) => boolean;
  observer: NetObserver;
}

/** All wires there are. Each connection keeps its own order; between connections anything goes. */
export const simulatedNet = (world: World, sometimes: Sometimes): SimulatedNet => {
  const open = new Map<Connection, { readonly breakUp: () => void }>();
  const counts = new Map<string, number>();
  const partedUntil = new Map<string, number>();
  let bridge: Listener | null = null;

  const partedMs = (agent: string): number => Math.max(0, (partedUntil.get(agent) ?? 0) - world.monotonic());

  const connect = (owner: Process, credential: string, signal?: AbortSignal): Promise<Channel> =>
    new Promise((resolve, reject) => {
      const nth = (counts.get(owner.name) ?? 0) + 1;
      counts.set(owner.name, nth);
      const luck = random(world.seed, "connection", owner.name, nth);
      const connection: Connection = { nth, agent: owner.name, session: "", isOpen: false };
      // An agent hears of a failure after a while, as of everything.
      const fail = (error: Error): void =>
        void world.after(owner, latencyMs(luck), "connect fails", () => reject(error));
      signal?.addEventListener("abort", () => {
        reject(new LighthouseFault("unreachable", "given up"));
        open.get(connection)?.breakUp();
      });
      world.after(null, latencyMs(luck), `connect ${owner.name}`, () => {
        if (partedMs(owner.name) > 0) return sometimes.saw("connection swallowed");
        if (bridge === null || !bridge.owner.alive) {
          sometimes.saw("connection refused");
          return fail(new LighthouseFault("unreachable", "ECONNREFUSED"));
        }
        if (signal?.aborted === true || !owner.alive) return;
        const answer = bridge.accept(connection, credential);
        if ("refuse" in answer) return fail(answer.refuse);
        meet(connection, bridge.owner, owner, luck, answer.take, resolve);
      });
    });

  const meet = (
    connection: Connection,
    near: Process,
    far: Process,
    luck: Random,
    take: (channel: Channel) => void,
    resolve: (channel: Channel) => void,
  ): void => {
    const laid = wires(connection, near, far, {
      world,
      sometimes,
      luck,
      observer: () => net.observer,
      partedMs: () => partedMs(far.name),
      onOver: () => void open.delete(connection),
    });
    connection.isOpen = true;
    open.set(connection, laid);
    take(laid.bridgeEnd);
    const arrival = world.monotonic() + latencyMs(luck);
    laid.connectedAt(arrival);
    world.at(far, arrival, "connected", () => resolve(laid.agentEnd));
  };

  const net: SimulatedNet = {
    netFor: (owner) => ({ connect: (_url, credential, signal) => connect(owner, credential, signal) }),
    listen: (to) => {
      bridge = to;
    },
    drop: (agent) => {
      for (const [connection, { breakUp }] of [...open]) if (connection.agent === agent) breakUp();
    },
    dropAll: () => {
      for (const [connection, { breakUp }] of [...open]) {
        breakUp();
        open.delete(connection);
        connection.isOpen = false;
        net.observer.onClosed(connection);
      }
    },
    part: (agent, forMs) => {
      partedUntil.set(agent, world.monotonic() + forMs);
      if (forMs < SILENCE_MS) return;
      world.after(null, SILENCE_MS, `heartbeats of ${agent} stay away`, () => {
        if (partedMs(agent) > 0) net.drop(agent);
      });
    },
    mend: () => partedUntil.clear(),
    isParted: (agent) => partedMs(agent) > 0,
    observer: { onSent: ignore, onFlushed: ignore, onReceived: ignore, onClosed: ignore },
  };
  return net;
};

const ignore = (): void => undefined;
