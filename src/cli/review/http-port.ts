import type { Exchange, HttpRequest } from "../../review/probe/exchange.ts";
import { realClock } from "../world.ts";

const PATIENCE_MS = 10_000;
/** Of a reply; what is beyond is cut off, and its length said. */
const BODY_CHARS_MAX = 1_000_000;

/** Speaks HTTP with a bridge and keeps what was said. */
export const httpPort =
  (base: string, signal: AbortSignal) =>
  async (request: HttpRequest): Promise<Exchange> => {
    const at = realClock.now();
    const began = realClock.monotonic();
    const response = await fetch(new URL(request.path, base), {
      method: request.method,
      redirect: "manual",
      signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]),
      ...(request.headers === undefined ? {} : { headers: request.headers }),
      ...(request.body === undefined ? {} : { body: request.body }),
    });
    const text = await response.text();
    return {
      request,
      response: {
        status: response.status,
        contentType: response.headers.get("content-type") ?? "",
        body: text.length > BODY_CHARS_MAX ? `${text.slice(0, BODY_CHARS_MAX)}… (${text.length} characters)` : text,
      },
      at,
      tookMs: Math.round(realClock.monotonic() - began),
    };
  };
