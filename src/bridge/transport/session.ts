import { type Refusal, refusal, refusalKinds } from "../../domain/refusal.ts";
import type { Channel } from "../../domain/world.ts";
import type { Bridge } from "../bridge.ts";
import { withoutMeta } from "./meta.ts";
import type { Principal, ServedOperation } from "./operation.ts";
import * as messages from "./operations/messages.ts";
import { operations } from "./operations.ts";
import { roomOn } from "./room.ts";
import { closeCode, rpcCode, rpcFault } from "./rpc-code.ts";
import { readOpening } from "./session-opening.ts";
import { type PushTarget, startPushing } from "./session-push.ts";
import { ElicitationSchema, type ElicitationView, viewText } from "./views.ts";

const byName: ReadonlyMap<string, ServedOperation> = new Map([
  ...operations.map((op) => [op.name, op] as const),
  // As the system before this one called it; it does what it said.
  ["wait_for_messages", messages.wait] as const,
]);

type RpcId = string | number | null;

/**
 * One JSON-RPC 2.0 conversation over a channel that is already authenticated. Methods are the operations by name, and:
 *
 *     session.open {inbox?, outcomes?, events?, after?}   what the bridge should push, and from which position on
 *     ─► offer   {offer, position}      a question for you            (inbox)
 *     ─► ended   {elicitation}          one of yours has its outcome  (outcomes)
 *     ─► event   {event}                anything you may see          (events)
 *     ─► mailbox {arm}                  questions are not pushed now: poll `messages.wait`  (inbox)
 *     ─► closing {code, title, detail}  why the bridge ends this connection
 */
