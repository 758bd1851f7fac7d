import type { Finding } from "./check.ts";
import type { Spec } from "./schema.ts";
import { changedAlerts } from "./sense/alerts.ts";
import { agentLabels, dashboards, metrics, ownBuckets } from "./sense/metrics.ts";
import { intervals, sharedWebhook, unprobed } from "./sense/places.ts";
import { promises } from "./sense/promises.ts";

/** What a schema cannot say: values that fit their form, and make no sense together. */
export const sense = (spec: Spec): { readonly problems: readonly Finding[]; readonly notices: readonly Finding[] } => ({
  problems: [intervals, changedAlerts, promises, metrics, dashboards].flatMap((look) => look(spec)),
  notices: [agentLabels, ownBuckets, sharedWebhook, unprobed].flatMap((look) => look(spec)),
});
