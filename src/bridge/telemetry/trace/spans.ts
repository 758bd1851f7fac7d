import {
  type Attributes,
  type Context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import type { Resource } from "@opentelemetry/resources";
import { AlwaysOnSampler, type ReadableSpan, TracerProvider } from "@opentelemetry/sdk-trace";
import type { Leg, Served, Via } from "../../../domain/observer.ts";
import { violationOf } from "../../../domain/refusal.ts";
import type { Clock, Rng } from "../../../domain/world.ts";
import type { Sink } from "../sink.ts";
import type { Story } from "../story.ts";
import { readTraceparent, type TraceContext, writeTraceparent } from "../traceparent.ts";
import { type Sampling, sampler } from "./sampling.ts";

export interface SpanOptions {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly sampling: Sampling;
  readonly resource: Resource;
  readonly onEnd: (span: ReadableSpan) => void;
}

/**
 * Spans of one elicitation, each with the one before it as its parent or, where the agent sent along a trace of its own,
 * as a link:
 *
 *     ask (server) ─► offer (producer) ─► [the agent] ─► answer (server) ─► outcome (producer)
 *
 * Names and attributes are those of OpenTelemetry's conventions for RPC and for messaging. Sampling is decided where a
 * trace begins, before anything is made: a trace that is not kept costs a few bytes of randomness. A call that was a
 * fault or a violation is always kept, as a span that is made when it is over.
 */
export const spans = (options: SpanOptions): Sink => {
  const { clock, rng, resource, onEnd } = options;
  const isKept = sampler(options.sampling, clock, rng);
  const wall = wallTime(clock);
  const tracer = new TracerProvider({
    resource,
    // What comes here was decided to be kept.
    sampler: new AlwaysOnSampler(),
    idGenerator: idsFrom(rng),
    spanProcessors: [{ onStart: nothing, onEnd, forceFlush: resolved, shutdown: resolved }],
  }).getTracer("lighthouse-bridge");

  const calls = new Map<string, Span>();
  const handovers = new Map<string, Span>();

  const startCall = (
    operation: string,
    parent: string | null,
    startTime: number,
    links: readonly string[] = [],
  ): Span =>
    tracer.startSpan(
      operation,
      { kind: SpanKind.SERVER, startTime, attributes: rpc(operation), links: linksTo(links) },
      contextOf(parent),
    );

  const endCall = (span: Span, { actor, refusal, fault, subject }: Served): void => {
    span.setAttribute("lighthouse.agent.id", actor);
    if (subject !== undefined) span.setAttribute("lighthouse.elicitation.id", subject);
    if (refusal !== undefined) span.setAttribute("error.type", refusal.code);
    if (fault !== undefined) {
      span.setAttribute("error.type", nameOf(fault));
      span.setStatus({ code: SpanStatusCode.ERROR });
    }
    span.end(wall());
  };

  return {
    folded: (event, turn) => {
      // The id of an elicitation is made while its ask is decided; its span learns it from the event.
      if (event.type !== "elicitation.asked" || turn === undefined || event.trace === null) return;
      calls.get(event.trace)?.setAttributes(elicitation(turn.story));
    },
    entered: (operation, traceparent, story) => {
      const given = readTraceparent(traceparent);
      if (given?.isSampled === false) return traceparent;
      const asked = sampledOf(story?.trace ?? null);
      // An agent that sends no trace along is still in the one of the question that it answers.
      const parent = given !== undefined ? traceparent : acts.has(operation) ? asked : null;
      if (parent === null && !(acts.has(operation) && isKept())) return traceparent;
      if (calls.size >= OPEN_SPANS_MAX) return traceparent;
      const span = startCall(operation, parent, wall(), asked === null || asked === parent ? [] : [asked]);
      const own = writeTraceparent(contextIn(span));
      calls.set(own, span);
      return own;
    },
    served: (call) => {
      const span = call.trace === null ? undefined : calls.get(call.trace);
      if (span !== undefined && call.trace !== null) {
        calls.delete(call.trace);
        return endCall(span, call);
      }
      if (!mustBeKept(call)) return;
      const startTime = wall() - (clock.monotonic() - call.receivedAt);
      endCall(startCall(call.operation, call.trace, startTime), call);
    },
    handing: (leg, story, via, traceparent) => {
      const before = traceparent ?? story.trace;
      const parent = sampledOf(before);
      if (parent === null || handovers.size >= OPEN_SPANS_MAX) return before;
      const links = leg === "answer" && story.trace !== null && story.trace !== parent ? [story.trace] : [];
      const span = tracer.startSpan(
        leg === "ask" ? "offer inbox" : "deliver outcome",
        {
          kind: SpanKind.PRODUCER,
          startTime: wall(),
          attributes: { ...messaging(leg, story, via), ...elicitation(story) },
          links: linksTo(links),
        },
        contextOf(parent),
      );
      const key = keyOf(leg, story.id, via);
      handovers.get(key)?.end(wall());
      handovers.set(key, span);
      return writeTraceparent(contextIn(span));
    },
    handed: (leg, story, via, ms, error) => {
      const key = keyOf(leg, story.id, via);
      const span = handovers.get(key);
      if (span === undefined) return;
      handovers.delete(key);
      if (ms !== undefined) span.setAttribute("lighthouse.bridge.duration_ms", ms);
      if (error !== undefined) {
        span.setAttribute("error.type", "delivery_failed");
        span.setStatus({ code: SpanStatusCode.ERROR, message: "its bytes never left" });
      }
      span.end(wall());
    },
  };
};

/** Spans that have begun and not ended. There are as many as calls and sends under way; more are a leak, and are refused. */
const OPEN_SPANS_MAX = 8_192;

/** Calls that are part of a story, and begin one when their caller has no trace. Reading and polling are not. */
const acts: ReadonlySet<string> = new Set([
  "elicitations.ask",
  "elicitations.answer",
  "elicitations.claim",
  "elicitations.cancel",
  "events.append",
  "agents.add",
  "agents.revoke",
]);

const mustBeKept = ({ fault, refusal }: Served): boolean =>
  fault !== undefined ||
  (refusal !== undefined && (refusal.code === "log_unavailable" || violationOf(refusal.code) !== undefined));

const rpc = (operation: string): Attributes => ({ "rpc.system.name": "jsonrpc", "rpc.method": operation });

const elicitation = (story: Story): Attributes => ({
  "lighthouse.elicitation.id": story.id,
  "lighthouse.asker.id": story.from,
  "lighthouse.target.id": story.to,
  "lighthouse.arm": story.arm,
});

const messaging = (leg: Leg, story: Story, via: Via): Attributes => ({
  "messaging.system": "lighthouse",
  "messaging.operation.name": leg === "ask" ? "offer" : "deliver",
  "messaging.operation.type": "send",
  "messaging.destination.template": leg === "ask" ? "inbox/{agent}" : "outcomes/{agent}",
  "messaging.destination.name": leg === "ask" ? `inbox/${story.to}` : `outcomes/${story.from}`,
  "messaging.message.conversation_id": story.id,
  "lighthouse.via": via,
});

const keyOf = (leg: Leg, id: string, via: Via): string => `${leg} ${id} ${via}`;

const nameOf = (fault: unknown): string => (fault instanceof Error ? fault.name : typeof fault);

const sampledOf = (traceparent: string | null): string | null =>
  readTraceparent(traceparent)?.isSampled === true ? traceparent : null;

const spanContext = ({ traceId, spanId, isSampled }: TraceContext) => ({
  traceId,
  spanId,
  traceFlags: isSampled ? 1 : 0,
  isRemote: true,
});

const contextOf = (traceparent: string | null): Context => {
  const read = readTraceparent(traceparent);
  return read === undefined
    ? ROOT_CONTEXT
    : trace.setSpanContext(ROOT_CONTEXT, spanContext({ ...read, isSampled: true }));
};

const linksTo = (traceparents: readonly string[]) =>
  traceparents.flatMap((each) => {
    const read = readTraceparent(each);
    return read === undefined ? [] : [{ context: spanContext(read) }];
  });

const contextIn = (span: Span): TraceContext => {
  const { traceId, spanId } = span.spanContext();
  return { traceId, spanId, isSampled: true };
};

const nothing = (): void => undefined;
const resolved = async (): Promise<void> => undefined;

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

const idsFrom = (rng: Rng) => ({ generateTraceId: () => hex(rng.bytes(16)), generateSpanId: () => hex(rng.bytes(8)) });

/** A wall clock that is this far from where the steady one says it should be was set. */
const JUMP_MS = 100;

/** Milliseconds since 1970 with fractions, which the wall clock lacks and a span of half a millisecond needs. */
const wallTime = (clock: Clock): (() => number) => {
  let offset = clock.now() - clock.monotonic();
  return () => {
    const steady = clock.monotonic();
    if (Math.abs(clock.now() - (offset + steady)) > JUMP_MS) offset = clock.now() - steady;
    return offset + steady;
  };
};
