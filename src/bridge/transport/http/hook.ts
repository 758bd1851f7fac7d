import type { FastifyInstance } from "fastify";
import type { Bridge } from "../../bridge.ts";
import { hookOutput, isHookEvent } from "../hook/event.ts";
import { HOOK_PATH } from "../hook/path.ts";
import { isNewTo, statusOf } from "../operations/elicitations.ts";
import { openExchange } from "./exchange.ts";
import { principalOf } from "./gate.ts";

/** What is looked at for one hook's output, which shows five. */
const LOOK_AT = 50;

/**
 * Claude Code's hooks of type `http`: it posts what a command hook would get on standard input, and reads the reply as
 * it would read a command's output. Nothing to say is an empty reply. What was said is on record as offered via `hook`
 * once its bytes have left for a client that was still there.
 */
export const serveHook = (app: FastifyInstance, bridge: Bridge, newSession: () => string): void => {
  app.post(HOOK_PATH, async (request, reply) => {
    const { agent } = principalOf(request);
    const { hook_event_name: event, stop_hook_active: stopping } = (request.body ?? {}) as HookInput;
    bridge.deliver.seen(agent, "hook");
    // Events that we have nothing to say at, and those of the future, are no error: an error is shown to somebody.
    if (typeof event !== "string" || !isHookEvent(event)) return reply.code(200).send();
    const { onFlushed } = openExchange(reply.raw);
    const session = newSession();
    const waiting = bridge.deliver.inbox(agent).slice(0, LOOK_AT);
    const shown = waiting.map(({ offer, position }) => ({ offer, position, status: statusOf(bridge, offer.id) }));
    const { text, ids } = hookOutput(event, shown, stopping === true);
    if (text === "") return reply.code(200).send();
    const fresh = waiting.filter(({ offer }) => ids.includes(offer.id) && isNewTo(bridge, offer.id, "hook"));
    const traces = fresh.map(({ offer }) => bridge.observer.handing("ask", offer.id, "hook"));
    onFlushed(() => bridge.deliver.left(fresh, "hook", session, traces));
    return reply.code(200).type("application/json; charset=utf-8").send(text);
  });
};

interface HookInput {
  readonly hook_event_name?: unknown;
  readonly stop_hook_active?: unknown;
}
