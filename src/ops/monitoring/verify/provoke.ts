import { signals } from "../../../domain/signal.ts";
import { type CallPorts, call } from "../apply/call.ts";
import type { Spec } from "../spec/schema.ts";
import type { VerifyPorts } from "./ports.ts";

/** One call at the bridge that leaves something in every system that watches it. */
export type Trail =
  | {
      readonly ok: true;
      readonly traceId: string;
      /** What counts such calls, and what the bridge itself says the count is now. */
      readonly expr: string;
      readonly value: number;
    }
  | { readonly ok: false; readonly reason: string };

const VIEW = "agent";
const expr = `sum(${signals.reads.name}_count{view="${VIEW}"})`;

/**
 * Lists agents, which is counted, and is a span under the trace that comes with it. Where log lines are looked for it
 * also asks for an elicitation that does not exist: a refused call is a line, and a call that goes well is none.
 */
export const provoke = async (spec: Spec, ports: VerifyPorts): Promise<Trail> => {
  const { bridge, rng } = ports;
  if (bridge === undefined) return { ok: false, reason: "no credential for the bridge was given to make a call with" };
  const traceId = Buffer.from(rng.bytes(16)).toString("hex");
  const traceparent = `00-${traceId}-${Buffer.from(rng.bytes(8)).toString("hex")}-01`;
  const get = (path: string) =>
    call(ports, {
      method: "GET",
      url: `${bridge.url}${path}`,
      headers: { authorization: `Bearer ${bridge.token}`, traceparent },
      isRepeatable: true,
      attempts: 2,
    });
  const before = await countAt(bridge.url, ports);
  const listed = await get("/v1/agents");
  if (!listed.ok) return { ok: false, reason: listed.reason };
  if (spec.logging.elasticsearch.enabled) await get(`/v1/elicitations/el_${traceId.slice(0, 26)}`);
  const value = await countAt(bridge.url, ports);
  if (before === undefined || value === undefined) return { ok: false, reason: `${bridge.url}/metrics cannot be read` };
  if (value <= before) return { ok: false, reason: `${bridge.url}/metrics did not count the call that was made` };
  return { ok: true, traceId, expr, value };
};

/** As the bridge itself shows it, before anybody scraped. */
const countAt = async (url: string, ports: CallPorts): Promise<number | undefined> => {
  const headers = { accept: "text/plain" };
  const called = await call(ports, { method: "GET", url: `${url}/metrics`, headers, isRepeatable: true, attempts: 2 });
  if (!called.ok || typeof called.body !== "string") return undefined;
  const line = called.body.split("\n").find((each) => each.startsWith(`${signals.reads.name}_count{view="${VIEW}"}`));
  return line === undefined ? undefined : Number(line.split(" ").at(-1));
};
