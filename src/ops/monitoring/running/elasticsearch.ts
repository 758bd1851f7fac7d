import { type Called, type CallPorts, call, type Request } from "../apply/call.ts";
import { logStream } from "../render/elastic-stream.ts";
import type { Rendered } from "../render/rendered.ts";
import { variableOf } from "../render/secret.ts";
import type { Spec } from "../spec/schema.ts";
import { type Compared, type Difference, unread } from "./compared.ts";
import type { Env } from "./grafana.ts";
import { differencesOf } from "./tree.ts";

export const templatePath = "/_index_template/lighthouse";

const elasticHeaders = ({ logging }: Pick<Spec, "logging">, { env }: Env): Readonly<Record<string, string>> => {
  const reference = logging.elasticsearch.api_key;
  const key = reference === undefined ? undefined : env[variableOf(reference)];
  return key === undefined ? {} : { authorization: `ApiKey ${key}` };
};

export const askElastic = (
  spec: Spec,
  ports: CallPorts & Env,
  request: Omit<Request, "url" | "headers" | "isRepeatable"> & { readonly path: string },
): Promise<Called> => {
  const { path, ...rest } = request;
  const url = `${spec.logging.elasticsearch.endpoint.replace(/\/$/, "")}${path}`;
  return call(ports, { ...rest, url, headers: elasticHeaders(spec, ports), isRepeatable: true });
};

/** Where it is said that a stream has no alias: one that was there before the template gets none when it rolls over. */
export const aliasAt = "alias";

interface Mapped {
  readonly aliases?: object;
  readonly mappings: { readonly properties?: unknown };
}

/**
 * The index template, and the index that lines are written to at the moment. A template speaks of indices that are yet to
 * be made: a data stream that was there before it takes it up when it rolls over, and an ordinary index never.
 */
export const compareElasticsearch = async (spec: Spec, files: Rendered, ports: CallPorts & Env): Promise<Compared> => {
  const wanted = JSON.parse(files.get("elasticsearch/index-template.json") ?? "{}") as { readonly template: Mapped };
  const asked = `GET ${templatePath}`;
  const there = await askElastic(spec, ports, { method: "GET", path: templatePath });
  if (!there.ok && there.status !== 404) return unread(asked, there);
  const running = there.ok
    ? (there.body as { readonly index_templates: readonly { readonly index_template: unknown }[] }).index_templates[0]
    : undefined;
  const inTemplate: readonly Difference[] =
    running === undefined
      ? [{ path: "template", wanted: "lighthouse", running: "absent" }]
      : differencesOf(wanted, running.index_template, "template");

  const stream = logStream(spec);
  const mapped = await askElastic(spec, ports, { method: "GET", path: `/${stream}/_mapping` });
  if (!mapped.ok && mapped.status !== 404) return unread(`GET /${stream}/_mapping`, mapped);
  const inIndex = mapped.ok ? indexDifferences(stream, wanted.template, mapped.body) : [];
  const [alias = ""] = Object.keys(wanted.template.aliases ?? {});
  const aliased = await askElastic(spec, ports, { method: "GET", path: `/_alias/${encodeURIComponent(alias)}` });
  if (!aliased.ok && aliased.status !== 404) return unread(`GET /_alias/${alias}`, aliased);
  const isNamed = aliased.ok && Object.keys(aliased.body as object).some((name) => name.includes(stream));
  const inAliases = mapped.ok && !isNamed ? [{ path: aliasAt, wanted: alias, running: "absent" }] : [];
  return {
    ok: true,
    asked: `${asked} and /${stream}/_mapping`,
    answered: mapped.ok ? "the template, and the index that is written to" : "the template; no line was written yet",
    differences: [...inTemplate, ...inIndex, ...inAliases],
  };
};

const indexDifferences = (stream: string, { mappings }: Mapped, body: unknown): readonly Difference[] => {
  const indices = Object.entries(body as Readonly<Record<string, Mapped>>);
  if (indices.some(([name]) => name === stream)) {
    return [{ path: stream, wanted: "a data stream", running: "an ordinary index, older than the template" }];
  }
  // The last of a stream's indices is the one that is written to; their names end with a number of fixed width.
  const newest = indices.sort(([a], [b]) => (a.slice(-6) < b.slice(-6) ? -1 : 1)).at(-1);
  return newest === undefined
    ? []
    : differencesOf(mappings.properties, newest[1].mappings.properties ?? {}, `${newest[0]}/properties`);
};
