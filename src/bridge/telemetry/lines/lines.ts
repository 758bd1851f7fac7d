import { idOf, type Recorded } from "../../../domain/event.ts";
import type { Served } from "../../../domain/observer.ts";
import { violationOf } from "../../../domain/refusal.ts";
import type { Clock } from "../../../domain/world.ts";
import { isFault } from "../refused.ts";
import type { Sink } from "../sink.ts";
import type { Turn } from "../story.ts";
import { readTraceparent } from "../traceparent.ts";
import { DATASET, ECS_VERSION, type Level, type Line, type LineSink, levels, type Ours, type Service } from "./line.ts";

export interface LineOptions {
  readonly clock: Clock;
  readonly service: Service;
  readonly level: Level;
  readonly sinks: readonly LineSink[];
  /**
   * Lines about ordinary elicitations and refusals in one second. At 12,000 round trips a second they would be 6 MB a
   * second; what is beyond is counted and said in one line. Violations, faults and what is slow are always written.
   */
  readonly routinePerSecondMax?: number;
  /** The bridge's own time above which a leg is worth a line, in milliseconds. */
  readonly slowMs?: number;
}

export interface Lines extends Sink {
  /** Something about the bridge itself. `fault` is written with its stack. */
  readonly say: (
    level: Level,
    action: string,
    message: string,
    more?: { readonly ours?: Ours; readonly fault?: unknown },
  ) => void;
}

const ROUTINE_PER_SECOND_MAX = 100;
const SLOW_MS = 300;

/** What happens on a bridge, as lines. */
export const lines = (options: LineOptions): Lines => {
  const { clock, service, sinks } = options;
  const { routinePerSecondMax = ROUTINE_PER_SECOND_MAX, slowMs = SLOW_MS } = options;
  const least = levels.indexOf(options.level);
  let second = Number.NEGATIVE_INFINITY;
  let written = 0;
  let leftOut = 0;

  const write = (level: Level, message: string, about: About): void => {
    if (levels.indexOf(level) < least) return;
    const { action, trace, ours, ...rest } = about;
    const context = readTraceparent(trace ?? null);
    const line: Line = {
      "@timestamp": new Date(clock.now()).toISOString(),
      "log.level": level,
      message,
      "ecs.version": ECS_VERSION,
      service,
      event: { dataset: DATASET, kind: rest.kind ?? "event", action, ...rest.event },
      ...(rest.error === undefined ? {} : { error: rest.error }),
      ...(context === undefined ? {} : { trace: { id: context.traceId }, span: { id: context.spanId } }),
      ...(ours === undefined ? {} : { lighthouse: ours }),
    };
    const text = JSON.stringify(line);
    for (const sink of sinks) sink(line, text);
  };

  /** True when there is still room for a routine line in this second. */
  const mayWriteRoutine = (): boolean => {
    const now = clock.monotonic();
    if (now - second >= 1000) {
      second = now;
      written = 0;
      if (leftOut > 0) {
        write("info", `${leftOut} routine lines were left out`, {
          action: "lines.left_out",
          ours: { left_out: leftOut },
        });
        leftOut = 0;
      }
    }
    if (written < routinePerSecondMax) {
      written++;
      return true;
    }
    leftOut++;
    return false;
  };

  const ended = (event: Recorded, { story }: Turn): void => {
    if (least > levels.indexOf("info") || !mayWriteRoutine()) return;
    const own = story.ownMs + (story.answerReceived === undefined ? 0 : clock.monotonic() - story.answerReceived);
    write("info", `elicitation ${event.type.slice("elicitation.".length)}`, {
      action: event.type,
      trace: event.trace ?? story.trace,
      event: {
        category: ["session"],
        outcome: event.type === "elicitation.expired" ? "failure" : "success",
        duration: Math.round((event.time - story.askedAt) * 1e6),
      },
      ours: {
        elicitation_id: story.id,
        agent_id: story.from,
        target_id: story.to,
        ...(own > 0 ? { latency_ms: rounded(own) } : {}),
        security_event: false,
        arm: story.arm,
        position: event.position,
      },
    });
  };

  return {
    folded: (event, turn) => {
      if (turn?.hasEnded === true) return ended(event, turn);
      const about = noteworthy(event);
      if (about !== undefined) write(about.level, about.message, { ...about, trace: event.trace });
    },
    entered: (_operation, traceparent) => traceparent,
    handing: (_leg, _story, _via, trace) => trace,
    handed: (leg, story, via, ms, error) => {
      const ours = { elicitation_id: story.id, agent_id: leg === "ask" ? story.to : story.from, leg, via };
      const trace = leg === "ask" ? story.trace : story.endTrace;
      if (error !== undefined) {
        write("warn", "a delivery failed: its bytes never left", {
          action: "delivery.failed",
          trace,
          event: { category: ["network"], outcome: "failure" },
          error: { type: error.name, message: error.message },
          ours: { ...ours, error_code: "delivery_failed" },
        });
      } else if (ms !== undefined && ms > slowMs) {
        write("warn", `slow: the bridge took ${Math.round(ms)} ms of its own time`, {
          action: "bridge.slow",
          trace,
          event: { duration: Math.round(ms * 1e6) },
          ours: { ...ours, latency_ms: rounded(ms) },
        });
      }
    },
    served: (call) => {
      if (isFault(call))
        return write(call.fault === undefined ? "warn" : "error", "the bridge failed a call", failed(call));
      const { refusal } = call;
      // A violation has an event of its own, and one line is enough.
      if (refusal === undefined || violationOf(refusal.code) !== undefined) return;
      if (least <= levels.indexOf("info") && mayWriteRoutine()) write("info", `refused: ${refusal.code}`, failed(call));
    },
    say: (level, action, message, more = {}) =>
      write(level, message, {
        action,
        ...(more.ours === undefined ? {} : { ours: more.ours }),
        ...(more.fault === undefined ? {} : { error: errorOf(more.fault) }),
      }),
  };
};

