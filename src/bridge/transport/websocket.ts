import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { refusal } from "../../domain/refusal.ts";
import type { Channel, Scheduler } from "../../domain/world.ts";
import type { Bridge } from "../bridge.ts";
import { bearerOf, identify } from "./identify.ts";
import { closeCode } from "./rpc-code.ts";
import { serveSession } from "./session.ts";

export interface WebSocketPorts {
  readonly bridge: Bridge;
  readonly scheduler: Scheduler;
  readonly newSession: () => string;
  readonly onFault: (fault: unknown) => void;
}

/** The subprotocol under which a browser, which cannot set headers, offers its credential: `bearer.<token>`. */
const BEARER_PROTOCOL = "bearer.";
const PROTOCOL = "lighthouse.v1";

/** Serves `/ws` on an HTTP server: authenticates the upgrade, then one session per socket, with heartbeats. */
export const serveWebSocket = (
  server: Server,
  { bridge, scheduler, newSession, onFault }: WebSocketPorts,
): (() => void) => {
  const { limits } = bridge;
  // No compression: it costs 300 KB of memory per connection and most messages are under a kilobyte.
  const wss = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: limits.messageBytesMax,
    handleProtocols: (offered) => (offered.has(PROTOCOL) ? PROTOCOL : false),
  });
  const alive = new WeakSet<WebSocket>();
  const perAgent = new Map<string, number>();

  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const path = (request.url ?? "").split("?", 1)[0];
    if (path !== "/ws") return reject(socket, "404 Not Found");
    const who = identify(
      bridge,
      bearerOf(request.headers.authorization) ?? offeredToken(request),
      request.headers["traceparent"],
    );
    if (who === undefined) {
      bridge.violation({ actor: "anonymous", trace: null }, refusal("unauthenticated", ""), "ws").catch(onFault);
      return reject(socket, "401 Unauthorized", 'WWW-Authenticate: Bearer realm="lighthouse"\r\n');
    }
    if (wss.clients.size >= limits.connectionsMax)
      return reject(socket, "503 Service Unavailable", "Retry-After: 5\r\n");
    wss.handleUpgrade(request, socket, head, (ws) => {
      const open = (perAgent.get(who.agent) ?? 0) + 1;
      if (open > limits.connectionsPerAgentMax) return ws.close(closeCode("too_busy"), "too_busy");
      perAgent.set(who.agent, open);
      ws.once("close", () => {
        const left = (perAgent.get(who.agent) ?? 1) - 1;
        if (left === 0) perAgent.delete(who.agent);
        else perAgent.set(who.agent, left);
      });
      alive.add(ws);
      ws.on("pong", () => alive.add(ws));
      serveSession(bridge, channelOf(ws), who, newSession(), onFault);
    });
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
    for (const ws of wss.clients) ws.close(1001, "shutting_down");
    wss.close();
  };
};

const offeredToken = (request: IncomingMessage): string | undefined =>
  request.headers["sec-websocket-protocol"]
    ?.split(",")
    .map((name) => name.trim())
    .find((name) => name.startsWith(BEARER_PROTOCOL))
    ?.slice(BEARER_PROTOCOL.length);

const reject = (socket: Duplex, status: string, headers = ""): void => {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n${headers}\r\n`);
};

const channelOf = (ws: WebSocket): Channel => {
  const channel: Channel = {
    send: (text, flushed) => ws.send(text, flushed),
    close: (code, reason) => ws.close(code, reason),
    bufferedBytes: () => ws.bufferedAmount,
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
