import { call } from "../apply/call.ts";
import type { Spec } from "../spec/schema.ts";
import type { Finding } from "./checked.ts";
import { eventually } from "./eventually.ts";
import type { VerifyPorts } from "./ports.ts";
import type { Trail } from "./provoke.ts";
import { unanswered } from "./scraped.ts";

/** Spans wait for their batch at the bridge, two seconds, and for the collector's between. */
const patienceMs = 15_000;

export const findSpan = async (spec: Spec, trail: Trail, ports: VerifyPorts): Promise<Finding> => {
  if (!trail.ok) return { state: "not run", asked: "nothing", answered: trail.reason };
  const path = `/api/traces/${trail.traceId}`;
  const asked = `GET ${path}`;
  let last: Finding = { state: "fail", asked, answered: "no such trace" };
  await eventually(ports, patienceMs, async () => {
    const called = await call(ports, {
      method: "GET",
      url: `${spec.tracing.jaeger.ui}${path}`,
      headers: {},
      isRepeatable: true,
      attempts: 1,
    });
    // A trace that has not arrived yet is a 404 as well.
    if (!called.ok && called.status !== 404) {
      last = unanswered(asked, called);
      return true;
    }
    const spans = called.ok
      ? ((called.body as { readonly data?: readonly { readonly spans: readonly { operationName: string }[] }[] })
          .data?.[0]?.spans ?? [])
      : [];
    if (spans.length === 0) return false;
    last = { state: "pass", asked, answered: spans.map(({ operationName }) => operationName).join(", ") };
    return true;
  });
  return last;
};