interface About {
  readonly action: string;
  readonly kind?: Line["event"]["kind"];
  readonly event?: Omit<Line["event"], "dataset" | "kind" | "action">;
  readonly error?: Line["error"];
  readonly trace?: string | null;
  readonly ours?: Ours;
}

/** Events that somebody wants to find by themselves; the rest is in the log, and need not be in two. */
const noteworthy = (event: Recorded): (About & { readonly level: Level; readonly message: string }) | undefined => {
  const common = { action: event.type };
  switch (event.type) {
    case "security.violation": {
      const { kind, severity, code, subject } = event.data;
      return {
        ...common,
        level: severity === "critical" ? "error" : "warn",
        message: `security violation: ${kind}`,
        kind: "alert",
        event: { category: ["intrusion_detection"], outcome: "failure" },
        error: { code },
        ours: {
          agent_id: event.actor,
          ...(subject.startsWith("elicitation/") ? { elicitation_id: idOf(subject) } : {}),
          security_event: true,
          error_code: code,
          violation: kind,
          severity,
          subject,
          position: event.position,
        },
      };
    }
    case "agent.registered":
    case "agent.revoked":
      return {
        ...common,
        level: "info",
        message: `agent ${event.type.slice("agent.".length)}: ${idOf(event.stream)}`,
        event: { category: ["iam"], outcome: "success" },
        ours: { agent_id: idOf(event.stream), security_event: false, position: event.position },
      };
    case "mode.emergency_entered":
      return {
        ...common,
        level: "error",
        message: `emergency, no new work is taken: ${event.data.detail}`,
        kind: "alert",
        event: { category: ["process"], outcome: "failure" },
        error: { code: event.data.trigger },
        ours: { agent_id: event.actor, position: event.position },
      };
    case "mode.recovery_begun":
    case "mode.normal_resumed":
      return {
        ...common,
        level: "warn",
        message: event.type === "mode.normal_resumed" ? "back to normal" : "recovering, no new work is taken",
        event: { category: ["process"], outcome: "success" },
        ours: { agent_id: event.actor, position: event.position },
      };
    case "flag.set":
    case "flag.killed":
    case "flag.restored":
      return {
        ...common,
        level: event.type === "flag.killed" ? "warn" : "info",
        message: `flag ${event.type.slice("flag.".length)}: ${idOf(event.stream)}, fence ${event.data.fence}`,
        event: { category: ["configuration"], outcome: "success" },
        ours: { agent_id: event.actor, position: event.position },
      };
    case "elicitation.dead_lettered":
      return {
        ...common,
        level: "warn",
        message: `dead letter: handed out ${event.data.deliveries} times, and nobody has it`,
        event: { category: ["session"], outcome: "failure" },
        ours: { elicitation_id: idOf(event.stream), target_id: event.parties[1] ?? "", position: event.position },
      };
    case "elicitation.requeued":
      return {
        ...common,
        level: "info",
        message: "dead letter put back into its mailbox",
        event: { category: ["session"], outcome: "success" },
        ours: { agent_id: event.actor, elicitation_id: idOf(event.stream), position: event.position },
      };
    case "mailbox.discarded":
      return {
        ...common,
        level: "info",
        message: "dead letter that had expired listed no more",
        event: { category: ["session"], outcome: "success" },
        ours: { agent_id: event.actor, elicitation_id: event.data.elicitation, position: event.position },
      };
    case "bridge.started":
      return {
        ...common,
        level: "info",
        message: `bridge started, ${event.data.openElicitations} elicitations open`,
        event: { category: ["process"], outcome: "success" },
        ours: { position: event.position },
      };
    case "bridge.stopped":
      return {
        ...common,
        level: "info",
        message: "bridge stopped",
        event: { category: ["process"], outcome: "success" },
        ours: { position: event.position },
      };
    default:
      return undefined;
  }
};

const failed = ({ operation, actor, trace, subject, refusal, fault }: Served): About => ({
  action: operation,
  trace,
  event: { category: ["api"], outcome: "failure" },
  error: fault === undefined ? { code: refusal?.code ?? "internal" } : errorOf(fault),
  ours: {
    agent_id: actor,
    ...(subject === undefined ? {} : { elicitation_id: subject }),
    security_event: false,
    error_code: refusal?.code ?? "internal",
    operation,
  },
});

const STACK_CHARS_MAX = 8_192;

const errorOf = (fault: unknown): NonNullable<Line["error"]> =>
  fault instanceof Error
    ? {
        type: fault.name,
        message: fault.message,
        ...(fault.stack === undefined ? {} : { stack_trace: fault.stack.slice(0, STACK_CHARS_MAX) }),
      }
    : { message: String(fault) };

const rounded = (ms: number): number => Math.round(ms * 1000) / 1000;
