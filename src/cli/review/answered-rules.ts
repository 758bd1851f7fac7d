import type { Rendered } from "../../ops/monitoring/render/rendered.ts";
import { ownGroups, squeezed } from "../../ops/monitoring/running/prometheus.ts";
import { secondsOf } from "../../ops/monitoring/running/tree.ts";
import type { PrometheusAnswers, Spelling, WantedRule } from "../../review/probe/answers.ts";
import type { Answer } from "../../review/probe/monitoring-port.ts";

interface LoadedGroup {
  readonly name: string;
  readonly rules: readonly { readonly name: string; readonly query: string }[];
}

/** Groups that take their turn more seldom than this, in seconds, may not have had it yet. */
const SLOW_GROUP_SECONDS = 60;

/** What has to be loaded, with every text of an expression that is the same one, and why it is. */
export const rulesOf = (
  files: Rendered,
  rules: Answer | null,
  recorded: readonly Answer[],
  others: Pick<PrometheusAnswers["wanted"], "targets" | "alertmanagers">,
): Pick<PrometheusAnswers, "wanted" | "spelled"> => {
  const loaded = ((rules?.body as { readonly data?: { readonly groups?: readonly LoadedGroup[] } } | null)?.data
    ?.groups ?? []) as readonly LoadedGroup[];
  const spelled: Spelling[] = [];
  const alerts: WantedRule[] = [];
  const recordings: WantedRule[] = [];
  for (const { name, interval, rules: own } of ownGroups(files)) {
    const there = loaded.find((group) => group.name === name);
    const healths = (secondsOf(interval ?? "0s") ?? 0) > SLOW_GROUP_SECONDS ? ["ok", "unknown"] : ["ok"];
    for (const [index, rule] of own.entries()) {
      const spelling = spellingOf(rule.expr, there?.rules[index]?.query, recorded);
      if (spelling !== undefined) spelled.push(spelling);
      const spellings = [rule.expr, ...(spelling === undefined ? [] : [spelling.query])];
      if (rule.alert === undefined) {
        recordings.push({ name: rule.record ?? "", spellings, healths });
        continue;
      }
      const { labels = {}, annotations = {} } = rule;
      alerts.push({
        name: rule.alert,
        spellings,
        healths,
        duration: secondsOf(rule.for ?? "0s") ?? 0,
        labels,
        annotations,
      });
    }
  }
  return { wanted: { ...others, alerts, recordings }, spelled };
};

/** Prometheus writes expressions in its own style; two texts are one expression when its formatter makes them equal. */
const spellingOf = (expr: string, query: string | undefined, recorded: readonly Answer[]): Spelling | undefined => {
  if (query === undefined) return undefined;
  if (query === expr) return { expr, query, by: "every letter", ours: expr, theirs: query };
  const [ours, theirs] = [squeezed(expr), squeezed(query)];
  if (ours === theirs) return { expr, query, by: "white space", ours, theirs };
  const [formatted, wanted] = [formattedIn(recorded, query), formattedIn(recorded, expr)];
  if (formatted === undefined || formatted !== wanted) return undefined;
  return { expr, query, by: "GET /api/v1/format_query", ours: wanted, theirs: formatted };
};

const formattedIn = (recorded: readonly Answer[], expr: string): string | undefined => {
  const asked = `/api/v1/format_query?query=${encodeURIComponent(expr)}`;
  const body = recorded.find(({ url }) => url.endsWith(asked))?.body as { readonly data?: unknown } | undefined;
  return typeof body?.data === "string" ? body.data : undefined;
};
