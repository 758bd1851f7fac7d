import Type from "typebox";
import { address, choice, duration, entry, list, section, text, url } from "./parts.ts";

/** What is promised to users, and what is probed from outside to see whether it is kept. */

export const health_checks = section("Addresses that are probed from outside the bridge.", {
  prober: Type.Optional(
    address("A blackbox exporter. Without one the bridge's own lighthouse_ready is what is watched."),
  ),
  endpoints: list(
    "What is probed.",
    entry("One address.", {
      name: text("Its name."),
      url: url("Its address."),
      interval: duration("How often.", "5s"),
      timeout: duration("When it counts as failed.", "5s"),
    }),
    [{ name: "Bridge Health", url: "http://localhost:8765/health", interval: "5s", timeout: "5s" }],
  ),
});

export const promises = ["p99_latency_milliseconds", "uptime", "error_rate", "delivery_rate"] as const;

const target = (name: string, metric: (typeof promises)[number], value: number, unit: string) => ({
  name,
  metric,
  target: value,
  unit,
});

export const sla = section("Promises over 30 days. Burn-rate alerts follow from them.", {
  targets: list(
    "What is promised. A promise that is left out keeps its default.",
    entry("One promise.", {
      name: text("Its name."),
      metric: choice("What is measured.", promises),
      target: Type.Number({ description: "The promise, in its unit.", exclusiveMinimum: 0 }),
      unit: choice("Its unit.", ["ms", "%"]),
    }),
    [
      target("P99 Latency", "p99_latency_milliseconds", 300, "ms"),
      target("Availability", "uptime", 99.95, "%"),
      target("Error Rate", "error_rate", 0.1, "%"),
      target("Message Delivery", "delivery_rate", 99.5, "%"),
    ],
  ),
});
