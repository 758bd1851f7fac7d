import type { Scheduler } from "../../../domain/world.ts";

export interface CallPorts {
  readonly fetch: typeof globalThis.fetch;
  /** Waits between attempts; without one there is a single attempt. */
  readonly scheduler?: Scheduler | undefined;
  /** Ends what is under way and every wait, as Ctrl-C does. */
  readonly signal?: AbortSignal | undefined;
}

export interface Request {
  readonly method: "GET" | "POST" | "PUT";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /**
   * True when doing it twice is the same as once. What is not is repeated only when the other side said that it had not
   * begun (429): after a 5xx or a broken connection nobody knows, and the caller has to look.
   */
  readonly isRepeatable: boolean;
  /** Fewer attempts than the usual, for a look that somebody waits for. */
  readonly attempts?: number;
}

export type Called =
  | { readonly ok: true; readonly status: number; readonly body: unknown }
  /** `isKnown`: whether it is certain that nothing happened over there. */
  | { readonly ok: false; readonly reason: string; readonly status?: number; readonly isKnown: boolean };

export const callLimits = {
  attempts: 4,
  timeoutMs: 10_000,
  /** The first wait; each further one is twice as long. */
  backoffMs: 500,
  /** A longer Retry-After than this is not waited for: a person is looking at a progress bar. */
  retryAfterMsMax: 60_000,
  /** Of a reply, in characters; what is quoted from it is much less. */
  replyCharsMax: 1_048_576,
} as const;

/** One call of somebody's HTTP API, with bounded patience. Nothing of the headers is ever part of what is said about it. */
export const call = async (ports: CallPorts, request: Request): Promise<Called> => {
  for (let attempt = 1; ; attempt++) {
    const outcome = await once(ports, request);
    if (outcome.ok || attempt === (request.attempts ?? callLimits.attempts)) return outcome;
    const waitMs = outcome.retryAfterMs ?? callLimits.backoffMs * 2 ** (attempt - 1);
    const mayRepeat = outcome.isTransient && (request.isRepeatable || outcome.isKnown);
    const { scheduler, signal } = ports;
    if (!mayRepeat || waitMs > callLimits.retryAfterMsMax || scheduler === undefined) return outcome;
    await waited(scheduler, waitMs, signal);
    if (signal?.aborted === true) return outcome;
  }
};

const waited = (scheduler: Scheduler, ms: number, signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      cancel();
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const cancel = scheduler.after(ms, done);
    signal?.addEventListener("abort", done, { once: true });
  });

type Once = Called & { readonly isTransient?: boolean; readonly retryAfterMs?: number };

const once = async ({ fetch, signal }: CallPorts, { method, url, headers, body }: Request): Promise<Once> => {
  const timeUp = AbortSignal.timeout(callLimits.timeoutMs);
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, {
      method,
      headers: { accept: "application/json", "content-type": "application/json", ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      // A credential must not travel on to wherever somebody points.
      redirect: "error",
      signal: signal === undefined ? timeUp : AbortSignal.any([timeUp, signal]),
    });
    text = (await response.text()).slice(0, callLimits.replyCharsMax);
  } catch (error) {
    if (signal?.aborted === true)
      return { ok: false, reason: `${hostOf(url)}: stopped before it answered`, isKnown: false };
    const neverArrived = /ECONNREFUSED|ENOTFOUND|EAI_AGAIN/.test(codeOf(error));
    return { ok: false, reason: `${hostOf(url)}: ${inWords(error)}`, isKnown: neverArrived, isTransient: true };
  }
  const { status } = response;
  if (status >= 200 && status < 300) return { ok: true, status, body: parsed(text) };
  const retryAfterMs = secondsOf(response.headers.get("retry-after"));
  return {
    ok: false,
    status,
    reason: `${hostOf(url)} said ${status} to ${method} ${new URL(url).pathname}${said(text)}`,
    isKnown: status < 500,
    isTransient: status === 429 || status >= 500,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
};

const hostOf = (url: string): string => new URL(url).host;

/** Delta seconds. The other form, a date, would need the other side's clock. */
const secondsOf = (header: string | null): number | undefined =>
  header !== null && /^\d{1,6}$/.test(header) ? Number(header) * 1000 : undefined;

const codeOf = (error: unknown): string => {
  const { cause, name } = error as { readonly cause?: { readonly code?: string }; readonly name?: string };
  return cause?.code ?? name ?? "";
};

const inWords = (error: unknown): string => {
  const code = codeOf(error);
  switch (code) {
    case "ECONNREFUSED":
      return "nobody listens there";
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return "there is no such host";
    case "TimeoutError":
      return `no answer within ${callLimits.timeoutMs / 1000} s`;
    default:
      return code === "" ? "the connection broke" : `the connection broke (${code})`;
  }
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
};

const quoted = 300;

/** What the other side gave as its reason: `error.message` and `errors` where there are any, else its first words. */
const said = (text: string): string => {
  const body = parsed(text) as { error?: { message?: unknown; errors?: unknown } | string; message?: unknown } | null;
  const error = typeof body === "object" ? body?.error : undefined;
  const parts =
    typeof error === "object"
      ? [error.message, ...(Array.isArray(error.errors) ? error.errors : [])]
      : [error ?? (typeof body === "object" ? body?.message : text)];
  const words = parts.filter((part) => typeof part === "string" && part !== "").join(": ");
  return words === "" ? "" : `: ${words.slice(0, quoted)}`;
};
