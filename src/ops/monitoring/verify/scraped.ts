import { prometheusOf } from "../running/prometheus.ts";
import { inSeconds } from "../spec/parts.ts";
import type { Spec } from "../spec/schema.ts";
import type { Finding } from "./checked.ts";
import { eventually } from "./eventually.ts";
import type { VerifyPorts } from "./ports.ts";
import type { Trail } from "./provoke.ts";

interface Target {
  readonly labels: { readonly job: string; readonly instance: string };
  readonly health: string;
  readonly lastError: string;
  readonly lastScrape: string;
}

/** Scrapes that may be missed before a target counts as stale, and what clocks may differ, in milliseconds. */
const missedScrapes = 2;
const clockSkewMs = 2_000;

/** A server that has just started has scraped nothing yet: that is waited for. */
export const targetsUp = async (spec: Spec, ports: VerifyPorts): Promise<Finding> => {
  let last = await lookAtTargets(spec, ports);
  await eventually(ports, patienceOf(spec), async () => {
    if (last.isSettled) return true;
    last = await lookAtTargets(spec, ports);
    return last.isSettled;
  });
  return last.finding;
};

interface Look {
  readonly finding: Finding;
  readonly isSettled: boolean;
}

const lookAtTargets = async (spec: Spec, ports: VerifyPorts): Promise<Look> => {
  const asked = "GET /api/v1/targets?state=active";
  const called = await prometheusOf(spec, ports).get("/api/v1/targets?state=active");
  if (!called.ok) return { finding: unanswered(asked, called), isSettled: true };
  const { activeTargets } = (called.body as { readonly data: { readonly activeTargets: readonly Target[] } }).data;
  const own = activeTargets.filter(({ labels }) => labels.job === "lighthouse-bridge");
  const staleMs = inSeconds(spec.prometheus.scrape_interval) * 1000 * (1 + missedScrapes) + clockSkewMs;
  const problems = spec.prometheus.targets.flatMap((instance) => {
    const target = own.find(({ labels }) => labels.instance === instance);
    if (target === undefined) return [`${instance}: not a target`];
    if (target.health !== "up") return [`${instance}: ${target.health}${target.lastError && `: ${target.lastError}`}`];
    const ageMs = ports.clock.now() - Date.parse(target.lastScrape);
    return ageMs > staleMs ? [`${instance}: last scraped ${Math.round(ageMs / 1000)} s ago`] : [];
  });
  const answered = own.map(({ labels, health, lastScrape }) => `${labels.instance} ${health}, scraped ${lastScrape}`);
  const finding: Finding =
    problems.length === 0
      ? { state: "pass", asked, answered: answered.join("; ") }
      : { state: "fail", asked, answered: answered.join("; ") || "no bridge among its targets", details: problems };
  return { finding, isSettled: problems.length === 0 || (own.length > 0 && own.every((t) => t.health !== "unknown")) };
};

/** How long a change may take to be seen, in scrapes. */
const patienceScrapes = 3;

const patienceOf = ({ prometheus }: Spec): number =>
  inSeconds(prometheus.scrape_interval) * 1000 * patienceScrapes + clockSkewMs;

export const seesValue = async (spec: Spec, trail: Trail, ports: VerifyPorts): Promise<Finding> => {
  if (!trail.ok) return { state: "not run", asked: "nothing", answered: trail.reason };
  const asked = `${trail.expr} >= ${trail.value}`;
  const api = prometheusOf(spec, ports);
  const first = await api.get("/api/v1/query?query=1");
  if (!first.ok) return unanswered(asked, first);
  const patienceMs = patienceOf(spec);
  let seen: number | undefined;
  const isSeen = await eventually(ports, patienceMs, async () => {
    seen = await api.value(trail.expr);
    return seen !== undefined && seen >= trail.value;
  });
  const answered = seen === undefined ? "no such series" : String(seen);
  return isSeen
    ? { state: "pass", asked, answered }
    : { state: "fail", asked, answered: `${answered}, after ${patienceMs / 1000} s` };
};

/** It looks for Alertmanagers every five seconds, and forgets them when it reloads. */
const discoveryMs = 6_000;

export const knowsAlertmanager = async (spec: Spec, ports: VerifyPorts): Promise<Finding> => {
  const asked = "GET /api/v1/alertmanagers";
  const wanted = new URL(spec.alerting.alertmanager.endpoint).host;
  let last: Finding = { state: "fail", asked, answered: "none" };
  await eventually(ports, discoveryMs, async () => {
    const called = await prometheusOf(spec, ports).get("/api/v1/alertmanagers");
    if (!called.ok) {
      last = unanswered(asked, called);
      return true;
    }
    const { activeAlertmanagers: active } = (
      called.body as { readonly data: { readonly activeAlertmanagers: readonly { readonly url: string }[] } }
    ).data;
    const answered = active.map(({ url }) => url).join(", ") || "none";
    const isKnown = active.some(({ url }) => new URL(url).host === wanted);
    last = isKnown
      ? { state: "pass", asked, answered }
      : { state: "fail", asked, answered, details: [`${wanted} is not among them`] };
    return isKnown;
  });
  return last;
};

/** Nobody there: it could not be asked. Anything else that is not an answer is a failure. */
export const unanswered = (
  asked: string,
  failed: { readonly reason: string; readonly status?: number; readonly isKnown: boolean },
): Finding => ({
  state: failed.status === undefined && failed.isKnown ? "not run" : "fail",
  asked,
  answered: failed.reason,
});
