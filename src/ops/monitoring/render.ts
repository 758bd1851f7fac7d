import { renderAlertmanager } from "./render/alertmanager.ts";
import { renderCloudwatch } from "./render/cloudwatch.ts";
import { renderCompose } from "./render/compose.ts";
import { renderDatadog } from "./render/datadog.ts";
import { renderElastic } from "./render/elastic.ts";
import { renderGrafana } from "./render/grafana.ts";
import { renderJaeger } from "./render/jaeger.ts";
import { renderLogstash } from "./render/logstash.ts";
import { renderNewrelic } from "./render/newrelic.ts";
import { renderOtel } from "./render/otel.ts";
import { renderPagerduty } from "./render/pagerduty.ts";
import { renderPrometheus } from "./render/prometheus.ts";
import type { Renderer } from "./render/rendered.ts";
import { renderSlack } from "./render/slack.ts";

/** One per product, each in `render/<product>.ts`, each writing below a folder of its own. */
const renderers: readonly Renderer[] = [
  renderPrometheus,
  renderAlertmanager,
  renderGrafana,
  renderPagerduty,
  renderSlack,
  renderElastic,
  renderLogstash,
  renderOtel,
  renderJaeger,
  renderCloudwatch,
  renderDatadog,
  renderNewrelic,
  renderCompose,
];

/** The whole tree, sorted by path: the same spec gives the same bytes, whatever order the renderers stand in. */
export const renderAll: Renderer = (spec) => {
  const files = renderers.flatMap((render) => [...render(spec)]);
  const paths = files.map(([path]) => path);
  const twice = paths.find((path, index) => paths.indexOf(path) !== index);
  if (twice !== undefined) throw new Error(`two renderers write ${twice}`);
  return new Map(files.sort(([a], [b]) => (a < b ? -1 : 1)));
};
