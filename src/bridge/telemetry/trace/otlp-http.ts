import { ProtobufTraceSerializer } from "@opentelemetry/otlp-transformer";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import { type HttpReply, type Post, sendBy } from "../export/post.ts";
import { type Sent, taken } from "../export/sent.ts";

/** OTLP over HTTP, in protobuf: what every collector and Jaeger take. `endpoint` without `/v1/traces`. */
export const spansOverHttp =
  (post: Post, endpoint: string, headers: Readonly<Record<string, string>> = {}) =>
  (spans: readonly ReadableSpan[]): Promise<Sent> => {
    const body = ProtobufTraceSerializer.serializeRequest([...spans]);
    if (body === undefined) return Promise.resolve(taken);
    const request = {
      url: `${endpoint.replace(/\/$/, "")}/v1/traces`,
      headers: { "content-type": "application/x-protobuf", ...headers },
      body,
    };
    return sendBy(post, request, accepted);
  };

/** A collector may take a batch and refuse some of it, and says so with 200. */
const accepted = ({ bytes }: HttpReply): Sent => {
  if (bytes.length === 0) return taken;
  try {
    const { partialSuccess } = ProtobufTraceSerializer.deserializeResponse(bytes);
    return { ok: true, rejected: Number(partialSuccess?.rejectedSpans ?? 0) };
  } catch {
    // It said 200 and something that is no OTLP; that it took them is what the status says.
    return taken;
  }
};
