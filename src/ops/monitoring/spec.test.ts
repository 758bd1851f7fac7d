import fc from "fast-check";
import Value from "typebox/value";
import { describe, expect, it } from "vitest";
import { check, type Shape } from "./spec/check.ts";
import type { Problem } from "./spec/problem.ts";
import { schema } from "./spec/schema.ts";
import { readSpec } from "./spec.ts";

const problemsOf = (text: string): readonly Problem[] => {
  const reading = readSpec(text);
  return reading.ok ? [] : reading.problems;
};
const noticesOf = (text: string): readonly Problem[] => {
  const reading = readSpec(text);
  return reading.ok ? reading.notices : [];
};
const specOf = (text: string) => {
  const reading = readSpec(text);
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems));
  return reading.spec;
};

/** A reference to the environment. */
const env = (name: string): string => `\${${name}}`;

describe("an empty monitoring.yaml", () => {
  it("is a good one: scraped, alerted on, with promises", () => {
    const spec = specOf("");
    expect(spec.prometheus.enabled).toBe(true);
    expect(spec.prometheus.targets).toEqual(["localhost:8765"]);
    expect(spec.sla.targets).toHaveLength(4);
  });

  it("switches nothing on that needs a key", () => {
    const { alerting, exporters, logging, tracing } = specOf("# nothing");
    const enabled = [alerting.pagerduty, alerting.slack, ...Object.values(exporters), tracing.jaeger, logging.logstash];
    expect(enabled.map((section) => section.enabled)).toEqual(enabled.map(() => false));
  });

  it("cannot be changed after it was read", () => {
    const spec = specOf("");
    expect(() => {
      (spec.prometheus as { enabled: boolean }).enabled = false;
    }).toThrow();
  });
});

describe("a section that is written down", () => {
  it.each(["alerting:\n  slack:\n", "alerting: { slack: {} }"])("is switched on: %j", (text) => {
    expect(specOf(text).alerting.slack.enabled).toBe(true);
  });

  it("can be kept and switched off", () => {
    expect(specOf("exporters: { datadog: { enabled: false } }").exporters.datadog.enabled).toBe(false);
  });
});

