import { isIP } from "node:net";
import fc from "fast-check";
import { isPublicAddress, webhookUrlProblem } from "../../src/bridge/delivery/address.ts";
import { verifyExport } from "../../src/bridge/log/export.ts";
import { mergeInput } from "../../src/bridge/transport/http/input.ts";
import { bearerOf } from "../../src/bridge/transport/identify.ts";
import { traceparentIn, withoutMeta } from "../../src/bridge/transport/meta.ts";
import { operations } from "../../src/bridge/transport/operations.ts";
import { originPolicy } from "../../src/bridge/transport/origin.ts";
import { eventLine } from "../../src/cli/event-line.ts";
import { readSpec } from "../../src/ops/monitoring/spec.ts";
import { anyJson, anyText, behind, type Fuzzed, near, nearObject, pure } from "./fuzzed.ts";

const host = fc.oneof(
  fc.ipV4(),
  fc.ipV4Extended(),
  fc.ipV6().map((ip) => `[${ip}]`),
  fc.nat({ max: 0xffffffff }).map(String),
  fc.domain(),
  fc.constantFrom(
    "localhost",
    "LOCALHOST.",
    "a.localhost",
    "[::ffff:10.0.0.1]",
    "0x7f.1",
    "127.1",
    "ⓛocalhost",
    "１２７.0.0.1",
  ),
);
const url = fc
  .tuple(
    fc.constantFrom("https://", "http://", "https:/", "https:\\\\", "HTTPS://", "file://", "//", ""),
    host,
    anyText(12),
  )
  .map((parts) => parts.join(""));

const webhookUrls: Fuzzed = pure(
  "webhook URLs",
  12_000,
  fc.oneof(url, near("https://example.com/hook?a=1"), anyText()),
  (text) => {
    if (webhookUrlProblem(text, false) !== undefined) return false;
    const { protocol, hostname } = new URL(text);
    const bare = hostname.replace(/^\[(.*)\]$/, "$1");
    const isInward = isIP(bare) === 0 ? /(^|\.)localhost\.?$/.test(bare) : !isPublicAddress(bare);
    if (protocol !== "https:" || isInward) throw new Error(`accepted ${text}`);
    return true;
  },
);

const headerNames = ["authorization", "origin", "host", "traceparent"] as const;
const policy = originPolicy({
  allowedHosts: ["127.0.0.1", "::1", "localhost"],
  allowedOrigins: ["https://console.example"],
});
const headers: Fuzzed = pure(
  "headers (credential, origin, host, trace context)",
  8_000,
  fc.dictionary(
    fc.constantFrom(...headerNames),
    fc.oneof(
      near(
        "Bearer lht_abc",
        "https://console.example",
        "127.0.0.1:8765",
        "00-11111111111111111111111111111111-1111111111111111-01",
      ),
      anyText(),
    ),
  ),
  (given) => {
    bearerOf(given["authorization"]);
    traceparentIn(given["traceparent"]);
    policy.isForeignButAllowed(given);
    const isRefused = policy.refuse(given) !== undefined;
    const known = /^(127\.0\.0\.1|localhost|\[::1\])(:\d*)?$/i;
    if (!isRefused && !known.test(new URL(`http://${given["host"] ?? ""}`).host))
      throw new Error("another host got in");
    return !isRefused;
  },
);

const query = fc.dictionary(
  fc.constantFrom(
    "after",
    "before",
    "limit",
    "direction",
    "stream",
    "types",
    "agent",
    "since",
    "until",
    "waitMs",
    "peek",
    "x",
  ),
  fc.oneof(
    fc.constantFrom(
      "0",
      "-1",
      "1e3",
      "9007199254740993",
      "NaN",
      "",
      "forward",
      "true",
      "2026-01-05T00:00:00Z",
      "2026-13-45T99:00:00Z",
    ),
    anyText(20),
    fc.array(anyText(8), { maxLength: 3 }) as fc.Arbitrary<string | string[]>,
  ),
);
const op = fc.constantFrom(...operations);
const queries: Fuzzed = pure("queries, cursors and event filters", 8_000, fc.tuple(op, query), ([one, given]) => {
  const merged = mergeInput(one, { method: "GET", params: {}, query: given, body: undefined });
  return merged.problems.length + one.problemsOf(merged.input).length === 0;
});

const inputs: Fuzzed = pure(
  "inputs of every operation",
  8_000,
  op.chain((one) =>
    fc.tuple(fc.constant(one), nearObject(Object.keys((one.input as unknown as { properties: object }).properties))),
  ),
  ([one, given]) => {
    const problems = one.problemsOf(withoutMeta(given).input);
    mergeInput(one, { method: "POST", params: { id: "x" }, query: {}, body: given, idempotencyKey: "k" });
    return problems.length === 0;
  },
);

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what has to be found.
const UNSAFE = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/;
const eventTypes = [
  "elicitation.asked",
  "elicitation.declined",
  "custom",
  "agent.registered",
  "security.violation",
  "x",
];
const events: Fuzzed = pure(
  "events as a terminal shows them",
  6_000,
  fc.record({
    type: fc.constantFrom(...eventTypes),
    actor: anyText(12),
    subject: fc.oneof(
      anyText(12),
      anyText(12).map((text) => `elicitation/${text}`),
    ),
    words: anyText(),
  }),
  ({ type, actor, subject, words }) => {
    const data = {
      ...{ message: words, reason: words, to: actor, agent: actor, kind: words, roles: [words], name: words },
      ...{ payload: words, severity: words, code: words },
    };
    const event = { type, actor, subject, data, time: "2026-01-05T00:00:00.000Z", position: 1 };
    const line = eventLine(event as never, (_style, text) => text);
    if (UNSAFE.test(line)) throw new Error(`moves the cursor: ${JSON.stringify(line)}`);
    // Refused: something had to be made visible.
    return !line.includes("\\u");
  },
);

const yaml = `version: 1
service: lighthouse
promises:
  elicitation_success: { target: 99.5, window: 30d }
alerts:
  ElicitationP99LatencyHigh: { threshold: 300ms, severity: warning }
prometheus:
  scrape_interval: 15s
`;
const monitoring: Fuzzed = pure(
  "monitoring.yaml",
  2_500,
  fc.oneof(
    near(yaml),
    anyText(200),
    anyText(10).map((text) => `a: &a [*a, ${text}]`),
  ),
  (text) => {
    const read = readSpec(text);
    if (!read.ok && read.problems.length === 0) throw new Error("refused without a reason");
    return read.ok;
  },
);

const exportHead = '{"format":"lighthouse-export","version":1,"checkpoint":"x","size":1}';
const exports: Fuzzed = behind(
  "exports of a log",
  3_000,
  fc.array(
    fc.oneof(
      near(exportHead),
      anyJson(2).map((value) => JSON.stringify(value) ?? ""),
      anyText(40),
    ),
    { maxLength: 4 },
  ),
  {
    open: async () => undefined,
    judge: async (_door, lines) => {
      const verdict = await verifyExport(lines, { keys: [] });
      if (verdict.ok) throw new Error("verified what is no export");
      return false;
    },
    close: async () => undefined,
  },
);

export const texts: readonly Fuzzed[] = [webhookUrls, headers, queries, inputs, events, monitoring, exports];
