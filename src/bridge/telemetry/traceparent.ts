/** W3C trace context, version 00: `00-<32 hex trace id>-<16 hex span id>-<2 hex flags>`. */
const form = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

export interface TraceContext {
  readonly traceId: string;
  readonly spanId: string;
  readonly isSampled: boolean;
}

/** Undefined for what is no valid traceparent: version ff, and ids that are all zero, are invalid by the standard. */
export const readTraceparent = (text: string | null | undefined): TraceContext | undefined => {
  const [, traceId = "", spanId = "", flags = "00"] = form.exec(text ?? "") ?? [];
  if (traceId === "" || /^0+$/.test(traceId) || /^0+$/.test(spanId) || text?.startsWith("ff")) return undefined;
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & 1) === 1 };
};

export const writeTraceparent = ({ traceId, spanId, isSampled }: TraceContext): string =>
  `00-${traceId}-${spanId}-${isSampled ? "01" : "00"}`;

const TRACE_FROM = 3;
const TRACE_TO = 35;

/** The trace id of a traceparent whose trace is kept. What stands in an event was checked when it came in. */
export const sampledTraceId = (traceparent: string | null): string | undefined =>
  traceparent === null || (Number.parseInt(traceparent.slice(-2), 16) & 1) === 0
    ? undefined
    : traceparent.slice(TRACE_FROM, TRACE_TO);
