import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { renderAll } from "../../src/ops/monitoring/render.ts";
import type { Verification } from "../../src/ops/monitoring/verify/verify.ts";
import { freePort } from "../ops/stack.ts";
import { rendered, specFrom, writeTree } from "../ops/tree.ts";
import { eventually } from "./eventually.ts";
import { oneRoundTrip, type Scene, scene } from "./scene.ts";
import { collectorProgram, type Server, startCollector, startJaeger } from "./servers.ts";

/** A real Jaeger 2 and a real OpenTelemetry Collector, with the files that are rendered for them, and a real bridge. */
interface JaegerSpan {
  readonly spanID: string;
  readonly traceID: string;
  readonly operationName: string;
  readonly duration: number;
  readonly references: readonly { readonly refType: string; readonly spanID: string; readonly traceID: string }[];
  readonly tags: readonly { readonly key: string; readonly value: unknown }[];
  readonly processID: string;
}
interface JaegerTrace {
  readonly spans: readonly JaegerSpan[];
  readonly processes: Readonly<Record<string, { readonly serviceName: string; readonly tags: JaegerSpan["tags"] }>>;
}

let folder: string;
let ports: { readonly otlp: number; readonly ui: number; readonly collector: number };
let jaeger: Server;

const tracing = (collector = "") =>
  `
environment: staging
prometheus: { enabled: false }
grafana: { enabled: false }
tracing:
  jaeger: { endpoint: "http://127.0.0.1:${ports.otlp}", ui: "http://127.0.0.1:${ports.ui}", sampler_type: always }
${collector}`;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "lighthouse-traces-"));
  ports = { otlp: await freePort(), ui: await freePort(), collector: await freePort() };
  writeTree(folder, renderAll(specFrom(tracing())));
  jaeger = await startJaeger(join(folder, "jaeger/jaeger.yml"), `http://127.0.0.1:${ports.ui}`);
});
afterAll(async () => {
  await jaeger?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** The trace of one elicitation, once all four of its spans are there. */
const traceOf = async (elicitation: string): Promise<JaegerTrace> => {
  const tags = encodeURIComponent(JSON.stringify({ "lighthouse.elicitation.id": elicitation }));
  let found: JaegerTrace | undefined;
  await eventually(`four spans of ${elicitation} are in Jaeger`, async () => {
    const answer = await fetch(`${jaeger.url}/api/traces?service=lighthouse-bridge&tags=${tags}&lookback=1h`);
    const { data } = (await answer.json()) as { readonly data: readonly JaegerTrace[] | null };
    found = data?.[0];
    return (found?.spans.length ?? 0) >= 4;
  });
  return found as JaegerTrace;
};

const parentOf = (span: JaegerSpan, { spans }: JaegerTrace): string | undefined => {
  const parent = span.references.find(({ refType }) => refType === "CHILD_OF");
  return spans.find(({ spanID }) => spanID === parent?.spanID)?.operationName;
};

const tagOf = ({ tags }: { readonly tags: JaegerSpan["tags"] }, key: string): unknown =>
  tags.find((tag) => tag.key === key)?.value;

const ways = [
  { way: "straight to Jaeger over HTTP", protocol: undefined },
  { way: "over gRPC through a collector", protocol: "grpc" },
  { way: "over HTTP through a collector", protocol: "http/protobuf" },
] as const;

describe.each(ways)("spans $way", ({ protocol }) => {
  let collector: Server | undefined;
  let place: Scene;
  beforeAll(async () => {
    const through =
      protocol === undefined
        ? ""
        : `  opentelemetry: { endpoint: "127.0.0.1:${ports.collector}", protocol: ${protocol} }\n`;
    const text = tracing(through);
    if (protocol !== undefined) {
      writeTree(folder, renderAll(specFrom(text)));
      collector = await startCollector(join(folder, "otel/collector.yml"));
    }
    place = await scene(text);
  });
  afterAll(async () => {
    await place?.close();
    await collector?.stop();
    collector = undefined;
  });

  it("make one trace of a question and its answer: ask, offer, answer, outcome, each below the one before", async () => {
    const id = await oneRoundTrip(place);
    const trace = await traceOf(id);
    const tree = trace.spans.map((span) => `${parentOf(span, trace) ?? "nothing"} > ${span.operationName}`).sort();
    expect(tree).toEqual([
      "elicitations.answer > deliver outcome",
      "elicitations.ask > offer inbox",
      "nothing > elicitations.ask",
      "offer inbox > elicitations.answer",
    ]);
    const kinds = Object.fromEntries(trace.spans.map((span) => [span.operationName, tagOf(span, "span.kind")]));
    expect(kinds).toEqual({
      "elicitations.ask": "server",
      "offer inbox": "producer",
      "elicitations.answer": "server",
      "deliver outcome": "producer",
    });
    const process = Object.values(trace.processes)[0];
    expect(process?.serviceName).toBe("lighthouse-bridge");
    expect(tagOf(process as NonNullable<typeof process>, "deployment.environment.name")).toBe("staging");
    for (const span of trace.spans) expect(tagOf(span, "lighthouse.elicitation.id")).toBe(id);
  });

  it("`verify` finds the span of the call that it made", async () => {
    const said = await place.run("monitoring", "verify", "--file", place.monitoring, "--json");
    const span = said.json<Verification>().checks.find(({ check }) => check === "jaeger.span");
    expect(span).toMatchObject({ state: "pass" });
    expect(span?.evidence.answered).toContain("agents.list");
  });
});

describe("a collector whose Jaeger is away", () => {
  let collector: Server;
  let place: Scene;
  beforeAll(async () => {
    const text = tracing(`  opentelemetry: { endpoint: "127.0.0.1:${ports.collector}" }\n`);
    writeTree(folder, renderAll(specFrom(text)));
    collector = await startCollector(join(folder, "otel/collector.yml"));
    place = await scene(text);
  });
  afterAll(async () => {
    await place?.close();
    await collector?.stop();
  });

  it("keeps the spans, and passes them on when it is back", async () => {
    await jaeger.stop();
    const id = await oneRoundTrip(place);
    await eventually("the collector was refused", async () => collector.log().includes("connection refused"));
    jaeger = await startJaeger(join(folder, "jaeger/jaeger.yml"), `http://127.0.0.1:${ports.ui}`);
    expect((await traceOf(id)).spans).toHaveLength(4);
  });
});

describe("the rendered collector", () => {
  const validated = (file: string) =>
    spawnSync(collectorProgram, ["validate", `--config=${file}`], { encoding: "utf8" });

  it.each(["seed", "full"] as const)("is accepted as the %s monitoring.yaml gives it", (name) => {
    const tree = mkdtempSync(join(tmpdir(), "lighthouse-collector-"));
    writeTree(tree, rendered(name));
    const { status, stderr } = validated(join(tree, "otel/collector.yml"));
    rmSync(tree, { recursive: true, force: true });
    expect([status, stderr]).toEqual([0, ""]);
  });

  it("would be refused with a word that it does not know", () => {
    const tree = mkdtempSync(join(tmpdir(), "lighthouse-collector-"));
    const text = rendered("full").get("otel/collector.yml") ?? "";
    writeTree(tree, new Map([["collector.yml", text.replace("check_interval", "checking_interval")]]));
    const { status, stderr } = validated(join(tree, "collector.yml"));
    rmSync(tree, { recursive: true, force: true });
    expect([status, stderr]).toEqual([1, expect.stringContaining("checking_interval")]);
  });
});
