import type { Bridge } from "../../src/bridge/bridge.ts";
import { identify } from "../../src/bridge/transport/identify.ts";
import { serveSession } from "../../src/bridge/transport/session.ts";
import { LighthouseFault, LighthouseRefusal } from "../../src/client/refusal.ts";
import { refusal } from "../../src/domain/refusal.ts";
import type { Channel, Net } from "../../src/domain/world.ts";

/** Which way a message travels, seen from the client. */
export type Way = "out" | "in";

export interface MemoryNet {
  readonly net: Net;
  /** Ends every connection now; what was on its way in either direction is lost, as with a pulled plug. */
  readonly cut: (code?: number, reason?: string) => void;
  /** Messages that travel this way wait until they are let go (or are lost with the connection). */
  readonly hold: (way: Way) => void;
  readonly letGo: (way: Way) => void;
  /** Connections fail as long as this is set. */
  readonly setDown: (down: boolean) => void;
  /** Another bridge behind the same address: the old one's connections end. */
  readonly serve: (bridge: Bridge) => void;
  /** Called for every message that arrives. */
  readonly onArrival: (listener: (way: Way, text: string) => void) => void;
  readonly connections: () => number;
  /** Connections ever made. */
  readonly made: () => number;
}

/** A network in memory between clients and a bridge: the real session at one end, and a plug to pull in the middle. */
export const memoryNet = (first: Bridge, onFault: (fault: unknown) => void): MemoryNet => {
  let bridge = first;
  let down = false;
  let made = 0;
  const held = new Set<Way>();
  const wires = new Set<Wire>();
  let arrived: (way: Way, text: string) => void = () => undefined;

  const connect: Net["connect"] = async (_url, token) => {
    await turn();
    if (down) throw new LighthouseFault("unreachable", "the plug is pulled");
    const who = identify(bridge, token, undefined);
    if (who === undefined) throw new LighthouseRefusal(refusal("unauthenticated", "nobody has that token"));
    const wire = wireOf(
      () => held,
      (way, text) => arrived(way, text),
    );
    wires.add(wire);
    wire.ended.then(() => wires.delete(wire));
    serveSession(bridge, wire.bridgeEnd, who, `s${++made}`, onFault);
    return wire.clientEnd;
  };

  const cut = (code = 1006, reason = ""): void => {
    for (const wire of [...wires]) wire.cut(code, reason);
  };

  return {
    net: { connect },
    cut,
    hold: (way) => void held.add(way),
    letGo: (way) => {
      held.delete(way);
      for (const wire of wires) wire.pump();
    },
    setDown: (isDown) => {
      down = isDown;
    },
    serve: (next) => {
      bridge = next;
      cut();
    },
    onArrival: (listener) => {
      arrived = listener;
    },
    connections: () => wires.size,
    made: () => made,
  };
};

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

type Wire = ReturnType<typeof wireOf>;

const wireOf = (held: () => ReadonlySet<Way>, arrived: (way: Way, text: string) => void) => {
  let isOver = false;
  let tellEnd: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    tellEnd = resolve;
  });
  const queues: Record<Way, { readonly text: string; readonly flushed: ((error?: Error) => void) | undefined }[]> = {
    out: [],
    in: [],
  };

  const end = (way: Way): Channel => ({
    send: (text, flushed) => {
      if (isOver) return flushed?.(new Error("cut"));
      queues[way].push({ text, flushed });
      setImmediate(pump);
    },
    // What was sent before arrives before.
    close: (code, reason) => {
      setImmediate(() => {
        pump();
        cut(code, reason);
      });
    },
    bufferedBytes: () => queues[way].reduce((sum, { text }) => sum + text.length, 0),
    onMessage: () => undefined,
    onClose: () => undefined,
  });
  const clientEnd = end("out");
  const bridgeEnd = end("in");

  function pump(): void {
    for (const way of ["out", "in"] as const) {
      if (held().has(way)) continue;
      for (let message = queues[way].shift(); message !== undefined; message = queues[way].shift()) {
        message.flushed?.();
        arrived(way, message.text);
        if (isOver) return;
        (way === "out" ? bridgeEnd : clientEnd).onMessage(message.text);
      }
    }
  }

  function cut(code: number, reason: string): void {
    if (isOver) return;
    isOver = true;
    for (const way of ["out", "in"] as const) {
      for (const { flushed } of queues[way].splice(0)) flushed?.(new Error("cut"));
    }
    bridgeEnd.onClose(code, reason);
    clientEnd.onClose(code, reason);
    tellEnd();
  }

  return { clientEnd, bridgeEnd, pump, cut, ended };
};
