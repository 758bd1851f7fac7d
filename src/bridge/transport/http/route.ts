import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type Refusal, refusal } from "../../../domain/refusal.ts";
import type { Bridge } from "../../bridge.ts";
import type { Allowance } from "../../command/allowance.ts";
import { invalidInput } from "../input-problems.ts";
import type { Principal, Reply, ServedOperation } from "../operation.ts";
import type { Places } from "../places.ts";
import { openExchange } from "./exchange.ts";
import { principalOf } from "./gate.ts";
import { mergeInput } from "./input.ts";
import { sendRefusal } from "./reply.ts";

export interface RouteContext {
  readonly bridge: Bridge;
  readonly newSession: () => string;
  /** Long polls that an agent may hold at once. */
  readonly polls: Places;
}

/** Serves one operation as its method and path. */
export const serveOperation = (app: FastifyInstance, op: ServedOperation, context: RouteContext): void => {
  const { method, path, status } = op.http;
  app.route({
    method,
    url: path,
    // A HEAD would take an inbox away unread: its bytes would be noted as offered without ever having left.
    exposeHeadRoute: false,
    handler: async (request, reply) => {
      const receivedAt = context.bridge.clock.monotonic();
      const merged = mergeInput(op, partsOf(request));
      if (merged.problems.length > 0) {
        return sendRefusal(reply, invalidInput([...merged.problems, ...op.problemsOf(merged.input)]));
      }
      const result = await perform(op, merged.input, principalOf(request), reply, receivedAt, context);
      return result.ok ? reply.code(status).send(result.value) : sendRefusal(reply, result.refusal);
    },
  });
};

const perform = async (
  op: ServedOperation,
  input: unknown,
  who: Principal,
  reply: FastifyReply,
  receivedAt: number,
  { bridge, newSession, polls }: RouteContext,
): Promise<Reply<unknown>> => {
  const exchange = openExchange(reply.raw);
  const id = newSession();
  const lefts: (() => void)[] = [];
  let ended: Refusal | undefined;

  /** While it waits, a poll is a connection like any other: it ends when its agent is revoked or the bridge stops. */
  const enterWait = (): Reply<() => void> => {
    const leave = polls.take(who.agent);
    if (leave === undefined) return { ok: false, refusal: tooManyPolls(bridge.limits.longPollsPerAgentMax) };
    const detach = bridge.deliver.attach({
      agent: who.agent,
      session: id,
      via: "poll",
      login: who.login,
      offer: null,
      notify: () => undefined,
      end: (why) => {
        ended = why;
        exchange.abort();
      },
    });
    const release = (): void => {
      detach();
      leave();
    };
    return { ok: true, value: release };
  };

  const onReplied = (left: () => void): void => void lefts.push(left);
  const onCharged = ({ policy, perMinute, left, fullInMs }: Allowance): void => {
    // RateLimit header fields for HTTP, as the IETF's httpapi group drafts them.
    reply.header("RateLimit-Policy", `"${policy}";q=${perMinute};w=60`);
    reply.header("RateLimit", `"${policy}";r=${left};t=${Math.ceil(fullInMs / 1000)}`);
  };
  const result = await op.call(bridge, who, input, {
    id,
    receivedAt,
    signal: exchange.signal,
    onReplied,
    enterWait,
    onCharged,
  });
  if (ended !== undefined) return { ok: false, refusal: ended };
  // A refusal that leaves has handed nothing over.
  if (result.ok) for (const left of lefts) exchange.onFlushed(left);
  return result;
};

const tooManyPolls = (max: number): Refusal =>
  refusal("too_busy", `you hold ${max} long polls already`, { retryAfterMs: 1_000 });

const partsOf = (request: FastifyRequest) => {
  const key = request.headers["idempotency-key"];
  return {
    method: request.method,
    params: request.params as Readonly<Record<string, string>>,
    query: request.query as Readonly<Record<string, unknown>>,
    body: request.body,
    ...(typeof key === "string" ? { idempotencyKey: key } : {}),
  };
};
