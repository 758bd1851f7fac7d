import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { OriginPolicy } from "../origin.ts";
import { sendRefusal } from "./reply.ts";

/** Nothing that the bridge says is a page, may be framed, guessed at, kept by a cache or read by a stranger's page. */
const security: Readonly<Record<string, string>> = {
  "x-content-type-options": "nosniff",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "cache-control": "no-store",
};

/** How long a browser may remember what it was allowed, in seconds. */
const PREFLIGHT_S = 600;

export const originRules = (app: FastifyInstance, policy: OriginPolicy): void => {
  app.addHook("onRequest", async (request, reply) => {
    reply.headers(security);
    const refused = policy.refuse(request.headers);
    if (refused !== undefined) return sendRefusal(reply, refused);
    if (!policy.isForeignButAllowed(request.headers)) return undefined;
    // The one origin, never `*`; and no credentials, which would be cookies: ours is in a header.
    reply.header("access-control-allow-origin", request.headers.origin);
    reply.header("vary", "Origin");
    reply.header("access-control-expose-headers", "Retry-After, WWW-Authenticate");
    return isPreflight(request) ? answerPreflight(reply) : undefined;
  });
};

const isPreflight = ({ method, headers }: FastifyRequest): boolean =>
  method === "OPTIONS" && headers["access-control-request-method"] !== undefined;

const answerPreflight = (reply: FastifyReply): FastifyReply =>
  reply
    .code(204)
    .headers({
      "access-control-allow-methods": "GET, POST, DELETE",
      "access-control-allow-headers": "Authorization, Content-Type, Idempotency-Key, Last-Event-ID, traceparent",
      "access-control-max-age": PREFLIGHT_S,
    })
    .send();
