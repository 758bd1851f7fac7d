import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { Line } from "../../src/bridge/telemetry/lines/line.ts";
import { lines } from "../../src/bridge/telemetry/lines/lines.ts";
import type { Story } from "../../src/bridge/telemetry/story.ts";
import type { Recorded } from "../../src/domain/event.ts";
import { renderElastic } from "../../src/ops/monitoring/render/elastic.ts";
import { renderGrafana } from "../../src/ops/monitoring/render/grafana.ts";
import { manualTime } from "../support/manual-time.ts";
import { specFrom } from "./tree.ts";

interface Mapping {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Mapping>>;
}

const spec = specFrom("logging: { elasticsearch: {} }\ntracing: { jaeger: {} }");
const template = JSON.parse(renderElastic(spec).get("elasticsearch/index-template.json") ?? "{}") as {
  readonly template: { readonly mappings: Mapping };
};

/** The mapping of a dotted field, however many of its dots are in one key. */
const mappingOf = (path: string): Mapping | undefined =>
  path
    .split(".")
    .reduce<Mapping | undefined>((mapping, step) => mapping?.properties?.[step], template.template.mappings);

/** Every field of a line that has a value, by its dotted name. */
const fieldsOf = (value: object, prefix = ""): readonly (readonly [path: string, value: unknown])[] =>
  Object.entries(value).flatMap(([name, each]): readonly (readonly [string, unknown])[] => {
    const path = `${prefix}${name}`;
    return typeof each === "object" && each !== null && !Array.isArray(each)
      ? fieldsOf(each, `${path}.`)
      : [[path, each]];
  });

const fits = (type: string | undefined, value: unknown): boolean => {
  const one = Array.isArray(value) ? value[0] : value;
  switch (type) {
    case "keyword":
    case "match_only_text":
    case "wildcard":
      return typeof one === "string";
    case "date":
      return typeof one === "string" && !Number.isNaN(Date.parse(one));
    case "long":
      return Number.isInteger(one);
    case "float":
      return typeof one === "number";
    case "boolean":
      return typeof one === "boolean";
    default:
      return false;
  }
};

/** One of every kind of line that a bridge writes. */
const everyLine = async (): Promise<readonly Line[]> => {
  const written: Line[] = [];
  const clock = manualTime(1_767_571_200_000);
  const service = { name: "lighthouse-bridge", version: "1", environment: "test", node: { name: "here" } };
  const sink = lines({
    clock,
    service,
    level: "debug",
    sinks: [(line) => written.push(line) > 0],
    routinePerSecondMax: 2,
  });
  const trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const story = {
    id: "el_1",
    from: "alice",
    to: "bob",
    arm: "stable",
    askedAt: 0,
    trace,
    ownMs: 1.5,
    answerReceived: 0,
    endTrace: trace,
  } as Story;
  const event = (type: string, stream: string, data: object) =>
    ({ type, stream, data, actor: "mallory", trace, time: 2_000, position: 9 }) as unknown as Recorded;
  const violation = {
    kind: "replay_attack",
    severity: "critical",
    code: "answer_mismatch",
    subject: "elicitation/el_1",
  };
  sink.folded(event("security.violation", "security/mallory", violation), undefined);
  sink.folded(event("agent.registered", "agent/alice", {}), undefined);
  sink.folded(event("bridge.started", "bridge", { openElicitations: 3 }), undefined);
  sink.folded(event("elicitation.accepted", "elicitation/el_1", {}), { story, before: "offered", hasEnded: true });
  sink.handed("ask", story, "websocket", 450.25, undefined);
  sink.handed("ask", story, "sse", undefined, new Error("cut"));
  const call = { operation: "elicitations.answer", actor: "bob", trace, receivedAt: 0, subject: "el_1" };
  for (let i = 0; i < 4; i++) sink.served({ ...call, refusal: { code: "content_invalid", detail: "" } });
  sink.served({ ...call, fault: new TypeError("a bug") });
  await clock.advance(1_000);
  sink.served({ ...call, refusal: { code: "content_invalid", detail: "" } });
  sink.say("warn", "export.failed", "x", { ours: { exporter: "datadog", dropped: 3 } });
  return written;
};

describe("the index template", () => {
  it("maps every field of every line that a bridge writes, by a type that its values have", async () => {
    const all = await everyLine();
    expect(all.map(({ event }) => event.action)).toContain("lines.left_out");
    const wrong = all.flatMap((line) =>
      fieldsOf(line)
        .filter(([path, value]) => !fits(mappingOf(path)?.type, value))
        .map(([path, value]) => `${line.event.action}: ${path} = ${JSON.stringify(value)}`),
    );
    expect(wrong).toEqual([]);
  });

  it("has the first system's five fields", () => {
    const types = ["elicitation_id", "agent_id", "latency_ms", "security_event", "error_code"].map(
      (name) => mappingOf(`lighthouse.${name}`)?.type,
    );
    expect(types).toEqual(["keyword", "keyword", "float", "boolean", "keyword"]);
  });
});

it("Grafana looks for lines by fields that are mapped", () => {
  const file = renderGrafana(spec).get("grafana/provisioning/datasources/lighthouse.yml") ?? "";
  const { datasources } = parse(file) as {
    datasources: { type: string; jsonData: Record<string, string> & { tracesToLogsV2?: { query: string } } }[];
  };
  const logs = datasources.find(({ type }) => type === "elasticsearch")?.jsonData ?? {};
  for (const name of ["timeField", "logMessageField", "logLevelField"]) {
    expect(mappingOf(logs[name] ?? ""), name).toBeDefined();
  }
  const query = datasources.find(({ type }) => type === "jaeger")?.jsonData.tracesToLogsV2?.query ?? "";
  const fields = [...query.matchAll(/([a-z_.]+):/g)].map(([, field]) => field as string);
  expect(fields).toEqual(["trace.id"]);
  for (const field of fields) expect(mappingOf(field), field).toBeDefined();
});
