import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Bridge } from "../../bridge.ts";
import { bearerOf, identify, turnedAway } from "../identify.ts";
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
    if (who === undefined) {
      stranger("http");
      return sendRefusal(reply, turnedAway(bridge, token));
    }
    request.setDecorator(PRINCIPAL, who);
    return undefined;
  });
};

/** Who the credential of this request belongs to. There is no other source of an identity. */
export const principalOf = (request: FastifyRequest): Principal => request.getDecorator<Principal>(PRINCIPAL);
