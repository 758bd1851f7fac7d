import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { refusal } from "../../../domain/refusal.ts";
import type { Bridge } from "../../bridge.ts";
import { bearerOf, identify } from "../identify.ts";
import type { Principal } from "../operation.ts";
import type { RecordStranger } from "../stranger.ts";
import { sendRefusal } from "./reply.ts";

const PRINCIPAL = "principal";

/** Everything registered on `scope` is served to agents only: 401 before a byte of the body is read. */
export const agentsOnly = (scope: FastifyInstance, bridge: Bridge, stranger: RecordStranger): void => {
  scope.decorateRequest(PRINCIPAL, null);
  scope.addHook("onRequest", async (request, reply) => {
    const stopped = bridge.stopped();
    if (stopped !== undefined) return sendRefusal(reply, stopped);
    const token = bearerOf(request.headers.authorization);
    const who = identify(bridge, token, request.headers["traceparent"]);
    if (who === undefined) return refuseStranger(reply, token, stranger);
    request.setDecorator(PRINCIPAL, who);
    return undefined;
  });
};

/** Who the credential of this request belongs to. There is no other source of an identity. */
export const principalOf = (request: FastifyRequest): Principal => request.getDecorator<Principal>(PRINCIPAL);

const refuseStranger = (reply: FastifyReply, token: string | undefined, stranger: RecordStranger): FastifyReply => {
  stranger("http");
  const detail = token === undefined ? "there is no bearer credential" : "that credential is nobody's";
  return sendRefusal(reply, refusal("unauthenticated", detail));
};
