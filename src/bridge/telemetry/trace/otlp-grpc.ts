import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-grpc";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import { type Sent, taken } from "../export/sent.ts";

/** How long a collector may take to answer, in milliseconds. */
const EXPORT_MS = 10_000;

/** OTLP over gRPC, by the SDK's own exporter. `address` is host and port; without TLS, as a collector beside the bridge. */
export const spansOverGrpc = (address: string) => {
  const exporter = new OTLPTraceExporter({ url: `http://${address}`, timeoutMillis: EXPORT_MS });
  return {
    send: (spans: readonly ReadableSpan[]): Promise<Sent> =>
      new Promise((resolve) =>
        exporter.export([...spans], ({ code, error }) => resolve(code === 0 ? taken : failed(address, error))),
      ),
    close: () => exporter.shutdown(),
  };
};

/** gRPC's codes for "not now": canceled, deadline exceeded, resource exhausted, aborted, out of range, unavailable, data loss. */
const transient: readonly number[] = [1, 4, 8, 10, 11, 14, 15];

const failed = (address: string, error: (Error & { readonly code?: number | string }) | undefined): Sent => {
  const code = Number(error?.code ?? 14);
  return { ok: false, isTransient: transient.includes(code), reason: `${address}: gRPC status ${code}` };
};
