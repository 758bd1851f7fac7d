import type { Channel } from "../../src/domain/world.ts";
import type { Random } from "./random.ts";
import type { Sometimes } from "./sometimes.ts";
import type { Process, World } from "./world.ts";

/** One connection as nature sees it. The ends know only their channel. */
export interface Connection {
  readonly nth: number;
  readonly agent: string;
  /** Given by the bridge when it took the connection; names it in receipts. */
  session: string;
  /** As the bridge's end sees it. */
  isOpen: boolean;
}

export interface NetObserver {
  /** The bridge handed these bytes to the connection. */
  readonly onSent: (connection: Connection, text: string) => void;
  /** These bytes have left the bridge for the agent: what a receipt may call "offered". */
  readonly onFlushed: (connection: Connection, text: string) => void;
  /** The bridge is about to read this. */
  readonly onReceived: (connection: Connection, text: string) => void;
  readonly onClosed: (connection: Connection) => void;
}

export interface WirePorts {
  readonly world: World;
  readonly sometimes: Sometimes;
  readonly luck: Random;
  readonly observer: () => NetObserver;
  /** For how long nothing passes on this connection. */
  readonly partedMs: () => number;
  /** Both ends know that it is over. */
  readonly onOver: () => void;
}

/** Both directions of a connection, and how it breaks. */
export interface Wires {
  readonly bridgeEnd: Channel;
  readonly agentEnd: Channel;
  /** Nothing reaches the agent before this: it is still connecting. */
  readonly connectedAt: (atMs: number) => void;
  /** Both ends are told in their own time, and after what still arrives. */
  readonly breakUp: () => void;
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
  inTransit: number;
  /** Order within a connection is kept: nothing arrives before this. */
  lastArrival: number;
  isLeaving: boolean;
  isCut: boolean;
  /** Of what was on its way when the connection broke, how many still arrive. */
  arrivalsLeft: number;
  sent: number;
  arrived: number;
}

interface Side {
  readonly owner: Process;
  readonly channel: Channel;
  state: "open" | "closing" | "closed";
}

/** Bytes that fit between two sockets before the sender has to keep them: a TCP window, small so that it fills. */
const WINDOW_BYTES = 16_384;

/** A peer that does not answer for this long is given up by both ends: two heartbeats of the bridge. */
export const SILENCE_MS = 10_000;

const ABNORMAL = 1006;

export const wires = (connection: Connection, bridge: Process, agent: Process, ports: WirePorts): Wires => {
  const { world, sometimes, luck, observer } = ports;
  const near = sideOf(bridge);
  const far = sideOf(agent);
  const down = pipeOf(near, far);
  const up = pipeOf(far, near);
  let isBroken = false;

  const gone = (): void => {
    connection.isOpen = false;
    observer().onClosed(connection);
  };

  const breakUp = (): void => {
    if (isBroken) return;
    isBroken = true;
    sometimes.saw("connection dropped");
    for (const pipe of [up, down]) {
      pipe.isCut = true;
      pipe.arrivalsLeft = luck.below(pipe.inTransit + 1);
      if (pipe.inTransit > pipe.arrivalsLeft) sometimes.saw("message lost on its way");
      for (const packet of pipe.waiting.splice(0)) notFlushed(pipe.from, packet.flushed, "the connection broke");
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
    if (side === near) gone();
    if (near.state === "closed" && far.state === "closed") ports.onOver();
    side.channel.onClose(code, reason);
  };

  const notFlushed = ({ owner }: Side, flushed: Packet["flushed"], why: string): void =>
    void world.after(owner, 0, "not flushed", () => flushed?.(new Error(why)));

  const put = (pipe: Pipe, given: Omit<Packet, "nth">): void => {
    const packet = { nth: pipe.sent++, ...given };
    if (pipe.isCut || pipe.from.state === "closed") {
      return notFlushed(pipe.from, packet.flushed, "the connection is closed");
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
    pipe.lastArrival = Math.max(pipe.lastArrival, world.monotonic() + ports.partedMs() + latencyMs(luck));
    world.at(pipe.to.owner, pipe.lastArrival, `arrives ${text}`, () => arrive(pipe, packet));
    if (pipe === down && packet.close === undefined) observer().onFlushed(connection, text);
    flushed?.();
  };

  const arrive = (pipe: Pipe, { nth, text, close }: Packet): void => {
    if (nth !== pipe.arrived) throw new Error(`packet ${nth} of a connection arrived as number ${pipe.arrived}`);
    pipe.arrived++;
    pipe.inTransit--;
    pipe.inTransitBytes -= text.length;
    leaveSoon(pipe);
    if (pipe.isCut && pipe.arrivalsLeft-- <= 0) return;
    if (pipe.to.state === "closed") return;
    if (close !== undefined) {
      // The answer to a close ends it for both.
      if (pipe.to.state === "open") put(pipe === up ? down : up, { text: "", close });
      return closed(pipe.to, close.code, close.reason);
    }
    if (pipe === up) observer().onReceived(connection, text);
    world.trace.note(world.monotonic(), "", () => `${pipe.from.owner.name} → ${pipe.to.owner.name}  ${brief(text)}`);
    pipe.to.channel.onMessage(text);
  };

  const attach = (side: Side, out: Pipe): void => {
    const send = (text: string, flushed?: Packet["flushed"]): void => {
      if (side.state !== "open") return notFlushed(side, flushed, "the connection is closing");
      if (side === near) observer().onSent(connection, text);
      put(out, { text, flushed });
    };
    const close = (code: number, reason: string): void => {
      if (side.state !== "open") return;
      put(out, { text: "", close: { code, reason } });
      side.state = "closing";
      if (side === near && reason === "too_slow") sometimes.saw("slow reader cut off");
      if (side === near) gone();
      // A peer that never answers is not waited for.
      world.after(side.owner, SILENCE_MS, "close times out", () => closed(side, ABNORMAL, ""));
    };
    Object.assign(side.channel, { send, close, bufferedBytes: () => out.bufferedBytes });
  };
  attach(near, down);
  attach(far, up);

  return {
    bridgeEnd: near.channel,
    agentEnd: far.channel,
    connectedAt: (atMs) => {
      down.lastArrival = atMs;
    },
    breakUp,
  };
};

export const latencyMs = (luck: Random): number =>
  luck.chance(0.03) ? luck.between(20, 400) : luck.between(50, 2000) / 1000;

const ignore = (): void => undefined;

const sideOf = (owner: Process): Side => ({
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
  inTransit: 0,
  lastArrival: 0,
  isLeaving: false,
  isCut: false,
  arrivalsLeft: 0,
  sent: 0,
  arrived: 0,
});

const brief = (text: string): string => (text.length > LINE_CHARS ? `${text.slice(0, LINE_CHARS)}…` : text);
const LINE_CHARS = 160;
