import { logStream } from "../render/elastic-stream.ts";
import { askElastic } from "../running/elasticsearch.ts";
import type { Spec } from "../spec/schema.ts";
import type { Finding } from "./checked.ts";
import { eventually } from "./eventually.ts";
import type { VerifyPorts } from "./ports.ts";
import type { Trail } from "./provoke.ts";
import { unanswered } from "./scraped.ts";

/** A line waits for its batch at the bridge and for Elasticsearch's refresh, a second each; Logstash adds its own. */
const patienceMs = 20_000;

export const findLine = async (spec: Spec, trail: Trail, ports: VerifyPorts): Promise<Finding> => {
  if (!trail.ok) return { state: "not run", asked: "nothing", answered: trail.reason };
  const stream = logStream(spec);
  const asked = `POST /${stream}/_search for trace.id ${trail.traceId}`;
  let last: Finding = { state: "fail", asked, answered: "no such line" };
  await eventually(ports, patienceMs, async () => {
    const called = await askElastic(spec, ports, {
      method: "POST",
      path: `/${stream}/_search`,
      body: { size: 1, query: { term: { "trace.id": trail.traceId } } },
      attempts: 1,
    });
    if (!called.ok) {
      last = unanswered(asked, called);
      return true;
    }
    const hit = (called.body as { readonly hits: { readonly hits: readonly { readonly _source: unknown }[] } }).hits
      .hits[0];
    if (hit === undefined) return false;
    const { message = "" } = hit._source as { readonly message?: string };
    last = { state: "pass", asked, answered: `"${message}"` };
    return true;
  });
  return last;
};