export const serveSession = (
  bridge: Bridge,
  channel: Channel,
  who: Principal,
  id: string,
  onFault: (fault: unknown) => void,
): void => {
  const { limits } = bridge;
  const gone = new AbortController();
  // The signal's own getter costs as much as a small frame does.
  let isGone = false;
  let inFlight = 0;

  const room = roomOn(channel.bufferedBytes, limits);

  const close = (): void => {
    isGone = true;
    gone.abort();
    stopPushing();
    room.close();
  };

  const send = (text: string, flushed?: (error?: Error) => void): void => {
    if (isGone) return flushed?.(new Error("the connection has ended"));
    channel.send(text, (error) => {
      flushed?.(error);
      room.left();
    });
    // A reader that lets this much pile up is cut off and resumes by position; others never wait for it.
    if (channel.bufferedBytes() > limits.channelBufferedBytesMax) {
      close();
      channel.close(closeCode("too_slow"), "too_slow");
    }
  };

  const notify = (
    method: string,
    params: object,
    flushed?: (error?: Error) => void,
    text = JSON.stringify(params),
  ): void => send(`{"jsonrpc":"2.0","method":"${method}","params":${text}}`, flushed);

  const end = ({ code, detail }: Refusal): void => {
    if (isGone) return;
    notify("closing", { code, title: refusalKinds[code].title, detail });
    close();
    channel.close(closeCode(code), code);
  };

  const target: PushTarget = {
    via: "websocket",
    push: ({ name, data, text, flushed }) => notify(name, data, flushed, text),
    room,
    end,
    signal: gone.signal,
    ping: channel.ping,
  };
  // Known to delivery from the first moment, so that a revoked agent's connection ends whether or not it opened.
  let stopPushing = bridge.deliver.attach({
    agent: who.agent,
    session: id,
    via: "websocket",
    login: who.login,
    offer: null,
    notify: () => undefined,
    end,
  });

  const fail = (rpcId: RpcId, code: number, message: string, data?: object): void =>
    send(JSON.stringify({ jsonrpc: "2.0", id: rpcId, error: { code, message, data } }));

  const refuse = (rpcId: RpcId, refused: Refusal): void => {
    const { title, remedy } = refusalKinds[refused.code];
    fail(rpcId, rpcCode[refused.code], title, { ...refused, remedy });
  };

  const reply = (
    rpcId: RpcId,
    result: unknown,
    lefts: readonly (() => void)[] = [],
    written = JSON.stringify(result),
  ): void => {
    const text = `{"jsonrpc":"2.0","id":${JSON.stringify(rpcId)},"result":${written}}`;
    if (lefts.length === 0) return send(text);
    send(text, (error) => {
      if (error === undefined) for (const left of lefts) left();
    });
  };

  const open = async (rpcId: RpcId, params: unknown): Promise<void> => {
    const opening = readOpening(params, bridge.log.head().position);
    if (!opening.ok) return refuse(rpcId, opening.refusal);
    stopPushing();
    const pushing = startPushing(bridge, who, id, opening.value, target);
    stopPushing = pushing.stop;
    // What was offered at once may have been too much for its reader already.
    if (isGone) stopPushing();
    const opened = { session: id, agent: who.agent, audience: bridge.audience, position: pushing.head };
    reply(rpcId, pushing.isMailed ? { ...opened, mailbox: true } : opened);
    pushing.caughtUp.catch((fault: unknown) => {
      onFault(fault);
      // It was told that everything would follow. Better to start again than to leave a gap.
      end(refusal("log_unavailable", "the log could not be read"));
    });
  };

  const call = async (
    op: ServedOperation,
    rpcId: RpcId | undefined,
    params: unknown,
    receivedAt: number,
  ): Promise<void> => {
    const lefts: (() => void)[] = [];
    const { input, trace } = withoutMeta(params);
    const onReplied = (left: () => void): void => void lefts.push(left);
    const result = await op.call(bridge, who, input ?? {}, { id, receivedAt, trace, signal: gone.signal, onReplied });
    if (rpcId === undefined) return;
    if (result.ok) {
      const isView = op.output === ElicitationSchema;
      reply(rpcId, result.value, lefts, isView ? viewText(result.value as ElicitationView) : undefined);
    } else refuse(rpcId, result.refusal);
  };

  const receive = (text: string): void => {
    // A peer that does not answer a close can go on sending for as long as it likes.
    if (isGone) return;
    const receivedAt = bridge.clock.monotonic();
    const read = readRequest(text);
    if (!read.ok) return fail(read.id, read.code, read.message);
    const { id: rpcId, method, params } = read.request;
    const op = byName.get(method);
    if (op === undefined && method !== "session.open") {
      return fail(rpcId ?? null, rpcFault.methodNotFound, `no method ${JSON.stringify(method.slice(0, 64))}`);
    }
    if (inFlight >= limits.requestsInFlightPerConnectionMax) {
      return refuse(rpcId ?? null, refusal("too_busy", `${inFlight} requests are in flight`));
    }
    inFlight++;
    (op === undefined ? open(rpcId ?? null, params) : call(op, rpcId, params, receivedAt))
      .catch((fault: unknown) => {
        onFault(fault);
        fail(rpcId ?? null, rpcFault.internal, "the bridge failed; the operator's log says why");
      })
      .finally(() => {
        inFlight--;
      });
  };

  channel.onMessage = receive;
  channel.onClose = close;
};

interface Request {
  readonly id?: RpcId;
  readonly method: string;
  readonly params?: unknown;
}

type ReadRequest =
  | { readonly ok: true; readonly request: Request }
  | { readonly ok: false; readonly id: RpcId; readonly code: number; readonly message: string };

const readRequest = (text: string): ReadRequest => {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return { ok: false, id: null, code: rpcFault.parse, message: "not JSON" };
  }
  if (typeof raw !== "object" || raw === null || Array.isArray(raw)) {
    return {
      ok: false,
      id: null,
      code: rpcFault.invalidRequest,
      message: "must be one JSON-RPC 2.0 request; batches are not served",
    };
  }
  const request = raw as Request & { readonly jsonrpc?: unknown };
  const { id } = request;
  if (id !== undefined && id !== null && typeof id !== "string" && typeof id !== "number") {
    return { ok: false, id: null, code: rpcFault.invalidRequest, message: "`id` must be a string or a number" };
  }
  if (request.jsonrpc !== "2.0") {
    return { ok: false, id: id ?? null, code: rpcFault.invalidRequest, message: '`jsonrpc` must be "2.0"' };
  }
  if (typeof request.method !== "string") {
    return { ok: false, id: id ?? null, code: rpcFault.invalidRequest, message: "`method` must be a string" };
  }
  return { ok: true, request };
};
