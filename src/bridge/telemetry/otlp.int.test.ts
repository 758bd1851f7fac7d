import { Server, ServerCredentials } from "@grpc/grpc-js";
import { resourceFromAttributes } from "@opentelemetry/resources";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import { afterEach, describe, expect, it } from "vitest";
import { fakeServer, type Outgoing } from "../../../test/ops/fake-server.ts";
import { manualTime } from "../../../test/support/manual-time.ts";
import { attributesOf, logsIn, resourceIn, spansIn } from "../../../test/support/otlp.ts";
import { seededRng } from "../../../test/support/seeded-rng.ts";
import { eventually } from "../../../test/support/tcp-listener.ts";
import type { Scheduler } from "../../domain/world.ts";
import { batches } from "./export/batches.ts";
import { postBy } from "./export/post.ts";
import type { Sent } from "./export/sent.ts";
import { elasticLines } from "./lines/elasticsearch.ts";
import type { Line } from "./lines/line.ts";
import { lines } from "./lines/lines.ts";
import { logsOverGrpc, logsOverHttp, otlpLines } from "./lines/otlp.ts";
import { spansOverGrpc } from "./trace/otlp-grpc.ts";
import { spansOverHttp } from "./trace/otlp-http.ts";
import { spans } from "./trace/spans.ts";

const resource = resourceFromAttributes({ "service.name": "lighthouse-bridge", "deployment.environment.name": "test" });
/** Waits a tenth as long as it is told to. */
const scheduler: Scheduler = {
  after: (delayMs, task) => {
    const timer = setTimeout(task, delayMs / 10);
    return () => clearTimeout(timer);
  },
};
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const told = () => {
  const seen = { sent: 0, failed: [] as string[], dropped: 0 };
  return {
    seen,
    watch: {
      sent: () => {
        seen.sent++;
      },
      failed: (reason: string) => void seen.failed.push(reason),
      dropped: (items: number) => {
        seen.dropped += items;
      },
    },
  };
};

/** Spans of calls that fail, which are always kept. */
const spanSource = (send: (spans: readonly ReadableSpan[]) => Promise<Sent>) => {
  const clock = manualTime(1_767_571_200_000);
  const { seen, watch } = told();
  const waiting = batches<ReadableSpan>({ scheduler, watch, send, batchMax: 512, queueMax: 2_048, delayMs: 100 });
  closing.push(waiting.close);
  const sink = spans({
    clock,
    rng: seededRng(3),
    sampling: { ratio: 0, perSecondMax: 1 },
    resource,
    onEnd: (span) => void waiting.add(span),
  });
  const fail = (n: number): void => {
    for (let i = 0; i < n; i++) {
      sink.served({
        operation: "elicitations.ask",
        actor: "alice",
        trace: null,
        receivedAt: 0,
        fault: new TypeError("a bug"),
      });
    }
  };
  return { fail, seen };
};

const collector = async (port = 0) => {
  const got = { spans: [] as Uint8Array[], logs: [] as Uint8Array[] };
  const server = new Server();
  const method = (path: string, into: Uint8Array[]) =>
    server.addService(
      {
        Export: {
          path,
          requestStream: false,
          responseStream: false,
          requestDeserialize: (bytes: Buffer) => bytes,
          requestSerialize: (bytes: Buffer) => bytes,
          responseDeserialize: (bytes: Buffer) => bytes,
          responseSerialize: (bytes: Buffer) => bytes,
        },
      },
      {
        Export: (call: { request: Buffer }, reply: (error: null, bytes: Buffer) => void) => {
          into.push(call.request);
          reply(null, Buffer.alloc(0));
        },
      },
    );
  method("/opentelemetry.proto.collector.trace.v1.TraceService/Export", got.spans);
  method("/opentelemetry.proto.collector.logs.v1.LogsService/Export", got.logs);
  const bound = await new Promise<number>((resolve, reject) =>
    server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, at) =>
      error === null ? resolve(at) : reject(error),
    ),
  );
  return { ...got, port: bound, kill: async () => server.forceShutdown() };
};

const otlpServer = (path: string) =>
  fakeServer(
    ({ method, path: asked, headers }): Outgoing =>
      method === "POST" && asked === path && headers["content-type"] === "application/x-protobuf"
        ? { status: 200 }
        : { status: 400 },
  );

