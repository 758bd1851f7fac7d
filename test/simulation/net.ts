import { LighthouseFault } from "../../src/client/refusal.ts";
import type { Channel, Net } from "../../src/domain/world.ts";
import { type Random, random } from "./random.ts";
import type { Sometimes } from "./sometimes.ts";
import type { Process, World } from "./world.ts";

/** One connection as nature sees it. The ends know only their channel. */
export interface Connection {
  readonly nth: number;
  readonly agent: string;
  /** Given by the bridge when it took the connection; names it in receipts. */
  session: string;
  isOpen: boolean;
}

/** What the bridge's side of the net does with somebody who connects. */
export type Accept = (
  connection: Connection,
  credential: string,
) => { readonly take: (channel: Channel) => void } | { readonly refuse: Error };

export interface NetObserver {
  /** The bridge handed these bytes to the connection. */
  readonly onSent: (connection: Connection, text: string) => void;
  /** These bytes have left the bridge for the agent: what a receipt may call "offered". */
  readonly onFlushed: (connection: Connection, text: string) => void;
  /** The bridge is about to read this. */
  readonly onReceived: (connection: Connection, text: string) => void;
  readonly onClosed: (connection: Connection) => void;
}

export interface SimulatedNet {
  readonly netFor: (owner: Process) => Net;
  /** The bridge is there from now on; null: nobody listens. */
  readonly listen: (bridge: { readonly owner: Process; readonly accept: Accept } | null) => void;
  /** Breaks every connection of an agent, each at a moment of its own; what was on its way may be lost. */
  readonly drop: (agent: string) => void;
  /** The other end of everything is gone, as after a crash. */
  readonly dropAll: () => void;
  /** Nothing passes between an agent and the bridge for a while, and nobody is told. */
  readonly part: (agent: string, forMs: number) => void;
  readonly mend: () => void;
  observer: NetObserver;
}

interface Packet {
  readonly nth: number;
  readonly text: string;
  readonly flushed?: ((error?: Error) => void) | undefined;
  /** Set on the last one of a direction. */
  readonly close?: { readonly code: number; readonly reason: string };
}

/** One direction of a connection. */
interface Pipe {
  readonly from: Side;
  readonly to: Side;
  readonly waiting: Packet[];
  bufferedBytes: number;
  inTransitBytes: number;
  /** Order within a connection is kept: nothing arrives before this. */
  lastArrival: number;
  isLeaving: boolean;
  isCut: boolean;
  /** Of what was on its way when the connection broke, how many still arrive. */
  arrivalsLeft: number;
  inTransit: number;
  sent: number;
  arrived: number;
}

interface Side {
  readonly owner: Process;
  readonly channel: Channel;
  readonly name: string;
  state: "open" | "closing" | "closed";
}

/** Bytes that fit between two sockets before the sender has to keep them: a TCP window, small so that it fills. */
const WINDOW_BYTES = 16_384;

/** A peer that does not answer for this long is given up by both ends: two heartbeats of the bridge. */
const SILENCE_MS = 10_000;

const ABNORMAL = 1006;

