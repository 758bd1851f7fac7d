import type { Sent } from "./sent.ts";

export interface HttpRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string;
}
export interface HttpReply {
  readonly status: number;
  readonly header: (name: string) => string | null;
  readonly bytes: Uint8Array;
}

/** One HTTP POST. Rejects when nobody could be reached, or nobody answered in time. */
export type Post = (request: HttpRequest) => Promise<HttpReply>;

/** How long a vendor may take to answer, in milliseconds. */
const POST_MS = 10_000;
/** Of a reply, in bytes. What is looked at is a few hundred. */
const REPLY_BYTES_MAX = 1_048_576;

export const postBy =
  (fetch: typeof globalThis.fetch): Post =>
  async ({ url, headers, body }) => {
    const response = await fetch(url, {
      method: "POST",
      headers,
      body: body as BodyInit,
      // An API key must not travel on to wherever somebody points.
      redirect: "error",
      signal: AbortSignal.timeout(POST_MS),
    });
    const bytes = new Uint8Array(await response.arrayBuffer());
    return {
      status: response.status,
      header: (name) => response.headers.get(name),
      bytes: bytes.subarray(0, REPLY_BYTES_MAX),
    };
  };

/** Sends by HTTP; what a success means is for `accepted` to say, because some say 200 and mean otherwise. */
export const sendBy = async (
  post: Post,
  request: HttpRequest,
  accepted: (reply: HttpReply) => Sent = () => ({ ok: true, rejected: 0 }),
): Promise<Sent> => {
  let reply: HttpReply;
  try {
    reply = await post(request);
  } catch (error) {
    return { ok: false, isTransient: true, reason: `${hostOf(request.url)}: ${codeOf(error)}` };
  }
  const { status } = reply;
  if (status >= 200 && status < 300) return accepted(reply);
  const retryAfterMs = secondsOf(reply.header("retry-after"));
  return {
    ok: false,
    // OTLP names 429, 502, 503 and 504; any other 5xx is a server that may be well again in a moment.
    isTransient: status === 429 || status === 408 || status >= 500,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    reason: `${hostOf(request.url)} said ${status}`,
  };
};

const hostOf = (url: string): string => new URL(url).host;

const codeOf = (error: unknown): string => {
  const { cause, name } = (error ?? {}) as { readonly cause?: { readonly code?: string }; readonly name?: string };
  return cause?.code ?? name ?? "no connection";
};

const secondsOf = (header: string | null): number | undefined =>
  header !== null && /^\d{1,6}$/.test(header) ? Number(header) * 1000 : undefined;