describe("spans over OTLP/HTTP", () => {
  it("are read by another implementation as they were meant", async () => {
    const server = await otlpServer("/v1/traces");
    closing.push(server.close);
    const { fail, seen } = spanSource(spansOverHttp(postBy(fetch), server.url));
    fail(2);
    await eventually(() => seen.sent === 1);
    const bytes = server.seen[0]?.bytes ?? new Uint8Array();
    const [span, ...more] = spansIn(bytes);
    expect(more).toHaveLength(1);
    expect(span?.name).toBe("elicitations.ask");
    expect(span?.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(attributesOf(span?.attributes ?? [])).toMatchObject({
      "rpc.method": "elicitations.ask",
      "error.type": "TypeError",
      "lighthouse.agent.id": "alice",
    });
    expect(resourceIn(bytes)).toMatchObject({ "service.name": "lighthouse-bridge" });
  });

  it("outlive a collector that is away, and are counted when it says that it will not have them", async () => {
    const server = await otlpServer("/v1/traces");
    closing.push(server.close);
    const { fail, seen } = spanSource(spansOverHttp(postBy(fetch), server.url));
    server.instead({ status: 503, headers: { "retry-after": "1" } }, { status: 0, hangUp: true });
    fail(3);
    await eventually(() => seen.sent === 1);
    expect(seen.failed).toHaveLength(2);
    expect(seen.dropped).toBe(0);
    server.instead({ status: 400 });
    fail(4);
    await eventually(() => seen.dropped === 4);
  });

  it("that a collector took in part are counted by what it rejected", async () => {
    const server = await otlpServer("/v1/traces");
    closing.push(server.close);
    const { fail, seen } = spanSource(spansOverHttp(postBy(fetch), server.url));
    // ExportTraceServiceResponse { partial_success { rejected_spans: 2 } }
    server.instead({ status: 200, body: "\n\u0002\b\u0002" });
    fail(3);
    await eventually(() => seen.sent === 1);
    expect(seen.dropped).toBe(2);
  });
});

describe("spans over OTLP/gRPC", () => {
  it("reach a real gRPC server", async () => {
    const server = await collector();
    const exporter = spansOverGrpc(`127.0.0.1:${server.port}`);
    const { fail, seen } = spanSource(exporter.send);
    fail(3);
    await eventually(() => seen.sent === 1);
    expect(server.spans.flatMap(spansIn).map(({ name }) => name)).toEqual(Array(3).fill("elicitations.ask"));
    await exporter.close();
    await server.kill();
  });

  it("wait for one that is away, which is counted as a failure each time", async () => {
    const first = await collector();
    await first.kill();
    const exporter = spansOverGrpc(`127.0.0.1:${first.port}`);
    const { fail, seen } = spanSource(exporter.send);
    fail(2);
    await eventually(() => seen.failed.length > 0);
    const second = await collector(first.port);
    await eventually(() => seen.sent === 1);
    expect(second.spans.flatMap(spansIn)).toHaveLength(2);
    expect(seen.dropped).toBe(0);
    await exporter.close();
    await second.kill();
  }, 30_000);
});

const service = { name: "lighthouse-bridge", version: "1", environment: "test", node: { name: "here" } };
const lineSource = (sink: (line: Line, text: string) => boolean) =>
  lines({ clock: manualTime(1_767_571_200_000), service, level: "info", sinks: [sink] });
const violation = {
  type: "security.violation",
  stream: "security/mallory",
  actor: "mallory",
  trace: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
  position: 7,
  data: { kind: "replay_attack", severity: "critical", code: "answer_mismatch", subject: "elicitation/el_1" },
} as never;

describe.each(["http", "grpc"] as const)("lines over OTLP/%s", (protocol) => {
  it("are log records: message, severity, trace, and ECS names as attributes", async () => {
    const http = await otlpServer("/v1/logs");
    const grpc = await collector();
    closing.push(http.close, grpc.kill);
    const overGrpc = logsOverGrpc(`127.0.0.1:${grpc.port}`);
    closing.push(overGrpc.close);
    const { seen, watch } = told();
    const send = protocol === "http" ? logsOverHttp(postBy(fetch), http.url) : overGrpc.send;
    const shipper = otlpLines({ scheduler, watch, resource, send, queueMax: 1_000 });
    lineSource(shipper.sink).folded(violation, undefined);
    await eventually(() => seen.sent === 1);
    const bytes = protocol === "http" ? http.seen[0]?.bytes : grpc.logs[0];
    const [record] = logsIn(bytes ?? new Uint8Array());
    expect(record).toMatchObject({
      severityNumber: 17,
      body: { stringValue: "security violation: replay_attack" },
      traceId: "0af7651916cd43dd8448eb211c80319c",
    });
    expect(attributesOf(record?.attributes ?? [])).toMatchObject({
      "event.action": "security.violation",
      "lighthouse.agent_id": "mallory",
      "lighthouse.elicitation_id": "el_1",
      "lighthouse.security_event": true,
      "error.code": "answer_mismatch",
    });
    await shipper.close();
  });
});

describe("lines by Elasticsearch's bulk API", () => {
  const indexing = async () => {
    const documents = new Map<string, { message: string }>();
    const server = await fakeServer(({ method, path, headers, text }): Outgoing => {
      if (method !== "POST" || path !== "/logs-lighthouse.bridge-test/_bulk") return { status: 404 };
      if (headers["content-type"] !== "application/x-ndjson") return { status: 406 };
      if (headers.authorization !== "ApiKey canary-key") return { status: 401 };
      if (!text.endsWith("\n")) return { status: 400, body: { error: "must end in a newline" } };
      const rows = text
        .trimEnd()
        .split("\n")
        .map((row) => JSON.parse(row));
      const items = [];
      for (let i = 0; i < rows.length; i += 2) {
        // A data stream takes nothing but `create`.
        const id = rows[i]?.create?._id as string | undefined;
        if (id === undefined) return { status: 400 };
        const status = documents.has(id) ? 409 : 201;
        documents.set(id, rows[i + 1]);
        items.push({ create: { _id: id, status } });
      }
      return { status: 200, body: { took: 1, errors: items.some(({ create }) => create.status > 299), items } };
    });
    closing.push(server.close);
    const { seen, watch } = told();
    const shipper = elasticLines({
      post: postBy(fetch),
      scheduler,
      rng: seededRng(5),
      watch,
      endpoint: server.url,
      dataStream: "logs-lighthouse.bridge-test",
      apiKey: "canary-key",
      bufferBytes: 1_000_000,
    });
    const source = lineSource(shipper.sink);
    const say = (n: number): void => {
      for (let i = 0; i < n; i++) source.say("info", "test", `line ${i}`);
    };
    return { documents, server, seen, shipper, say };
  };

  it("are created in the data stream, each as ECS", async () => {
    const { documents, seen, say, shipper } = await indexing();
    say(3);
    await eventually(() => seen.sent === 1);
    expect([...documents.values()].map(({ message }) => message)).toEqual(["line 0", "line 1", "line 2"]);
    expect([...documents.values()][0]).toMatchObject({
      "@timestamp": "2026-01-05T00:00:00.000Z",
      event: { dataset: "lighthouse.bridge" },
    });
    await shipper.close();
  });

  it("are there once, although the batch was sent again because nobody knew", async () => {
    const { documents, server, seen, say, shipper } = await indexing();
    server.instead({ status: 0, hangUp: true, after: true });
    say(4);
    await eventually(() => seen.sent === 1);
    expect(documents.size).toBe(4);
    expect(seen.dropped).toBe(0);
    await shipper.close();
  });

  it("wait while it takes no more, and are counted where it does not like them", async () => {
    const { documents, server, seen, say, shipper } = await indexing();
    const item = (status: number) => ({ create: { status } });
    server.instead(
      { status: 200, body: { errors: true, items: [item(201), item(429)] } },
      { status: 200, body: { errors: true, items: [item(409), item(503)] } },
      { status: 200, body: { errors: true, items: [item(201), item(400)] } },
    );
    say(2);
    await eventually(() => seen.sent === 1);
    expect(seen).toMatchObject({ failed: Array(2).fill(expect.stringContaining("takes no more")), dropped: 1 });
    expect(documents.size).toBe(0);
    await shipper.close();
  });

  it("with a wrong key are given up, and the key is in no message", async () => {
    const { server, seen, say, shipper } = await indexing();
    server.instead({ status: 401 });
    say(2);
    await eventually(() => seen.dropped === 2);
    expect(JSON.stringify(seen)).not.toContain("canary-");
    await shipper.close();
  });
});
