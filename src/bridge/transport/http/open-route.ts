import type { FastifyInstance, FastifyRequest } from "fastify";
import { refusal } from "../../../domain/refusal.ts";
import type { Bridge } from "../../bridge.ts";
import { bearerOf } from "../identify.ts";
import { invalidInput } from "../input-problems.ts";
import { traceparentIn } from "../meta.ts";
import { crowd } from "../open/crowd.ts";
import type { ServedOpenOperation } from "../open/operation.ts";
import { openOperations } from "../open/operations.ts";
import type { RecordStranger } from "../stranger.ts";
import { mergeInput } from "./input.ts";
import { sendRefusal } from "./reply.ts";

/** Serves what strangers may ask for. Who comes too fast is sent away before a byte of the body is read. */
export const serveOpenOperations = (app: FastifyInstance, bridge: Bridge, stranger: RecordStranger): void => {
  const room = crowd({ limits: bridge.limits, monotonic: bridge.clock.monotonic });
  const leaving = new WeakMap<FastifyRequest, () => void>();
  app.addHook("onRequest", async (request, reply) => {
    const stopped = bridge.stopped();
    if (stopped !== undefined) return sendRefusal(reply, stopped);
    const entered = room.enter(request.ip);
    if (!entered.ok) return sendRefusal(reply, entered.refusal);
    leaving.set(request, entered.value);
    reply.raw.once("close", entered.value);
    return undefined;
  });
  for (const op of openOperations) serve(app, op, bridge, stranger);
};

const serve = (app: FastifyInstance, op: ServedOpenOperation, bridge: Bridge, stranger: RecordStranger): void => {
  const { method, path, status } = op.http;
  app.route({
    method,
    url: path,
    handler: async (request, reply) => {
      const merged = mergeInput(op, {
        method,
        params: {},
        query: request.query as Readonly<Record<string, unknown>>,
        body: request.body,
        ...keyOf(request),
      });
      if (merged.problems.length > 0) return sendRefusal(reply, invalidInput(merged.problems));
      const token = op.credential === "enrolment" ? bearerOf(request.headers.authorization) : undefined;
      if (op.credential === "enrolment" && token === undefined) {
        stranger("enrol");
        return sendRefusal(reply, refusal("unauthenticated", "there is no enrolment token"));
      }
      const result = await op.call(
        bridge,
        { token, trace: traceparentIn(request.headers["traceparent"]), receivedAt: bridge.clock.monotonic() },
        merged.input,
      );
      if (result.ok) return reply.code(status).send(result.value);
      if (result.refusal.code === "unauthenticated") stranger(op.credential === "enrolment" ? "enrol" : "login");
      return sendRefusal(reply, result.refusal);
    },
  });
};

const keyOf = ({ headers }: FastifyRequest) => {
  const key = headers["idempotency-key"];
  return typeof key === "string" ? { idempotencyKey: key } : {};
};
