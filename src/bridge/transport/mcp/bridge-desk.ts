import type { Refusal } from "../../../domain/refusal.ts";
import type { Bridge } from "../../bridge.ts";
import type { Principal, Session } from "../operation.ts";
import { isNewTo } from "../operations/elicitations.ts";
import { operations } from "../operations.ts";
import { type Desk, type Told, troubleOf, unsigned } from "./desk.ts";

/** The desk of an MCP client that speaks HTTP to the bridge: it calls the operations where they are. */
export const bridgeDesk = (
  bridge: Bridge,
  who: Principal,
  session: Session,
  /** Why the bridge has ended what this session waited for. */
  ended: () => Refusal | undefined,
): Desk => {
  const call = async <T>(name: string, input: object): Promise<Told<T>> => {
    const operation = byName.get(name);
    if (operation === undefined) throw new Error(`there is no operation ${name}`);
    const stopped = bridge.stopped();
    if (stopped !== undefined) return no(stopped);
    const reply = await operation.call(bridge, who, input, session);
    const over = ended();
    if (over !== undefined) return no(over);
    return reply.ok ? { ok: true, value: reply.value as T } : no(reply.refusal);
  };
  return {
    agent: who.agent,
    canSign: false,
    call,
    // Nobody is asked through a desk that cannot sign what they say.
    urlOf: (path) => path,
    answer: async (id, _said, signed) => {
      if (signed !== undefined) return call("elicitations.answer", { id, answer: signed });
      // Not even to be helpful: a signature by the bridge would prove nothing about the agent.
      return { ok: false, trouble: unsigned };
    },
    handing: (ids) => {
      const wanted = new Set(ids);
      const fresh = bridge.deliver
        .inbox(who.agent)
        .filter(({ offer }) => wanted.has(offer.id) && isNewTo(bridge, offer.id, "mcp"));
      if (fresh.length === 0) return;
      const traces = fresh.map(({ offer }) => bridge.observer.handing("ask", offer.id, "mcp"));
      session.onReplied(() => bridge.deliver.left(fresh, "mcp", session.id, traces));
    },
  };
};

const byName = new Map(operations.map((op) => [op.name, op]));

const no = (refused: Refusal) => ({ ok: false, trouble: troubleOf(refused) }) as const;
