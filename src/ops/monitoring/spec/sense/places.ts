import { inSeconds } from "../parts.ts";
import type { Look } from "./look.ts";

/** `rate` over five minutes wants four samples, or one missed scrape leaves it with nothing. */
const longestScrape = 75;

export const intervals: Look = ({ prometheus, alerting, health_checks }) => [
  ...(inSeconds(prometheus.scrape_interval) > longestScrape * alerting.time_scale
    ? [
        {
          path: ["prometheus", "scrape_interval"],
          message: `${prometheus.scrape_interval} is too seldom for rules over ${5 * alerting.time_scale} minutes`,
          fix: `Write at most ${longestScrape * alerting.time_scale}s.`,
        },
      ]
    : []),
  ...health_checks.endpoints.flatMap(({ interval, timeout }, index) =>
    inSeconds(timeout) > inSeconds(interval)
      ? [
          {
            path: ["health_checks", "endpoints", index, "timeout"],
            message: `the timeout (${timeout}) is longer than the interval (${interval})`,
            fix: "Prometheus refuses that. Make the interval longer or the timeout shorter.",
          },
        ]
      : [],
  ),
];

export const sharedWebhook: Look = ({ alerting: { slack } }) => {
  if (!slack.enabled || slack.bot_token !== undefined) return [];
  const own = { security: slack.webhook_urls.security, performance: slack.webhook_urls.performance };
  const purposes = (["security", "performance"] as const).filter(
    (purpose) => own[purpose] === undefined && slack.channels[purpose] !== slack.channels.default,
  );
  return purposes.map((purpose) => ({
    path: ["alerting", "slack", "channels", purpose],
    message: `messages for ${slack.channels[purpose]} will appear in the channel that the webhook was made for`,
    fix: `Slack lets no webhook choose its channel. Write webhook_urls.${purpose}, or a bot_token.`,
  }));
};

export const unprobed: Look = ({ health_checks: { prober, endpoints } }) =>
  prober !== undefined || endpoints.length < 2
    ? []
    : [
        {
          path: ["health_checks", "endpoints"],
          message: "nothing probes these addresses from outside",
          fix: "Prometheus needs a blackbox exporter for that: write health_checks.prober. Until then lighthouse_ready is watched.",
        },
      ];
