/** One request and what came back, as it is kept for evidence. */
export interface HttpRequest {
  readonly method: "GET" | "POST" | "DELETE" | "HEAD";
  /** Below the bridge's URL. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Exchange {
  readonly request: HttpRequest;
  readonly response: {
    readonly status: number;
    readonly contentType: string;
    readonly body: string;
  };
  /** Milliseconds since 1970 when it left, and how long the answer took. */
  readonly at: number;
  readonly tookMs: number;
}

/** Headers that are credentials. */
const secretHeaders: ReadonlySet<string> = new Set(["authorization", "cookie", "x-api-key"]);

const REDACTED = "[redacted]";

/** The same exchange without credentials: neither those in headers nor any of these, wherever they stand. */
export const redacted = ({ request, response, at, tookMs }: Exchange, secrets: readonly string[]): Exchange => ({
  request: {
    ...request,
    path: without(request.path, secrets),
    ...(request.headers === undefined
      ? {}
      : {
          headers: Object.fromEntries(
            Object.entries(request.headers).map(([name, value]) => [
              name,
              secretHeaders.has(name.toLowerCase()) ? REDACTED : without(value, secrets),
            ]),
          ),
        }),
    ...(request.body === undefined ? {} : { body: without(request.body, secrets) }),
  },
  response: { ...response, body: without(response.body, secrets) },
  at,
  tookMs,
});

export const without = (text: string, secrets: readonly string[]): string =>
  secrets.reduce((left, secret) => (secret.length < SECRET_CHARS_MIN ? left : left.replaceAll(secret, REDACTED)), text);

/** Shorter ones would blot out ordinary words, and are no secrets worth the name. */
const SECRET_CHARS_MIN = 8;
