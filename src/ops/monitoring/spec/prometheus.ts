import Type from "typebox";
import { address, choice, duration, entry, flag, list, optIn, secret, section, text, url } from "./parts.ts";

export const prometheus = section("What is scraped, how often, and how long it is kept.", {
  enabled: flag("false renders nothing for Prometheus.", true),
  endpoint: url(
    "Where Prometheus itself answers; used by apply, verify and the links in alerts.",
    "http://localhost:9090",
  ),
  scrape_interval: duration("How often the bridge is asked. At most 75s: rates over 5m need four samples.", "15s"),
  evaluation_interval: duration("How often rules are evaluated.", "15s"),
  retention: duration(
    "How long samples are kept. A flag of the server, not of its file: rendered where it is started.",
    "30d",
  ),
  scheme: choice("How the bridge is reached.", ["http", "https"], "http"),
  metrics_path: text("Where the bridge shows its metrics.", "/metrics", "^/\\S*$"),
  token: Type.Optional(secret("Bearer token for the bridge's metrics.")),
  targets: list("The bridges, host and port each.", address("A bridge."), ["localhost:8765"]),
  agent_pairs: optIn(
    "lighthouse_elicitation_pair_requests_total, by who asked whom. Series cost memory in Prometheus: four a pair.",
    {
      max: Type.Integer({
        description: "Pairs with series of their own; all further ones are counted as other.",
        minimum: 1,
        maximum: 5000,
        default: 200,
      }),
    },
  ),
  external_labels: Type.Record(Type.String({ pattern: "^[a-zA-Z_][a-zA-Z0-9_]*$" }), Type.String(), {
    description: "Labels on everything that leaves this Prometheus. A drill sets test to true.",
    default: {},
  }),
  metrics: Type.Record(
    Type.String(),
    entry("A metric that you count on.", {
      type: choice("Its type.", ["counter", "gauge", "histogram"]),
      help: Type.Optional(text("What it means to you.")),
      labels: Type.Optional(list("Labels that you count on.", text("A label."))),
      buckets: Type.Optional(Type.Array(Type.Number())),
    }),
    {
      description:
        "Metrics that must exist, by name. They are checked against what the bridge emits; nothing is defined here.",
      default: {},
    },
  ),
});
