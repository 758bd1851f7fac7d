import protobuf from "protobufjs";

/**
 * The parts of OTLP that tests look into, by the field numbers of its published .proto files
 * (opentelemetry/proto/{common,resource,trace,logs,metrics}/v1). A second implementation, so that what our encoder wrote
 * is read by somebody else.
 */
const { root } = protobuf.parse(`
syntax = "proto3";
message AnyValue { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; ArrayValue array_value = 5; } }
message ArrayValue { repeated AnyValue values = 1; }
message KeyValue { string key = 1; AnyValue value = 2; }
message Resource { repeated KeyValue attributes = 1; }
message Scope { string name = 1; }
message Link { bytes trace_id = 1; bytes span_id = 2; }
message Status { string message = 2; int32 code = 3; }
message Span { bytes trace_id = 1; bytes span_id = 2; bytes parent_span_id = 4; string name = 5; int32 kind = 6;
  fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8; repeated KeyValue attributes = 9;
  repeated Link links = 13; Status status = 15; }
message ScopeSpans { Scope scope = 1; repeated Span spans = 2; }
message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
message Traces { repeated ResourceSpans resource_spans = 1; }
message LogRecord { fixed64 time_unix_nano = 1; int32 severity_number = 2; string severity_text = 3; AnyValue body = 5;
  repeated KeyValue attributes = 6; bytes trace_id = 9; bytes span_id = 10; string event_name = 12; }
message ScopeLogs { Scope scope = 1; repeated LogRecord log_records = 2; }
message ResourceLogs { Resource resource = 1; repeated ScopeLogs scope_logs = 2; }
message Logs { repeated ResourceLogs resource_logs = 1; }
message NumberDataPoint { fixed64 start_time_unix_nano = 2; fixed64 time_unix_nano = 3; double as_double = 4; sfixed64 as_int = 6; repeated KeyValue attributes = 7; }
message HistogramDataPoint { fixed64 start_time_unix_nano = 2; fixed64 time_unix_nano = 3; fixed64 count = 4; double sum = 5;
  repeated fixed64 bucket_counts = 6; repeated double explicit_bounds = 7; repeated KeyValue attributes = 9; }
message Gauge { repeated NumberDataPoint data_points = 1; }
message Sum { repeated NumberDataPoint data_points = 1; int32 aggregation_temporality = 2; bool is_monotonic = 3; }
message Histogram { repeated HistogramDataPoint data_points = 1; int32 aggregation_temporality = 2; }
message Metric { string name = 1; string unit = 3; Gauge gauge = 5; Sum sum = 7; Histogram histogram = 9; }
message ScopeMetrics { Scope scope = 1; repeated Metric metrics = 2; }
message ResourceMetrics { Resource resource = 1; repeated ScopeMetrics scope_metrics = 2; }
message Metrics { repeated ResourceMetrics resource_metrics = 1; }
`);

interface KeyValue {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}
export interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly name: string;
  readonly attributes: readonly KeyValue[];
}
export interface OtlpLog {
  readonly traceId: string;
  readonly severityNumber: number;
  readonly body: { readonly stringValue: string };
  readonly attributes: readonly KeyValue[];
}
interface DataPoint {
  readonly attributes: readonly KeyValue[];
  readonly asDouble?: number;
  readonly asInt?: number;
  readonly count?: number;
  readonly sum?: number;
  readonly bucketCounts?: readonly number[];
  readonly explicitBounds?: readonly number[];
}
export interface OtlpMetric {
  readonly name: string;
  readonly unit: string;
  readonly gauge?: { readonly dataPoints: readonly DataPoint[] };
  readonly sum?: {
    readonly dataPoints: readonly DataPoint[];
    readonly aggregationTemporality: number;
    readonly isMonotonic: boolean;
  };
  readonly histogram?: { readonly dataPoints: readonly DataPoint[]; readonly aggregationTemporality: number };
}

const decode = (type: string, bytes: Uint8Array): Record<string, unknown> => {
  const message = root.lookupType(type);
  return message.toObject(message.decode(bytes), { longs: Number, bytes: String, arrays: true });
};
const list = (value: unknown, name: string): Record<string, unknown>[] =>
  ((value as Record<string, unknown>)[name] as Record<string, unknown>[] | undefined) ?? [];

/** protobufjs writes bytes in base64, and ids are read in hex. */
const hex = (base64: unknown): string => Buffer.from(String(base64 ?? ""), "base64").toString("hex");

export const spansIn = (bytes: Uint8Array): readonly OtlpSpan[] =>
  list(decode("Traces", bytes), "resourceSpans")
    .flatMap((each) => list(each, "scopeSpans"))
    .flatMap((each) => list(each, "spans"))
    .map((span) => ({ ...span, traceId: hex(span["traceId"]), spanId: hex(span["spanId"]) }) as unknown as OtlpSpan);

export const logsIn = (bytes: Uint8Array): readonly OtlpLog[] =>
  list(decode("Logs", bytes), "resourceLogs")
    .flatMap((each) => list(each, "scopeLogs"))
    .flatMap((each) => list(each, "logRecords"))
    .map((log) => ({ ...log, traceId: hex(log["traceId"]) }) as unknown as OtlpLog);

export const metricsIn = (bytes: Uint8Array): readonly OtlpMetric[] =>
  list(decode("Metrics", bytes), "resourceMetrics")
    .flatMap((each) => list(each, "scopeMetrics"))
    .flatMap((each) => list(each, "metrics")) as unknown as readonly OtlpMetric[];

/** Attributes as an object, whatever their types. */
export const attributesOf = (attributes: readonly KeyValue[]): Readonly<Record<string, unknown>> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));

/** Attributes of the first resource of a request, whichever signal it is for. */
export const resourceIn = (bytes: Uint8Array): Readonly<Record<string, unknown>> => {
  const first = list(decode("Traces", bytes), "resourceSpans")[0];
  const { attributes = [] } = (first?.["resource"] ?? {}) as { readonly attributes?: readonly KeyValue[] };
  return attributesOf(attributes);
};