/** All wires there are. Each connection keeps its own order; between connections anything goes. */
export const simulatedNet = (world: World, sometimes: Sometimes): SimulatedNet => {
  const open = new Map<Connection, { readonly up: Pipe; readonly down: Pipe; readonly break: () => void }>();
  const counts = new Map<string, number>();
  const partedUntil = new Map<string, number>();
  let bridge: { readonly owner: Process; readonly accept: Accept } | null = null;

  const isParted = (agent: string): boolean => (partedUntil.get(agent) ?? 0) > world.monotonic();

  const connect = (owner: Process, credential: string, signal?: AbortSignal): Promise<Channel> =>
    new Promise((resolve, reject) => {
      const nth = (counts.get(owner.name) ?? 0) + 1;
      counts.set(owner.name, nth);
      const luck = random(world.seed, "connection", owner.name, nth);
      const connection: Connection = { nth, agent: owner.name, session: "", isOpen: false };
      const fail = (error: Error): void => {
        // An agent hears of a failure after a while, as of everything.
        world.after(owner, latencyMs(luck), "connect fails", () => reject(error));
      };
      signal?.addEventListener("abort", () => {
        reject(new LighthouseFault("unreachable", "given up"));
        open.get(connection)?.break();
      });
      world.after(null, latencyMs(luck), `connect ${owner.name}`, () => {
        if (isParted(owner.name)) return sometimes.saw("connection swallowed");
        if (bridge === null || !bridge.owner.alive) {
          sometimes.saw("connection refused");
          return fail(new LighthouseFault("unreachable", "ECONNREFUSED"));
        }
        if (signal?.aborted === true || !owner.alive) return;
        accept(connection, credential, owner, bridge, luck, resolve, fail);
      });
    });

  const accept = (
    connection: Connection,
    credential: string,
    owner: Process,
    to: { readonly owner: Process; readonly accept: Accept },
    luck: Random,
    resolve: (channel: Channel) => void,
    fail: (error: Error) => void,
  ): void => {
    const near: Side = sideOf("bridge", to.owner);
    const far: Side = sideOf(owner.name, owner);
    const down = pipeOf(near, far);
    const up = pipeOf(far, near);
    let isBroken = false;

    /** Both ends are told in their own time, and after what still arrives. */
    const breakUp = (): void => {
      if (isBroken) return;
      isBroken = true;
      sometimes.saw("connection dropped");
      for (const pipe of [up, down]) {
        pipe.isCut = true;
        pipe.arrivalsLeft = luck.below(pipe.inTransit + 1);
        if (pipe.inTransit > pipe.arrivalsLeft) sometimes.saw("message lost on its way");
        for (const { flushed } of pipe.waiting.splice(0)) {
          world.after(pipe.from.owner, 0, "not flushed", () => flushed?.(new Error("the connection broke")));
        }
        pipe.bufferedBytes = 0;
        // A broken wire tells nobody: one of both ends may find out only when heartbeats stay away.
        const noticed = luck.chance(0.2) ? luck.between(0, SILENCE_MS) : luck.below(50);
        const noticedAt = Math.max(world.monotonic() + noticed, pipe.lastArrival);
        world.at(pipe.to.owner, noticedAt, "connection lost", () => closed(pipe.to, ABNORMAL, ""));
      }
    };

    const closed = (side: Side, code: number, reason: string): void => {
      if (side.state === "closed") return;
      side.state = "closed";
      if (side === near) {
        connection.isOpen = false;
        net.observer.onClosed(connection);
      }
      if (near.state === "closed" && far.state === "closed") open.delete(connection);
      side.channel.onClose(code, reason);
    };

    const send = (pipe: Pipe, given: Omit<Packet, "nth">): void => {
      const packet = { nth: pipe.sent++, ...given };
      if (pipe.isCut || pipe.from.state === "closed") {
        world.after(pipe.from.owner, 0, "not flushed", () => packet.flushed?.(new Error("the connection is closed")));
        return;
      }
      pipe.waiting.push(packet);
      pipe.bufferedBytes += packet.text.length;
      leaveSoon(pipe);
    };

    const leaveSoon = (pipe: Pipe): void => {
      if (pipe.isLeaving || pipe.waiting.length === 0 || pipe.inTransitBytes > WINDOW_BYTES) return;
      pipe.isLeaving = true;
      world.after(pipe.from.owner, luck.below(200) / 1000, "flush", () => {
        pipe.isLeaving = false;
        const packet = pipe.waiting.shift();
        if (packet === undefined) return;
        leave(pipe, packet);
        leaveSoon(pipe);
      });
    };

    const leave = (pipe: Pipe, packet: Packet): void => {
      const { text, flushed } = packet;
      pipe.bufferedBytes -= text.length;
      pipe.inTransitBytes += text.length;
      pipe.inTransit++;
      const parted = (partedUntil.get(connection.agent) ?? 0) - world.monotonic();
      const arrival = Math.max(pipe.lastArrival, world.monotonic() + Math.max(0, parted) + latencyMs(luck));
      pipe.lastArrival = arrival;
      world.at(pipe.to.owner, arrival, `arrives ${text}`, () => arrive(pipe, packet));
      if (pipe === down && packet.close === undefined) net.observer.onFlushed(connection, text);
      flushed?.();
    };

    const arrive = (pipe: Pipe, { nth, text, close }: Packet): void => {
      if (nth !== pipe.arrived++)
        throw new Error(`packet ${nth} of a connection arrived as number ${pipe.arrived - 1}`);
      pipe.inTransit--;
      pipe.inTransitBytes -= text.length;
      leaveSoon(pipe);
      if (pipe.isCut && pipe.arrivalsLeft-- <= 0) return;
      if (pipe.to.state === "closed") return;
      if (close !== undefined) {
        // The answer to a close ends it for both.
        const wasClosing = pipe.to.state === "closing";
        if (!wasClosing) send(pipe === up ? down : up, { text: "", close });
        closed(pipe.to, close.code, close.reason);
        return;
      }
      if (pipe === up) net.observer.onReceived(connection, text);
      world.trace.note(world.monotonic(), "", () => `${pipe.from.name} → ${pipe.to.name}  ${brief(text)}`);
      pipe.to.channel.onMessage(text);
    };

    const attach = (side: Side, out: Pipe): void => {
      Object.assign(side.channel, {
        send: (text: string, flushed?: Packet["flushed"]) => {
          if (side.state !== "open") {
            world.after(side.owner, 0, "not flushed", () => flushed?.(new Error("the connection is closing")));
            return;
          }
          if (side === near) net.observer.onSent(connection, text);
          send(out, { text, flushed });
        },
        close: (code: number, reason: string) => {
          if (side.state !== "open") return;
          send(out, { text: "", close: { code, reason } });
          side.state = "closing";
          if (side === near) {
            if (reason === "too_slow") sometimes.saw("slow reader cut off");
            connection.isOpen = false;
            net.observer.onClosed(connection);
          }
          // A peer that never answers is not waited for.
          world.after(side.owner, SILENCE_MS, "close times out", () => closed(side, ABNORMAL, ""));
        },
        bufferedBytes: () => out.bufferedBytes,
      });
    };
    attach(near, down);
    attach(far, up);

    const answer = to.accept(connection, credential);
    if ("refuse" in answer) return fail(answer.refuse);
    connection.isOpen = true;
    open.set(connection, { up, down, break: breakUp });
    answer.take(near.channel);
    const arrival = world.monotonic() + latencyMs(luck);
    down.lastArrival = arrival;
    world.at(owner, arrival, "connected", () => resolve(far.channel));
  };

  const net: SimulatedNet = {
    netFor: (owner) => ({ connect: (_url, credential, signal) => connect(owner, credential, signal) }),
    listen: (to) => {
      bridge = to;
    },
    drop: (agent) => {
      for (const [connection, { break: breakUp }] of [...open]) if (connection.agent === agent) breakUp();
    },
    dropAll: () => {
      for (const [connection, { break: breakUp }] of [...open]) {
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
        if (isParted(agent)) net.drop(agent);
      });
    },
    mend: () => partedUntil.clear(),
    observer: { onSent: ignore, onFlushed: ignore, onReceived: ignore, onClosed: ignore },
  };
  return net;
};

const ignore = (): void => undefined;

const sideOf = (name: string, owner: Process): Side => ({
  name,
  owner,
  state: "open",
  channel: { send: ignore, close: ignore, bufferedBytes: () => 0, onMessage: ignore, onClose: ignore },
});

const pipeOf = (from: Side, to: Side): Pipe => ({
  from,
  to,
  waiting: [],
  bufferedBytes: 0,
  inTransitBytes: 0,
  lastArrival: 0,
  isLeaving: false,
  isCut: false,
  arrivalsLeft: 0,
  inTransit: 0,
  sent: 0,
  arrived: 0,
});

const latencyMs = (luck: Random): number => (luck.chance(0.03) ? luck.between(20, 400) : luck.between(50, 2000) / 1000);

const brief = (text: string): string => (text.length > LINE_CHARS ? `${text.slice(0, LINE_CHARS)}…` : text);
const LINE_CHARS = 160;
