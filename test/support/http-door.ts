import type { FastifyInstance, HTTPMethods, LightMyRequestResponse } from "fastify";
import type { ProblemBody } from "../../src/bridge/transport/http/problem.ts";
import { type HttpPorts, serveHttp } from "../../src/bridge/transport/http/server.ts";
import type { ElicitationView } from "../../src/bridge/transport/views.ts";
import { undocumented } from "./documented.ts";
import { type TestAgent, type TestBridge, type TestBridgeOptions, testBridge } from "./test-bridge.ts";

export interface Call {
  readonly method?: HTTPMethods;
  readonly url: string;
  readonly as?: TestAgent;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON; or as it is, when it is text or bytes. */
  readonly body?: unknown;
}

export interface HttpDoor extends TestBridge {
  readonly app: FastifyInstance;
  /** One request without a socket. POST when there is a body, else GET. */
  readonly call: (call: Call) => Promise<Answer>;
}

export interface Answer {
  readonly status: number;
  readonly headers: LightMyRequestResponse["headers"];
  readonly text: string;
  /** The body, as whatever the caller says it is. */
  readonly json: <T = Record<string, unknown>>() => T;
  readonly problem: () => ProblemBody;
}

/** A test bridge behind its HTTP door, without a socket. */
export const httpDoor = async (
  options: TestBridgeOptions & { readonly http?: Partial<HttpPorts> } = {},
): Promise<HttpDoor> => {
  const t = await testBridge(options);
  let sessions = 0;
  const app = serveHttp({
    bridge: t.bridge,
    scheduler: t.scheduler,
    newSession: () => `http-${++sessions}`,
    onFault: t.onFault,
    ...options.http,
  });
  await app.ready();
  return { ...t, app, call: (call) => send(app, call) };
};

const send = async (app: FastifyInstance, { method, url, as, headers, body }: Call): Promise<Answer> => {
  const isRaw = typeof body === "string" || body instanceof Uint8Array;
  const response = await app.inject({
    method: (method ?? (body === undefined ? "GET" : "POST")) as "GET",
    url,
    headers: {
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...as?.headers,
      ...headers,
    },
    ...(body === undefined ? {} : { payload: isRaw ? Buffer.from(body as string) : JSON.stringify(body) }),
  });
  const said = {
    method: response.raw.req.method ?? "",
    path: url.split("?", 1)[0] as string,
    status: response.statusCode,
    contentType: String(response.headers["content-type"] ?? ""),
  };
  if (response.payload !== "") {
    const gaps = undocumented({ ...said, body: JSON.parse(response.payload) });
    if (gaps.length > 0) throw new Error(`the OpenAPI document does not say so: ${gaps.join("; ")}`);
  }
  return {
    status: response.statusCode,
    headers: response.headers,
    text: response.payload,
    json: <T>() => JSON.parse(response.payload) as T,
    problem: () => JSON.parse(response.payload) as ProblemBody,
  };
};

export type { ElicitationView };
