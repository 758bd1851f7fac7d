import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { type Refusal, refusal } from "../../domain/refusal.ts";
import type { Channel, Scheduler } from "../../domain/world.ts";
import type { Bridge } from "../bridge.ts";
import { faultProblem, type ProblemBody, problemOf } from "./http/problem.ts";
import { rawReply } from "./http/raw-reply.ts";
import { bearerOf, identify, turnedAway } from "./identify.ts";
import type { Principal } from "./operation.ts";
import { type OriginRules, originPolicy } from "./origin.ts";
import { openOutbox } from "./outbox.ts";
import { places } from "./places.ts";
import { closeCode } from "./rpc-code.ts";
import { serveSession } from "./session.ts";
import { strangerRecorder } from "./stranger.ts";

export interface WebSocketPorts extends OriginRules {
  readonly bridge: Bridge;
  readonly scheduler: Scheduler;
  readonly newSession: () => string;
  readonly onFault: (fault: unknown) => void;
}

const WEBSOCKET_PATH = "/ws";

/** The subprotocol under which a browser, which cannot set headers, offers its credential: `bearer.<token>`. */
const BEARER_PROTOCOL = "bearer.";
const PROTOCOL = "lighthouse.v1";

/** How long a peer may take to answer a close before its socket is destroyed, in milliseconds. */
const CLOSE_MS = 2_000;

/** Serves `/ws` on an HTTP server: authenticates the upgrade, then one session per socket, with heartbeats. */
export const serveWebSocket = (server: Server, ports: WebSocketPorts): (() => void) => {
  const { bridge, scheduler, newSession, onFault } = ports;
  const { limits } = bridge;
  // No compression: it costs 300 KB of memory per connection and most messages are under a kilobyte.
  const options = {
    noServer: true,
    perMessageDeflate: false,
    maxPayload: limits.messageBytesMax,
    closeTimeout: CLOSE_MS,
    handleProtocols: (offered: ReadonlySet<string>) => (offered.has(PROTOCOL) ? PROTOCOL : false),
  } as const;
  const wss = new WebSocketServer(options);
  const origins = originPolicy(ports);
  const stranger = strangerRecorder(bridge, bridge.clock, onFault);
  const seats = places(limits.connectionsPerAgentMax);
  const alive = new WeakSet<WebSocket>();

  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    // From here on the HTTP server does not look after the socket's errors any more.
    socket.on("error", () => socket.destroy());
    if ((request.url ?? "").split("?", 1)[0] !== WEBSOCKET_PATH) {
      return reject(socket, faultProblem("route_unknown", `WebSockets are served at ${WEBSOCKET_PATH}`));
    }
    const unwelcome = origins.refuse(request.headers) ?? bridge.stopped() ?? full();
    if (unwelcome !== undefined) return reject(socket, problemOf(unwelcome));
    const token = bearerOf(request.headers.authorization) ?? offeredToken(request);
    const who = identify(bridge, token, request.headers["traceparent"]);
    if (who === undefined) {
      stranger("ws");
      return reject(socket, problemOf(turnedAway(bridge, token)));
    }
    wss.handleUpgrade(request, socket, head, (ws) => seat(ws, socket, who));
  };

  const full = (): Refusal | undefined =>
    wss.clients.size < limits.connectionsMax
      ? undefined
      : refusal("too_busy", `${limits.connectionsMax} connections are open`, { retryAfterMs: FULL_RETRY_MS });

  const seat = (ws: WebSocket, socket: Duplex, who: Principal): void => {
    const leave = seats.take(who.agent);
    if (leave === undefined) return ws.close(closeCode("too_busy"), "too_busy");
    ws.once("close", leave);
    alive.add(ws);
    ws.on("pong", () => alive.add(ws));
    serveSession(bridge, channelOf(ws, socket), who, newSession(), onFault);
  };
  server.on("upgrade", upgrade);

  /** A peer that did not answer the last ping is gone, whatever its socket says. */
  let cancel = scheduler.after(limits.heartbeatMs, beat);
  function beat(): void {
    for (const ws of wss.clients) {
      if (alive.delete(ws)) ws.ping();
      else ws.terminate();
    }
    cancel = scheduler.after(limits.heartbeatMs, beat);
  }

  return () => {
    cancel();
    server.off("upgrade", upgrade);
    for (const ws of wss.clients) ws.close(closeCode("shutting_down"), "shutting_down");
    wss.close();
  };
};

/** When a bridge with every connection taken may be tried again, in milliseconds. */
const FULL_RETRY_MS = 5_000;

const offeredToken = (request: IncomingMessage): string | undefined =>
  request.headers["sec-websocket-protocol"]
    ?.split(",")
    .map((name) => name.trim())
    .find((name) => name.startsWith(BEARER_PROTOCOL))
    ?.slice(BEARER_PROTOCOL.length);

const reject = (socket: Duplex, problem: ProblemBody): void => void socket.end(rawReply(problem));

const channelOf = (ws: WebSocket, socket: Duplex): Channel => {
  const outbox = openOutbox(socket);
  const channel: Channel = {
    send: (text, flushed = () => undefined) => {
      if (ws.readyState === ws.OPEN) outbox.send(text, flushed);
      else flushed(new Error("the connection is closing"));
    },
    close: (code, reason) => {
      outbox.flush();
      ws.close(code, reason);
    },
    bufferedBytes: () => socket.writableLength + outbox.waitingBytes(),
    // Its peer's library answers, on the same thread as its program: a process that is stopped or stuck does not.
    ping: (answered) => {
      ws.once("pong", answered);
      ws.ping();
    },
    onMessage: () => undefined,
    onClose: () => undefined,
  };
  ws.on("message", (data, isBinary) => {
    if (isBinary) ws.close(1003, "text only");
    else channel.onMessage(data.toString());
  });
  ws.on("close", (code, reason) => channel.onClose(code, reason.toString()));
  // `ws` follows every error with a close; the reason is there.
  ws.on("error", () => undefined);
  return channel;
};
