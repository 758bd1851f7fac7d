import { providerNames } from "../../src/review/probe/credentials.ts";
import { probesFrom, products } from "../../src/review/probe/list.ts";
import type { Logstash } from "../../src/review/probe/logstash.ts";
import { toleranceInWords } from "../../src/review/summary.ts";

const HOUR_MS = 3_600_000;

const keeps = (ttlMs: number): string =>
  ttlMs % (24 * HOUR_MS) === 0 ? `${ttlMs / (24 * HOUR_MS)} d` : `${ttlMs / HOUR_MS} h`;

/** The table of docs/review.md, from the probes themselves. */
export const probesTable = (): string => {
  const probes = probesFrom({
    ...{ url: "", products: products.map(({ name }) => name), exporters: ["otlp_traces"] },
    providers: providerNames,
    logstash: {} as Logstash,
  });
  const rows = probes.flatMap(({ id, does, sabotage, checks }) =>
    checks.map(({ id: check, severity, ttlMs, measures }, i) => [
      i === 0 ? `**${id}** ${does}` : "",
      `\`${check}\``,
      severity,
      measures.map(({ name, unit, tolerance }) => `${name}: ${toleranceInWords(tolerance)} (${unit})`).join("; "),
      keeps(ttlMs),
      i === 0 ? sabotage : "",
    ]),
  );
  const head = ["probe: what it does", "check", "severity", "what has to hold", "keeps", "turns red when"];
  return [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
};

export const BEGIN = "<!-- probes: written by docs/write-review.ts -->";
export const END = "<!-- end of probes -->";
