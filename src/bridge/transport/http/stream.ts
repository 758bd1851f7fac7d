import type { OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { type Refusal, refusal, refusalKinds } from "../../../domain/refusal.ts";
import type { Scheduler } from "../../../domain/world.ts";
import type { Bridge } from "../../bridge.ts";
import { invalidInput } from "../input-problems.ts";
import type { Principal, Reply } from "../operation.ts";
import type { Places } from "../places.ts";
import { roomOn } from "../room.ts";
import { type Opening, OpeningSchema, readOpening } from "../session-opening.ts";
import { type Pushed, startPushing } from "../session-push.ts";
import { principalOf } from "./gate.ts";
import { readQuery } from "./input.ts";
import { sendRefusal } from "./reply.ts";

export const STREAM_PATH = "/v1/stream";

export interface StreamContext {
  readonly bridge: Bridge;
  readonly scheduler: Scheduler;
  readonly newSession: () => string;
  /** Streams that an agent may hold at once. */
  readonly streams: Places;
  readonly onFault: (fault: unknown) => void;
}

/**
 * Server-sent events: the same pushes as a WebSocket session, for clients that can only read.
 *
 *     event: open     {session, agent, audience, position}   id: where the stream starts
 *     event: offer    {offer, position}      without an id: what is open is offered again by every new stream
 *     event: ended    {elicitation}          id: position in the log
 *     event: event    {event}                id: position in the log
 *     event: closing  {code, title, detail}
 *
 * An id says that everything up to that position has been told, so a `Last-Event-ID` resumes without a gap.
 */
export const serveStream = (app: FastifyInstance, context: StreamContext): void => {
  app.get(STREAM_PATH, { exposeHeadRoute: false }, async (request, reply) => {
    const { bridge, streams } = context;
    const who = principalOf(request);
    const opening = readStreamOpening(request, bridge.log.head().position);
    if (!opening.ok) return sendRefusal(reply, opening.refusal);
    const leave = streams.take(who.agent);
    if (leave === undefined) {
      const detail = `you hold ${bridge.limits.connectionsPerAgentMax} streams already`;
      return sendRefusal(reply, refusal("too_busy", detail, { retryAfterMs: 1_000 }));
    }
    reply.hijack();
    reply.raw.once("close", leave);
    reply.raw.writeHead(200, {
      ...(reply.getHeaders() as OutgoingHttpHeaders),
      "content-type": "text/event-stream",
      // Asks proxies that know it not to hold frames back.
      "x-accel-buffering": "no",
    });
    stream(reply.raw, opening.value, who, context);
    return reply;
  });
};

/** A reconnecting reader sends the same URL again and its newest id beside it: the id is the truer one. */
const readStreamOpening = (request: FastifyRequest, head: number): Reply<Opening> => {
  const query = readQuery(OpeningSchema, request.query as Readonly<Record<string, unknown>>);
  const lastId = request.headers["last-event-id"];
  if (typeof lastId === "string" && lastId !== "") {
    if (!/^\d{1,15}$/.test(lastId)) {
      return { ok: false, refusal: invalidInput([{ pointer: "/after", message: "Last-Event-ID is not a position" }]) };
    }
    query["after"] = Number(lastId);
  }
  const opening = readOpening(query, head);
  if (!opening.ok) return opening;
  const { inbox, outcomes, events } = opening.value;
  if (inbox || outcomes || events) return opening;
  const message = "choose at least one of `inbox`, `outcomes` and `events`";
  return { ok: false, refusal: invalidInput([{ pointer: "", message }]) };
};

const stream = (response: ServerResponse, opening: Opening, who: Principal, context: StreamContext): void => {
  const { bridge, scheduler, newSession, onFault } = context;
  const { limits } = bridge;
  const session = newSession();
  const gone = new AbortController();
  const room = roomOn(() => response.writableLength, limits);

  const write = (text: string, flushed?: (error?: Error) => void): void => {
    if (gone.signal.aborted) return flushed?.(new Error("the stream has ended"));
    response.write(text, (error) => {
      flushed?.(error ?? undefined);
      room.left();
    });
    // As for a WebSocket: a reader that lets this much pile up is cut off, and resumes by its newest id.
    if (response.writableLength > limits.channelBufferedBytesMax) {
      gone.abort();
      response.destroy();
    }
  };
  const end = ({ code, detail }: Refusal): void => {
    if (gone.signal.aborted) return;
    write(frame("closing", { code, title: refusalKinds[code].title, detail }));
    gone.abort();
    response.end();
  };

  response.once("close", () => gone.abort());
  // A connection that breaks says so twice, and `close` is the one that is listened to.
  response.on("error", () => undefined);
  const { agent } = who;
  const head = bridge.log.head().position;
  write(`retry: ${RETRY_MS}\n`);
  write(frame("open", { session, agent, audience: bridge.audience, position: head }, opening.after ?? head));
  const pushing = startPushing(bridge, who, session, opening, {
    via: "sse",
    push: ({ name, data, text, toldUpTo, flushed }) => write(frame(name, data, toldUpTo, text), flushed),
    room,
    end,
    signal: gone.signal,
  });
  pushing.caughtUp.catch((fault: unknown) => {
    onFault(fault);
    end(refusal("log_unavailable", "the log could not be read"));
  });

  let cancel = scheduler.after(limits.heartbeatMs, beat);
  function beat(): void {
    write(": still here\n\n");
    cancel = scheduler.after(limits.heartbeatMs, beat);
  }
  const stop = (): void => {
    cancel();
    pushing.stop();
    room.close();
  };
  if (gone.signal.aborted) stop();
  else gone.signal.addEventListener("abort", stop, { once: true });
};

/** How long a browser waits before it comes back, in milliseconds. */
const RETRY_MS = 1_000;

/** JSON has no line break of its own, so one `data` line holds it. */
const frame = (
  name: Pushed["name"] | "open" | "closing",
  data: object,
  id?: number,
  text = JSON.stringify(data),
): string => `event: ${name}\n${id === undefined ? "" : `id: ${id}\n`}data: ${text}\n\n`;
