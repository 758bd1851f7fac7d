import { createServer } from "node:http";
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { type Signal, seriesOf, signals } from "../../src/domain/signal.ts";

/**
 * A stand-in for the bridge: not a bridge, only its metrics, the real names in the real format, with values that a test
 * dictates. It runs as a process of its own so that it can be killed. Prints its port.
 *
 * POST /act {"per_second": …}: a list of acts that are repeated ten times a second until the next list replaces it.
 */
export interface Act {
  readonly signal: keyof typeof signals;
  readonly labels: Readonly<Record<string, string>>;
  /** Added to a counter, set on a gauge, observed by a histogram `times` times. */
  readonly value: number;
  readonly times?: number;
  readonly once?: true;
}

const registry = new Registry();
const made = new Map<string, (act: Act) => void>();

for (const [key, signal] of Object.entries(signals) as [string, Signal][]) {
  const options = {
    name: signal.name,
    help: signal.help,
    labelNames: Object.keys(signal.labels),
    registers: [registry],
  };
  const zeros = seriesOf(signal) as readonly Record<string, string>[];
  switch (signal.type) {
    case "counter": {
      const counter = new Counter(options);
      for (const labels of zeros) counter.inc(labels, 0);
      made.set(key, ({ labels, value }) => counter.inc(labels, value));
      break;
    }
    case "gauge": {
      const gauge = new Gauge(options);
      for (const labels of zeros) gauge.set(labels, 0);
      made.set(key, ({ labels, value }) => gauge.set(labels, value));
      break;
    }
    case "histogram": {
      const histogram = new Histogram({ ...options, buckets: [...signal.buckets] });
      for (const labels of zeros) histogram.zero(labels);
      made.set(key, ({ labels, value, times = 1 }) => {
        for (let count = 0; count < times; count++) histogram.observe(labels, value);
      });
      break;
    }
  }
}
made.get("ready")?.({ signal: "ready", labels: {}, value: 1 });
made.get("degradation")?.({ signal: "degradation", labels: { mode: "normal" }, value: 1 });

let repeated: readonly Act[] = [];
const act = (each: Act): void => made.get(each.signal)?.(each);
setInterval(() => repeated.forEach(act), 100);

const server = createServer(async (request, response) => {
  if (request.method === "GET")
    return response.writeHead(200, { "content-type": registry.contentType }).end(await registry.metrics());
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const acts = JSON.parse(Buffer.concat(chunks).toString("utf8")) as readonly Act[];
  acts.filter(({ once }) => once).forEach(act);
  repeated = acts.filter(({ once }) => !once);
  return response.writeHead(204).end();
});
server.listen(Number(process.argv[2] ?? 0), "127.0.0.1", () => {
  const address = server.address();
  process.stdout.write(`${typeof address === "object" ? address?.port : ""}\n`);
});
