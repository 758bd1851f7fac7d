import { type FastifyInstance, type FastifyServerOptions, fastify } from "fastify";
import type { Scheduler } from "../../../domain/world.ts";
import { HOOK_PATH } from "../hook/path.ts";
import type { Beside } from "../mcp/beside.ts";
import { MCP_PATH, METADATA_PATH, serveMcp } from "../mcp/http.ts";
import { openOperations } from "../open/operations.ts";
import { operations } from "../operations.ts";
import { type OriginRules, originPolicy } from "../origin.ts";
import { places } from "../places.ts";
import { strangerRecorder } from "../stranger.ts";
import { jsonBodies } from "./body.ts";
import { answerBrokenRequest, sendFailure } from "./failure.ts";
import { serveFormPage } from "./form-page.ts";
import { agentsOnly } from "./gate.ts";
import { originRules } from "./headers.ts";
import { type HealthPorts, serveHealth } from "./health.ts";
import { serveHook } from "./hook.ts";
import { refuseTheRest } from "./methods.ts";
import { serveOpenOperations } from "./open-route.ts";
import { openApi } from "./openapi.ts";
import { serveOperation } from "./route.ts";
import { STREAM_PATH, serveStream } from "./stream.ts";

export interface HttpPorts extends HealthPorts, OriginRules {
  readonly scheduler: Scheduler;
  /** Certificate with its chain and private key, PEM; absent: plain HTTP. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Names one request or stream in receipts. */
  readonly newSession: () => string;
  /** An operation failed for a reason that is a fault, not a refusal. */
  readonly onFault: (fault: unknown) => void;
  /** What `/mcp` offers beside Lighthouse's own tools; only tests have any. */
  readonly mcpBeside?: Beside | undefined;
}

/** How long a request may take to arrive, in milliseconds: headers, then all of it. Replies have no such limit. */
const HEADERS_MS = 10_000;
const REQUEST_MS = 30_000;

/**
 * How long a socket may take nothing and send nothing, in milliseconds: whoever stops reading a reply does not keep it in
 * memory for ever. Above the longest poll (45 s); streams have their heartbeats, and WebSockets look after themselves.
 */
const IDLE_MS = 120_000;

/** How long what is under way may take once the door closes, in milliseconds. */
const CLOSE_MS = 5_000;

/** Longest path parameter that is looked at, in characters; the longest id has 64. */
const PARAM_CHARS_MAX = 256;

/** Sockets beyond the agents' connections, so that health is heard of when they are all taken. */
const SPARE_SOCKETS = 256;

const OPENAPI_PATH = "/openapi.json";

/** The HTTP door. The caller listens on it, and hangs the WebSocket door on `.server`. */
export const serveHttp = (ports: HttpPorts): FastifyInstance => {
  const { bridge, scheduler, newSession, onFault, mcpBeside, tls } = ports;
  const { limits } = bridge;
  const options: FastifyServerOptions = {
    bodyLimit: limits.messageBytesMax,
    routerOptions: { maxParamLength: PARAM_CHARS_MAX },
    requestTimeout: REQUEST_MS,
    connectionTimeout: IDLE_MS,
    ...(tls === undefined
      ? { http: { headersTimeout: HEADERS_MS } }
      : { https: { ...tls, headersTimeout: HEADERS_MS } }),
    // The door says itself, as a problem, that it is closing.
    return503OnClosing: false,
    clientErrorHandler: answerBrokenRequest,
    frameworkErrors: (error, _request, reply) => void sendFailure(error, reply, onFault),
  };
  const app = fastify(options);
  app.server.maxConnections = limits.connectionsMax + SPARE_SOCKETS;
  // A request that does not come to its end must not keep a bridge from closing.
  app.addHook("preClose", async () => {
    scheduler.after(CLOSE_MS, () => app.server.closeAllConnections());
  });
  app.setErrorHandler((error, _request, reply) => sendFailure(error, reply, onFault));
  originRules(app, originPolicy(ports));
  jsonBodies(app);

  const health = serveHealth(app, ports);
  let document: string | undefined;
  app.get(OPENAPI_PATH, { exposeHeadRoute: true }, async (_request, reply) => {
    document ??= JSON.stringify(openApi(bridge.version));
    return reply.type("application/json; charset=utf-8").send(document);
  });
  const pages = serveFormPage(app);
  const stranger = strangerRecorder(bridge, bridge.clock, onFault);
  const polls = places(limits.longPollsPerAgentMax);
  serveMcp(app, { bridge, newSession, polls, stranger, onFault, beside: mcpBeside });
  app.register(async (scope) => serveOpenOperations(scope, bridge, stranger));
  app.register(async (scope) => {
    agentsOnly(scope, bridge, stranger);
    for (const op of operations) serveOperation(scope, op, { bridge, newSession, polls });
    serveHook(scope, bridge, newSession);
    const streams = places(limits.connectionsPerAgentMax);
    serveStream(scope, { bridge, scheduler, newSession, streams, onFault });
  });
  refuseTheRest(app, [
    ...health,
    ...pages,
    { method: "GET", path: OPENAPI_PATH },
    { method: "HEAD", path: OPENAPI_PATH },
    ...operations.map(({ http }) => http),
    ...openOperations.map(({ http }) => http),
    { method: "GET", path: STREAM_PATH },
    { method: "POST", path: HOOK_PATH },
    ...["GET", "POST", "DELETE"].map((method) => ({ method, path: MCP_PATH })),
    { method: "GET", path: METADATA_PATH },
    { method: "HEAD", path: METADATA_PATH },
  ]);
  return app;
};