describe("problems", () => {
  it("are reported all at once, each with its line, its path and what to do", () => {
    const text = [
      "prometheus:", //                     1
      "  scrape_interval: 15", //           2
      "  targets: localhost:8765", //       3
      "alerting:", //                       4
      "  slack:", //                        5
      "    chanels: {}", //                 6
      "  pagerduty:", //                    7
      "    alerts:", //                     8
      "      - name: P99 Latency Hgh", //   9
      "exporters: { cloudwatch: { region: nowhere } }", // 10
    ].join("\n");
    const problems = problemsOf(text);
    expect(problems.map(({ line, path }) => `${line} ${path}`)).toEqual([
      "2 /prometheus/scrape_interval",
      "3 /prometheus/targets",
      "6 /alerting/slack/chanels",
      "10 /exporters/cloudwatch/region",
    ]);
    for (const { message, fix } of problems) expect(message.length * fix.length).toBeGreaterThan(0);
  });

  it("suggest the key that was probably meant", () => {
    expect(problemsOf("promethius: {}")[0]?.fix).toContain('Did you mean "prometheus"?');
    expect(problemsOf("alerting: { rules: { BridgDown: {} } }")[0]?.fix).toContain('"BridgeDown"');
  });

  it("suggest the value that was probably meant", () => {
    expect(problemsOf("prometheus: { scheme: htps }")[0]?.fix).toContain('"https"');
  });

  it("say where a file is not YAML", () => {
    expect(problemsOf("prometheus:\n  targets: [a")[0]).toMatchObject({
      line: 2,
      message: expect.stringContaining("not YAML"),
    });
  });

  it("find a key that was written twice", () => {
    expect(problemsOf("version: '1'\nversion: '1'")[0]?.message).toContain("unique");
  });

  it("end aliases that unfold without end, and files that are something else", () => {
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${"bcdefgh"
      .split("")
      .map((key, index) => `${key}: &${key} [${Array(9).fill(`*${"abcdefg"[index]}`).join(",")}]`)
      .join("\n")}`;
    expect(problemsOf(bomb)).not.toEqual([]);
    expect(problemsOf("#".repeat(2_000_000))[0]?.message).toContain("1 MiB");
    expect(problemsOf("- a list")[0]?.message).toContain("expected a section");
  });
});

describe("secrets", () => {
  const secret = "https://hooks.slack.com/services/T000/B000/XXXX";

  it("are references to the environment", () => {
    expect(specOf(`alerting: { slack: { webhook_url: '${env("HOOK")}' } }`).alerting.slack.webhook_url).toBe(
      env("HOOK"),
    );
  });

  it("are refused in clear, and never repeated", () => {
    const problems = problemsOf(`alerting:\n  slack:\n    webhook_url: ${secret}\n`);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ line: 3, message: "a secret in clear" });
    expect(JSON.stringify(problems)).not.toContain("hooks.slack.com");
  });

  it.each([`prefix${env("KEY")}`, env("key"), "$KEY", env("KEY").repeat(2), env("")])(
    "are not half a reference: %s",
    (value) => {
      expect(problemsOf(`exporters: { datadog: { api_key: '${value}' } }`)[0]?.message).toBe("a secret in clear");
    },
  );

  it("stand nowhere else: an address is not taken from the environment", () => {
    const [problem] = problemsOf(`prometheus: { endpoint: 'http://${env("HOST")}:9090' }`);
    expect(problem?.message).toContain("a reference to the environment");
  });

  it("do not hide in an address", () => {
    expect(problemsOf("grafana: { endpoint: 'https://admin:pw@grafana.example.org' }")[0]?.fix).toContain("password");
  });
});

describe("values that make no sense together", () => {
  it.each([
    ["prometheus: { scrape_interval: 2m }", "/prometheus/scrape_interval", "at most 75s"],
    [
      "sla: { targets: [{ name: a, metric: p99_latency_milliseconds, target: 250, unit: ms }] }",
      "/sla/targets/0/target",
      "200, 300, 500",
    ],
    ["sla: { targets: [{ name: a, metric: uptime, target: 100, unit: '%' }] }", "/sla/targets/0/target", "99.95"],
    ["sla: { targets: [{ name: a, metric: error_rate, target: 20, unit: '%' }] }", "/sla/targets/0/target", "95 %"],
    ["sla: { targets: [{ name: a, metric: uptime, target: 99, unit: ms }] }", "/sla/targets/0/unit", "Write %"],
    [
      "alerting: { rules: { BridgeDown: { threshold: 3 } } }",
      "/alerting/rules/BridgeDown/threshold",
      "Leave the line out",
    ],
    [
      "alerting: { rules: { ElicitationP99LatencyHigh: { threshold: 9000 } } }",
      "/alerting/rules/ElicitationP99LatencyHigh/threshold",
      "from 10 to 2400",
    ],
    [
      "alerting: { rules: { SecurityViolationCritical: { for: 5m } } }",
      "/alerting/rules/SecurityViolationCritical/for",
      "Leave the line out",
    ],
    [
      "alerting: { rules: { BridgeRestarting: { threshold: 2.5 } } }",
      "/alerting/rules/BridgeRestarting/threshold",
      "whole number",
    ],
    [
      "alerting: { pagerduty: { alerts: [{ name: Eror Rate High }] } }",
      "/alerting/pagerduty/alerts/0/name",
      "Error Rate High",
    ],
    [
      "alerting: { pagerduty: { alerts: [{ name: Error Rate High, condition: x }] } }",
      "/alerting/pagerduty/alerts/0/condition",
      "threshold:",
    ],
    [
      "prometheus: { metrics: { elicitation_request_total: { type: counter } } }",
      "/prometheus/metrics/elicitation_request_total",
      "elicitation_requests_total",
    ],
    [
      "prometheus: { metrics: { elicitation_requests_total: { type: gauge } } }",
      "/prometheus/metrics/elicitation_requests_total/type",
      "counter",
    ],
    [
      "grafana: { dashboards: [{ name: a, uid: a, panels: [{ title: a }] }] }",
      "/grafana/dashboards/0/panels/0",
      "metric:",
    ],
    [
      "health_checks: { endpoints: [{ name: a, url: 'http://a', interval: 1s, timeout: 5s }] }",
      "/health_checks/endpoints/0/timeout",
      "longer",
    ],
  ])("%s", (text, path, advice) => {
    expect(problemsOf(text)).toEqual([expect.objectContaining({ path, fix: expect.stringContaining(advice) })]);
  });
});

describe("notices", () => {
  it("tell that agents are no labels", () => {
    const text =
      "prometheus: { metrics: { elicitation_requests_total: { type: counter, labels: [from_agent, status] } } }";
    expect(noticesOf(text)).toEqual([
      expect.objectContaining({ message: expect.stringContaining("from_agent is not a label") }),
    ]);
  });

  it("tell that one webhook reaches one channel", () => {
    expect(noticesOf("alerting: { slack: {} }").map(({ path }) => path)).toEqual([
      "/alerting/slack/channels/security",
      "/alerting/slack/channels/performance",
    ]);
    expect(noticesOf(`alerting: { slack: { bot_token: '${env("BOT")}' } }`)).toEqual([]);
  });
});

describe("the check of the form", () => {
  it("agrees with TypeBox about what fits, for any change to a full spec", () => {
    const full = JSON.parse(JSON.stringify(specOf("alerting: { slack: {}, pagerduty: {} }"))) as Record<
      string,
      unknown
    >;
    const paths = leavesOf(full);
    fc.assert(
      fc.property(
        fc.constantFrom(...paths),
        fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant([]), fc.constant({})),
        (path, value) => {
          const changed = withValue(full, path, value);
          const fits = Value.Check(schema, Value.Default(schema, structuredClone(changed)));
          expect(check(schema as unknown as Shape, changed).length === 0).toBe(fits);
        },
      ),
      { numRuns: 500 },
    );
  });
});

type Path = readonly string[];
const leavesOf = (value: unknown, path: Path = []): readonly Path[] =>
  typeof value === "object" && value !== null
    ? [path, ...Object.entries(value).flatMap(([key, item]) => leavesOf(item, [...path, key]))]
    : [path];

const withValue = (value: unknown, [key, ...rest]: Path, changed: unknown): unknown => {
  if (key === undefined) return changed;
  if (Array.isArray(value))
    return value.map((item, index) => (String(index) === key ? withValue(item, rest, changed) : item));
  const map = value as Readonly<Record<string, unknown>>;
  return { ...map, [key]: withValue(map[key], rest, changed) };
};
