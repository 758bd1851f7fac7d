import type { Recorded } from "../../domain/event.ts";
import type { Leg, Served, Via } from "../../domain/observer.ts";
import { signals, violations } from "../../domain/signal.ts";
import type { Clock } from "../../domain/world.ts";
import type { LogFault } from "../log/log.ts";
import { isFault, limitOf, refusalClassOf, viewOfCall, violationOfCall, violationOfEvent } from "./refused.ts";
import type { Exemplar, Series } from "./series.ts";
import type { Arm, Story, Turn } from "./story.ts";
import { sampledTraceId } from "./traceparent.ts";

/** What events, calls and deliveries mean in numbers. */
export const meter = (series: Series, clock: Clock) => {
  const exemplar = (trace: string | null, value: number): Exemplar | undefined => {
    const traceId = sampledTraceId(trace);
    return traceId === undefined ? undefined : { traceId, value, time: clock.now() / 1000 };
  };

  const violation = (type: keyof typeof violations): void =>
    series.add(signals.securityViolations, { type, severity: violations[type] });

  const ended = (event: Recorded, { story }: Turn): void => {
    const { arm } = story;
    switch (event.type) {
      case "elicitation.accepted":
      case "elicitation.declined": {
        const status = event.type === "elicitation.accepted" ? "accepted" : "declined";
        const seconds = Math.max(0, event.time - story.askedAt) / 1000;
        if (story.stage !== "claimed") series.add(signals.elicitationsClaimed, { arm });
        series.add(signals.elicitationsEnded, { status, arm });
        series.record(signals.responseTime, { response_type: status }, seconds, exemplar(event.trace, seconds));
        return;
      }
      case "elicitation.cancelled":
        return series.add(signals.elicitationsEnded, { status: "cancelled", arm });
      case "elicitation.expired":
        return series.add(signals.elicitationsEnded, { status: "expired", arm });
      default:
        return;
    }
  };

  return {
    replayed: (event: Recorded): void => series.set(signals.logPosition, {}, event.position),
    folded: (event: Recorded, turn: Turn | undefined): void => {
      series.add(signals.logEvents, {});
      series.set(signals.logPosition, {}, event.position);
      if (event.type === "security.violation") violation(violationOfEvent(event.data.kind));
      else if (event.type === "elicitation.dead_lettered") series.add(signals.deadLetters, {});
      if (turn === undefined) return;
      const { story, before, hasEnded } = turn;
      const { arm } = story;
      if (hasEnded) return ended(event, turn);
      if (event.type === "elicitation.asked") series.add(signals.elicitationsAsked, { arm });
      if (event.type === "elicitation.claimed" && before !== "claimed")
        series.add(signals.elicitationsClaimed, { arm });
      if (event.type !== "elicitation.offered" || story.wasOffered) return;
      story.wasOffered = true;
      series.add(signals.elicitationsOffered, { via: event.data.via, arm });
    },
    /** `arm`: of the question that it was about, or would have been. */
    served: (call: Served, arm: Arm): void => {
      const { operation, refusal } = call;
      const view = viewOfCall[operation];
      if (view !== undefined) series.record(signals.reads, { view }, (clock.monotonic() - call.receivedAt) / 1000);
      const isAsk = operation === "elicitations.ask";
      if (isFault(call)) {
        if (isAsk || operation === "elicitations.answer") {
          series.add(signals.elicitationsEnded, { status: "error", arm });
        }
        return;
      }
      if (refusal === undefined) return;
      if (isAsk) series.add(signals.elicitationsEnded, { status: "rejected", arm });
      const reason = operation === "elicitations.answer" ? refusalClassOf(refusal.code) : undefined;
      if (reason !== undefined) series.add(signals.answersRefused, { reason });
      const limit_type = limitOf(refusal.code, operation);
      if (limit_type !== undefined) series.add(signals.rateLimitRefusals, { limit_type });
      const kind = violationOfCall(refusal.code, operation);
      if (kind !== undefined) violation(kind);
    },
    handing: (via: Via): void => series.add(signals.deliveryAttempts, { via }),
    handed: (story: Story | undefined, via: Via, isOffered: boolean): void =>
      series.add(signals.deliveries, { via, result: isOffered ? "offered" : "failed", arm: story?.arm ?? "canary" }),
    leg: (leg: Leg, { arm, trace, endTrace }: Story, ms: number): void => {
      const seconds = ms / 1000;
      const example = exemplar(leg === "ask" ? trace : endTrace, seconds);
      series.record(signals.bridgeOverhead, { leg, arm }, seconds, example);
    },
    appended: (ms: number): void => series.record(signals.logAppend, {}, ms / 1000),
    log: {
      committed: (events: number): void => {
        if (events > 0) series.record(signals.logBatch, {}, events);
      },
      failed: (fault: LogFault, appends: number): void =>
        series.add(signals.logAppendFailures, { reason: fault }, appends),
      /** All of the log was read again: whether every event, hash and checkpoint fits. */
      verified: (isWhole: boolean): void => {
        series.add(signals.logVerifications, {});
        if (isWhole) return;
        series.add(signals.logVerificationFailures, {});
        violation("tampered_log");
      },
      checkpointed: (size: number): void => series.set(signals.logCheckpoint, {}, size),
      probed: (ms: number): void => series.set(signals.logSyncProbe, {}, ms / 1000),
    },
  };
};

export type Meter = ReturnType<typeof meter>;
