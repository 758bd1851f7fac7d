import { type LabelsOf, signals } from "../../../domain/signal.ts";
import { increase, rate, select } from "../promql.ts";
import { besideIdle, counter, gauge, series } from "../proof/series.ts";
import { over, silence, under, windowEdges } from "../proof/stories.ts";
import type { Alert } from "./alert.ts";

const violation = (
  type: LabelsOf<(typeof signals)["securityViolations"]>["type"],
  severity: LabelsOf<(typeof signals)["securityViolations"]>["severity"],
) => series(signals.securityViolations, { type, severity });

const critical: Alert = {
  name: "SecurityViolationCritical",
  title: "Security Breach",
  component: "security",
  severity: "critical",
  team: "security-team",
  for: "0s",
  concern: "security",
  // Without `for`, and the route waits for nobody. It works for the first one because the series was there, at 0.
  expr: ({ span }) =>
    `${increase(select(signals.securityViolations, { severity: "critical" }), span("5m"), "type")} > 0`,
  summary: "Critical security violation: {{ $labels.type }}.",
  description: "Somebody tried {{ $labels.type }}. Who and on which question stands in the log, under this type.",
  dashboard: "lighthouse-security",
  proofs: () => [
    {
      name: "fires at the very first violation, once for its kind (the ancestor's rule missed it), and resolves",
      every: 15,
      given: besideIdle({
        [violation("replay_attack", "critical")]: gauge(15, [0, 600], [1, 1200]),
        [violation("invalid_signature", "critical")]: gauge(15, [0, 1800]),
      }),
      expect: windowEdges(15, 600, 600 + 300),
    },
    {
      name: "fires for each kind by itself",
      every: 15,
      given: {
        [violation("replay_attack", "critical")]: gauge(15, [0, 600], [1, 1200]),
        [violation("invalid_signature", "critical")]: gauge(15, [0, 660], [1, 1140]),
      },
      expect: [
        { at: 645, firing: 1 },
        { at: 675, firing: 2 },
      ],
    },
    {
      name: "stays silent at violations that are less than critical",
      every: 15,
      given: {
        [violation("invalid_session", "high")]: counter(15, [1, 900]),
        [violation("validation_failure", "medium")]: counter(15, [1, 900]),
        [violation("late_answer", "info")]: counter(15, [1, 900]),
        [violation("replay_attack", "critical")]: gauge(15, [4, 900]),
      },
      expect: silence(900),
    },
  ],
};

const high: Alert = {
  name: "SecurityViolationHigh",
  title: "Security Violation",
  component: "security",
  severity: "warning",
  team: "security-team",
  for: "0s",
  concern: "security",
  expr: ({ span }) => `${increase(select(signals.securityViolations, { severity: "high" }), span("5m"), "type")} > 0`,
  summary: "Security violation: {{ $labels.type }}.",
  description: "{{ $labels.type }} was refused. Who and how often stands in the log, under this type.",
  dashboard: "lighthouse-security",
  proofs: () => [
    {
      name: "fires at the first one, and resolves",
      every: 15,
      given: besideIdle({ [violation("invalid_session", "high")]: gauge(15, [0, 600], [1, 1200]) }),
      expect: windowEdges(15, 600, 600 + 300),
    },
    {
      name: "stays silent at lesser ones, and leaves critical ones to their own alert",
      every: 15,
      given: {
        [violation("replay_attack", "critical")]: counter(15, [1, 900]),
        [violation("validation_failure", "medium")]: counter(15, [1, 900]),
      },
      expect: silence(900),
    },
  ],
};

const authentication: Alert = {
  name: "AuthenticationFailuresHigh",
  title: "Many Failed Authentications",
  component: "security",
  severity: "warning",
  team: "security-team",
  threshold: 10,
  bounds: [0.1, 1e6],
  unit: "per minute",
  for: "0s",
  concern: "authentication",
  expr: ({ threshold, span }) =>
    `60 * ${rate(select(signals.securityViolations, { type: "authentication" }), span("5m"))} > ${threshold}`,
  summary: "Somebody guesses credentials.",
  description: '{{ $value | printf "%.1f" }} failed authentications a minute.',
  dashboard: "lighthouse-security",
  proofs: ({ threshold }) => [
    {
      name: "fires when failures come faster than the threshold, and resolves when they stop",
      every: 15,
      given: besideIdle({
        [violation("authentication", "medium")]: counter(15, [0, 600], [(threshold / 60) * over, 900], [0, 900]),
      }),
      expect: windowEdges(15, 600 + 285, 1500 + 30),
    },
    {
      name: "stays silent under the threshold, whatever other kinds do",
      every: 15,
      given: {
        [violation("authentication", "medium")]: counter(15, [(threshold / 60) * under, 1800]),
        [violation("validation_failure", "medium")]: counter(15, [threshold, 1800]),
      },
      expect: silence(1800),
    },
  ],
};

const verification = series(signals.logVerificationFailures, {});

const tampered: Alert = {
  name: "LogTampered",
  title: "Log Does Not Verify",
  component: "security",
  severity: "critical",
  team: "security-team",
  for: "0s",
  concern: "log-integrity",
  expr: ({ span }) => `${increase(select(signals.logVerificationFailures), span("10m"))} > 0`,
  summary: "The log does not verify.",
  description: "An event, a hash or a checkpoint does not fit. Something was changed, lost or damaged.",
  dashboard: "lighthouse-security",
  proofs: () => [
    {
      name: "fires at the first failed verification, and resolves",
      every: 15,
      given: besideIdle({ [verification]: gauge(15, [0, 900], [1, 1500]) }),
      expect: windowEdges(15, 900, 900 + 600),
    },
  ],
};

const refusals = (limit_type: "ask" | "answer") => series(signals.rateLimitRefusals, { limit_type });

const rateLimits: Alert = {
  name: "RateLimitViolationsHigh",
  title: "Rate Limiting",
  component: "security",
  severity: "warning",
  team: "on-call",
  threshold: 10,
  bounds: [0.01, 1e6],
  unit: "per second",
  for: "2m",
  concern: "rate-limit",
  expr: ({ threshold, span }) => `${rate(select(signals.rateLimitRefusals), span("5m"))} > ${threshold}`,
  summary: "Many calls are refused by a limit.",
  description: '{{ $value | printf "%.1f" }} calls a second are refused because a limit is used up.',
  dashboard: "lighthouse-security",
  proofs: ({ threshold, forSeconds }) => [
    {
      name: "fires when refusals of all limits together come faster than the threshold, and resolves",
      every: 15,
      given: besideIdle({
        [refusals("ask")]: counter(15, [0, 600], [threshold * over * 0.7, forSeconds + 900], [0, 900]),
        [refusals("answer")]: counter(15, [0, 600], [threshold * over * 0.3, forSeconds + 900], [0, 900]),
      }),
      expect: windowEdges(15, 600 + 285 + forSeconds, 1500 + forSeconds + 30),
    },
    {
      name: "stays silent under the threshold",
      every: 15,
      given: { [refusals("ask")]: counter(15, [threshold * under, forSeconds + 1800]) },
      expect: silence(forSeconds + 1800),
    },
  ],
};

export const securityAlerts: readonly Alert[] = [critical, high, authentication, tampered, rateLimits];
