import type { IncomingMessage, ServerResponse } from "node:http";
import type { AuthInfo } from "@modelcontextprotocol/server";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type Refusal, refusal } from "../../../domain/refusal.ts";
import type { Bridge } from "../../bridge.ts";
import { type Exchange, openExchange } from "../http/exchange.ts";
import { sendRefusal, sendRefusalWith } from "../http/reply.ts";
import { bearerOf, identify, turnedAway } from "../identify.ts";
import type { Principal, Reply, Session } from "../operation.ts";
import type { Places } from "../places.ts";
import type { RecordStranger } from "../stranger.ts";
import type { Beside } from "./beside.ts";
import { bridgeDesk } from "./bridge-desk.ts";

export const MCP_PATH = "/mcp";
/** RFC 9728: the metadata of the resource at `/mcp` is at the well-known path with that path behind it. */
export const METADATA_PATH = `/.well-known/oauth-protected-resource${MCP_PATH}`;

export interface McpContext {
  readonly bridge: Bridge;
  readonly newSession: () => string;
  /** Waiting calls that an agent may hold at once, of every kind. */
  readonly polls: Places;
  readonly stranger: RecordStranger;
  readonly onFault: (fault: unknown) => void;
  readonly beside?: Beside | undefined;
}

/**
 * MCP over Streamable HTTP, beside the other routes: one request is one exchange and nothing is kept between two, so a
 * restart costs a client nothing but the request under way. Host and Origin were looked at before, as for every route.
 */
export const serveMcp = (app: FastifyInstance, context: McpContext): void => {
  const { bridge, stranger } = context;
  let handling: Promise<Handling> | undefined;
  app.addHook("onClose", async () => (await handling)?.close());

  app.get(METADATA_PATH, { exposeHeadRoute: true }, async (request) => ({
    resource: urlOf(request, MCP_PATH),
    resource_name: "Lighthouse",
    bearer_methods_supported: ["header"],
  }));

  app.register(async (scope) => {
    // The SDK reads the body itself and answers what is not JSON-RPC as JSON-RPC does.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", (_request, _payload, done) => done(null));
    scope.route({
      method: ["POST", "GET", "DELETE"],
      url: MCP_PATH,
      exposeHeadRoute: false,
      handler: async (request, reply) => {
        const stopped = bridge.stopped();
        if (stopped !== undefined) return sendRefusal(reply, stopped);
        const token = bearerOf(request.headers.authorization);
        const who = identify(bridge, token, request.headers["traceparent"]);
        if (who === undefined) {
          stranger("mcp");
          return refuseStranger(request, reply, turnedAway(bridge, token), token);
        }
        handling ??= loaded(context);
        const { serve } = await handling;
        reply.hijack();
        for (const [name, value] of Object.entries(reply.getHeaders())) {
          if (value !== undefined) reply.raw.setHeader(name, value);
        }
        const exchange = openExchange(reply.raw);
        const carried: Carried = { who, exchange };
        const auth: AuthInfo = { token: "", clientId: who.agent, scopes: [...who.roles], extra: { ...carried } };
        await serve(Object.assign(request.raw as Incoming, { auth }), reply.raw);
        return reply;
      },
    });
  });
};

interface Handling {
  readonly serve: (request: Incoming & { readonly auth: AuthInfo }, response: ServerResponse) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** The SDK takes 90 ms of a core to load, which a bridge that no MCP client calls should not pay at every start. */
const loaded = async (context: McpContext): Promise<Handling> => {
  const { bridge, onFault, beside } = context;
  const [{ toNodeHandler }, { createMcpHandler }, { mcpServer }] = await Promise.all([
    import("@modelcontextprotocol/node"),
    import("@modelcontextprotocol/server"),
    import("./server.ts"),
  ]);
  const handler = createMcpHandler(
    ({ authInfo }) => {
      const { who, exchange } = (authInfo as unknown as { readonly extra: Carried }).extra;
      const open = opened(context, who, exchange);
      return mcpServer({
        version: bridge.version,
        onFault,
        beside,
        deskFor: ({ signal }) => {
          const { session, ended } = open(signal);
          return bridgeDesk(bridge, who, session, ended);
        },
      });
    },
    { maxRequestBodySize: bridge.limits.messageBytesMax },
  );
  const serve = toNodeHandler(handler, { maxRequestBodySize: bridge.limits.messageBytesMax, onerror: onFault });
  return { serve, close: () => handler.close() };
};

/** What arrived as a request has a method and a path, which the types of `node:http` cannot know. */
type Incoming = IncomingMessage & { method: string; url: string };

interface Carried {
  readonly who: Principal;
  readonly exchange: Exchange;
}

/** What an operation is lent while it runs, for each call within one exchange. */
const opened =
  ({ bridge, newSession, polls }: McpContext, who: Principal, exchange: Exchange) =>
  (cancelled: AbortSignal): { readonly session: Session; readonly ended: () => Refusal | undefined } => {
    const id = newSession();
    const ended = new AbortController();
    let why: Refusal | undefined;
    const session: Session = {
      id,
      receivedAt: bridge.clock.monotonic(),
      signal: AbortSignal.any([exchange.signal, cancelled, ended.signal]),
      onReplied: exchange.onFlushed,
      enterWait: (): Reply<() => void> => {
        const leave = polls.take(who.agent);
        if (leave === undefined) {
          const detail = `you hold ${bridge.limits.longPollsPerAgentMax} waiting calls already`;
          return { ok: false, refusal: refusal("too_busy", detail, { retryAfterMs: 1_000 }) };
        }
        const detach = bridge.deliver.attach({
          agent: who.agent,
          session: id,
          via: "mcp",
          login: who.login,
          // A client that waits for one thing is not thereby reachable for another: nothing of MCP wakes a model.
          offer: null,
          notify: () => undefined,
          end: (refused) => {
            why = refused;
            ended.abort();
          },
        });
        const release = (): void => {
          detach();
          leave();
        };
        return { ok: true, value: release };
      },
    };
    return { session, ended: () => why };
  };

const refuseStranger = (
  request: FastifyRequest,
  reply: FastifyReply,
  refused: Refusal,
  token: string | undefined,
): FastifyReply => {
  const error = token === undefined ? "" : ', error="invalid_token"';
  return sendRefusalWith(reply, refused, {
    "www-authenticate": `Bearer realm="lighthouse"${error}, resource_metadata="${urlOf(request, METADATA_PATH)}"`,
  });
};

/** As the client reached us: its own Host header, and the scheme that a proxy in front says it ended TLS for. */
const urlOf = ({ headers }: FastifyRequest, path: string): string =>
  `${headers["x-forwarded-proto"] === "https" ? "https" : "http"}://${headers.host ?? "localhost"}${path}`;
