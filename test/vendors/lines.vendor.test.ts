import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Applied } from "../../src/ops/monitoring/apply/apply.ts";
import { logStream } from "../../src/ops/monitoring/render/elastic-stream.ts";
import { renderAll } from "../../src/ops/monitoring/render.ts";
import type { Checked } from "../../src/ops/monitoring/verify/checked.ts";
import type { Verification } from "../../src/ops/monitoring/verify/verify.ts";
import { specFrom } from "../ops/tree.ts";
import { eventually } from "./eventually.ts";
import { oneRoundTrip, type Scene, scene } from "./scene.ts";
import { type Server, startSearch } from "./servers.ts";
import { type Substituting, type Substitution, substituting } from "./substituting.ts";

/**
 * The index template and the bridge's lines in a real Elasticsearch and in a real OpenSearch. Neither is whole for our
 * template. Elasticsearch's core is published without the modules that have two of our field types, which are put in
 * another type's words on their way; OpenSearch has those types, and does not know how long a data stream is kept.
 * Between them every word of the template was read by a real server.
 */
type Mapping = { readonly type?: string; readonly properties?: Readonly<Record<string, Mapping>> };
type Template = { readonly template: { readonly mappings: Mapping } };

const products = [
  {
    product: "elasticsearch",
    substitution: {
      there: (template) => template.replaceAll('"match_only_text"', '"text"').replaceAll('"wildcard"', '"keyword"'),
      // Every other keyword has a length, and no other field is a text.
      back: (answer) =>
        answer
          .replaceAll('{"type":"text"}', '{"type":"match_only_text"}')
          .replaceAll('{"type":"keyword"}', '{"type":"wildcard"}'),
    },
    naming: ["named it lighthouse-staging"],
    refusal: "The mapper type [match_only_text] declared on field [message] does not exist",
  },
  {
    product: "opensearch",
    substitution: {
      there: (template) => template.replace(/"lifecycle":\{[^}]*\},?/, ""),
      back: (answer) =>
        answer.replace(
          /("index_patterns":\["logs-lighthouse.*?"template":\{)/,
          '$1"lifecycle":{"data_retention":"30d"},',
        ),
    },
    // Only indices have names here, no streams: the one that the stream rolled over to got it from the template.
    naming: [],
    refusal: "unknown field [lifecycle]",
  },
] as const satisfies readonly {
  product: string;
  substitution: Substitution;
  naming: readonly string[];
  refusal: string;
}[];

describe.each(products)("lines in $product", ({ product, substitution, naming, refusal }) => {
  let server: Server;
  let door: Substituting;
  let place: Scene;
  const stream = logStream({ environment: "staging" });

  const ask = async <T>(path: string, body?: object): Promise<T> => {
    const answer = await fetch(`${server.url}${path}`, {
      ...(body === undefined
        ? {}
        : { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
    });
    return (await answer.json()) as T;
  };
  const found = async (query: object): Promise<readonly { readonly _source: Record<string, unknown> }[]> => {
    await ask(`/${stream}/_refresh`, {});
    const { hits } = await ask<{ hits?: { hits: { _source: Record<string, unknown> }[] } }>(`/${stream}/_search`, {
      size: 1000,
      query,
    });
    return hits?.hits ?? [];
  };
  const applied = async (yaml = place.monitoring): Promise<Applied | undefined> =>
    (await place.run("monitoring", "apply", "--file", yaml, "--only", "Elasticsearch", "--json")).json<{
      applied: Applied[];
    }>().applied[0];
  const checked = async (name: string): Promise<Checked | undefined> =>
    (await place.run("monitoring", "verify", "--file", place.monitoring, "--json"))
      .json<Verification>()
      .checks.find(({ check }) => check === name);

  const file = (environment: string) => `
environment: ${environment}
prometheus: { enabled: false }
grafana: { enabled: false }
logging: { elasticsearch: { endpoint: "${door.url}" } }
tracing: { jaeger: { endpoint: "http://127.0.0.1:9", sampler_type: always } }
`;
  const template = (): Template =>
    JSON.parse(renderAll(specFrom(file("staging"))).get("elasticsearch/index-template.json") ?? "{}");

  beforeAll(async () => {
    server = await startSearch(product);
    door = await substituting(server.url, substitution);
    // Stands for the template for logs-*-* that a whole Elasticsearch brings along.
    const foreign = await ask("/_index_template/logs", {
      index_patterns: ["logs-*-staging"],
      priority: 100,
      data_stream: {},
    });
    expect(foreign).toEqual({ acknowledged: true });
    place = await scene(file("staging"));
  });
  afterAll(async () => {
    await place?.close();
    await door?.close();
    await server?.stop();
  });

  it("the template as rendered is refused for the one part that this server lacks, and for nothing else", async () => {
    const answer = await fetch(`${server.url}/_index_template/lighthouse`, {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: renderAll(specFrom(file("staging"))).get("elasticsearch/index-template.json") ?? "",
    });
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain(refusal);
  });

  it("`apply` says what to do about an ordinary index that is in the way", async () => {
    await ask("/logs-lighthouse.bridge-elsewhere/_doc?refresh=true", { message: "too early" });
    const other = join(place.monitoring, "../elsewhere.yaml");
    writeFileSync(other, file("elsewhere"));
    expect(await applied(other)).toMatchObject({
      state: "failed",
      says: expect.stringMatching(
        /wanted a data stream, runs an ordinary index.*DELETE \/logs-lighthouse.bridge-elsewhere/,
      ),
    });
    await fetch(`${server.url}/logs-lighthouse.bridge-elsewhere`, { method: "DELETE" });
    await fetch(`${server.url}/_index_template/lighthouse`, { method: "DELETE" });
  });

  it("`apply` puts the template, rolls a stream over that was there before it, and has nothing to do the second time", async () => {
    await oneRoundTrip(place);
    await eventually("a line under the foreign template", async () => (await found({ match_all: {} })).length > 0);
    expect((await checked("elasticsearch.template"))?.state).toBe("fail");
    expect(await applied()).toMatchObject({
      state: "applied",
      steps: ["put _index_template/lighthouse", `rolled ${stream} over`, ...naming],
    });
    expect(await applied()).toMatchObject({ state: "unchanged" });
    expect((await checked("elasticsearch.template"))?.state).toBe("pass");
  });

  it("lines arrive in the data stream, each field as the template types it, none typed by guess", async () => {
    const id = await oneRoundTrip(place);
    await eventually(`a line about ${id}`, async () => {
      return (await found({ term: { "lighthouse.elicitation_id": id } })).length > 0;
    });
    const indices = Object.entries(
      (await fetch(`${door.url}/${stream}/_mapping`).then((each) => each.json())) as Record<
        string,
        { mappings: Mapping }
      >,
    );
    const written = indices.find(([name]) => name.endsWith("-000002"))?.[1].mappings;
    expect(typesOf(written ?? {})).toEqual(typesOf(template().template.mappings));
    expect(
      (await fetch(`${place.bridge.url}/metrics`).then((each) => each.text())).match(
        /^lighthouse_log_lines_dropped_total\{sink="elasticsearch"\} .*$/m,
      )?.[0],
    ).toBe('lighthouse_log_lines_dropped_total{sink="elasticsearch"} 0');
  });

  it("they are found by agent, by how long something took, by trace, and through the alias", async () => {
    expect((await found({ term: { "lighthouse.agent_id": "alice" } })).length).toBeGreaterThan(0);
    expect((await found({ range: { "lighthouse.latency_ms": { gte: 0, lt: 60_000 } } })).length).toBeGreaterThan(0);
    const [traced] = await found({ exists: { field: "trace.id" } });
    const { id } = (traced?._source["trace"] ?? {}) as { readonly id?: string };
    expect((await found({ term: { "trace.id": id } })).length).toBeGreaterThan(0);
    const { count } = await ask<{ count: number }>("/lighthouse-staging/_count");
    expect(count).toBeGreaterThan(0);
  });

  it("`verify` finds the line of the call that it made", async () => {
    expect(await checked("elasticsearch.line")).toMatchObject({ state: "pass" });
  });

  it("lines of an outage arrive when it is over, each once", async () => {
    door.open(false);
    const ids = [await oneRoundTrip(place), await oneRoundTrip(place)];
    door.open(true);
    for (const id of ids) {
      await eventually(
        `lines about ${id}`,
        async () => (await found({ term: { "lighthouse.elicitation_id": id } })).length > 0,
      );
    }
    const lines = (await found({ match_all: {} })).map(({ _source }) => JSON.stringify(_source));
    expect(new Set(lines).size).toBe(lines.length);
  });
});

/** Dotted names of fields and their types. */
const typesOf = (mapping: Mapping, prefix = ""): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(mapping.properties ?? {}).flatMap(([name, each]): readonly (readonly [string, string])[] =>
      each.properties === undefined
        ? [[`${prefix}${name}`, each.type ?? "object"]]
        : Object.entries(typesOf(each, `${prefix}${name}.`)),
    ),
  );
