import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** What came in, as a fake of somebody's API sees it. */
export interface Incoming {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  readonly text: string;
}
export interface Outgoing {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Breaks the connection instead of answering. */
  readonly hangUp?: true;
}

export interface FakeServer {
  readonly url: string;
  readonly seen: readonly Incoming[];
  /** The next requests get these instead of the usual; the request is served first when `after` is set. */
  readonly instead: (...answers: (Outgoing & { readonly after?: true })[]) => void;
  readonly close: () => Promise<void>;
}

/** A real HTTP server on loopback that stands in for a vendor's. */
export const fakeServer = async (serve: (request: Incoming) => Outgoing): Promise<FakeServer> => {
  const seen: Incoming[] = [];
  const queued: (Outgoing & { readonly after?: true })[] = [];
  const server: Server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const url = new URL(request.url ?? "/", "http://fake");
    const bytes = Buffer.concat(chunks);
    const incoming: Incoming = {
      method: request.method ?? "",
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      bytes,
      text: bytes.toString("utf8"),
    };
    seen.push(incoming);
    const instead = queued.shift();
    if (instead?.after === true) serve(incoming);
    const { status, headers = {}, body, hangUp } = instead ?? serve(incoming);
    if (hangUp === true) return void request.socket.destroy();
    const text = typeof body === "string" ? body : body === undefined ? "" : JSON.stringify(body);
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    instead: (...answers) => void queued.push(...answers),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

/** Waits are over at once; how long they would have been is remembered. */
export const impatient = () => {
  const waits: number[] = [];
  return {
    waits,
    scheduler: {
      after: (delayMs: number, task: () => void) => {
        waits.push(delayMs);
        setImmediate(task);
        return () => undefined;
      },
    },
  };
};
