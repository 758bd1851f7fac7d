import { OTLPLogExporter } from "@opentelemetry/exporter-logs-otlp-grpc";
import { ProtobufLogsSerializer } from "@opentelemetry/otlp-transformer";
import type { Resource } from "@opentelemetry/resources";
import type { ReadableLogRecord } from "@opentelemetry/sdk-logs";
import type { Scheduler } from "../../../domain/world.ts";
import { batches } from "../export/batches.ts";
import { type HttpReply, type Post, sendBy } from "../export/post.ts";
import { type ExportWatch, type Sent, taken } from "../export/sent.ts";
import type { Level, Line, LineSink } from "./line.ts";

export interface OtlpLinesOptions {
  readonly scheduler: Scheduler;
  readonly watch: ExportWatch;
  readonly resource: Resource;
  readonly send: (records: readonly ReadableLogRecord[]) => Promise<Sent>;
  /** Records kept while the collector is away. */
  readonly queueMax: number;
}

const BATCH_RECORDS = 512;
const DELAY_MS = 1_000;

/** Lines as OpenTelemetry's log records: the message is the body, every other field an attribute by its ECS name. */
export const otlpLines = ({ scheduler, watch, resource, send, queueMax }: OtlpLinesOptions) => {
  const waiting = batches<ReadableLogRecord>({
    scheduler,
    watch,
    send,
    batchMax: BATCH_RECORDS,
    queueMax,
    delayMs: DELAY_MS,
  });
  const sink: LineSink = (line) => waiting.add(recordOf(line, resource));
  return { sink, close: waiting.close };
};

/** OTLP over HTTP, in protobuf. `endpoint` without `/v1/logs`. */
export const logsOverHttp =
  (post: Post, endpoint: string, headers: Readonly<Record<string, string>> = {}) =>
  (records: readonly ReadableLogRecord[]): Promise<Sent> => {
    const body = ProtobufLogsSerializer.serializeRequest([...records]);
    if (body === undefined) return Promise.resolve(taken);
    const url = `${endpoint.replace(/\/$/, "")}/v1/logs`;
    return sendBy(post, { url, headers: { "content-type": "application/x-protobuf", ...headers }, body }, accepted);
  };

const accepted = ({ bytes }: HttpReply): Sent => {
  if (bytes.length === 0) return taken;
  try {
    const { partialSuccess } = ProtobufLogsSerializer.deserializeResponse(bytes);
    return { ok: true, rejected: Number(partialSuccess?.rejectedLogRecords ?? 0) };
  } catch {
    return taken;
  }
};

const EXPORT_MS = 10_000;

/** OTLP over gRPC, by the SDK's own exporter. */
export const logsOverGrpc = (address: string) => {
  const exporter = new OTLPLogExporter({ url: `http://${address}`, timeoutMillis: EXPORT_MS });
  return {
    send: (records: readonly ReadableLogRecord[]): Promise<Sent> =>
      new Promise((resolve) =>
        exporter.export([...records], ({ code, error }) =>
          resolve(
            code === 0 ? taken : { ok: false, isTransient: true, reason: `${address}: ${error?.name ?? "failed"}` },
          ),
        ),
      ),
    close: () => exporter.shutdown(),
  };
};

/** OpenTelemetry's numbers: 5 is debug, 9 info, 13 warn, 17 error. */
const severities: Readonly<Record<Level, number>> = { debug: 5, info: 9, warn: 13, error: 17 };

const scope = { name: "lighthouse-bridge" };

const recordOf = (line: Line, resource: Resource): ReadableLogRecord => {
  const ms = Date.parse(line["@timestamp"]);
  const time: [number, number] = [Math.floor(ms / 1000), (ms % 1000) * 1e6];
  const { trace, span, event, error, lighthouse } = line;
  return {
    hrTime: time,
    hrTimeObserved: time,
    severityNumber: severities[line["log.level"]],
    severityText: line["log.level"],
    body: line.message,
    eventName: event.action,
    resource,
    instrumentationScope: scope,
    attributes: { ...flat("event", event), ...flat("error", error), ...flat("lighthouse", lighthouse) },
    droppedAttributesCount: 0,
    ...(trace === undefined || span === undefined
      ? {}
      : { spanContext: { traceId: trace.id, spanId: span.id, traceFlags: 1 } }),
  } as ReadableLogRecord;
};

const flat = (prefix: string, fields: object | undefined) =>
  Object.fromEntries(Object.entries(fields ?? {}).map(([name, value]) => [`${prefix}.${name}`, value]));
