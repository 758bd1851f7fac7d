import { randomBytes } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type FakeServer, fakeServer, type Outgoing } from "../../../test/ops/fake-server.ts";
import { memoryPlace } from "../../../test/ops/memory-place.ts";
import { clock } from "../../../test/ops/stack.ts";
import { specFrom } from "../../../test/ops/tree.ts";
import { apply, endpoints } from "./apply/apply.ts";
import { callLimits } from "./apply/call.ts";
import { testChannels } from "./channel.ts";
import { diff } from "./diff.ts";
import { renderAll } from "./render.ts";
import { verify } from "./verify/verify.ts";

/** Every endpoint of every command, and everything that can be wrong with one: what is said, and how often it is tried. */
let there: FakeServer;
let answer: () => Outgoing;
beforeEach(async () => {
  there = await fakeServer(() => answer());
});
afterEach(() => there.close());

const file = (address: string): string => `
grafana: { endpoint: "${address}", api_key: "\${GRAFANA_TOKEN}" }
logging: { elasticsearch: { endpoint: "${address}", api_key: "\${ES_KEY}" } }
tracing: { jaeger: { ui: "${address}" } }
prometheus: { endpoint: "${address}" }
alerting:
  alertmanager: { endpoint: "${address}" }
  secrets_dir: /nowhere
  slack: { bot_token: "\${SLACK_BOT_TOKEN}" }
  pagerduty:
    api_key: \${PAGERDUTY_API_KEY}
    escalation_policies: { on-call: [{ type: user, id: PUSER01 }] }
`;

/** Time passes at once, and is measured. */
const world = (address: string) => {
  let passed = 0;
  const waits: number[] = [];
  return {
    waits,
    fetch,
    clock: { now: clock.now, monotonic: () => clock.monotonic() + passed },
    scheduler: {
      after: (ms: number, task: () => void) => {
        passed += ms;
        waits.push(ms);
        setImmediate(task);
        return () => undefined;
      },
    },
    rng: { bytes: (size: number) => randomBytes(size) },
    env: {
      GRAFANA_TOKEN: "canary-grafana",
      ES_KEY: "canary-elastic",
      SLACK_BOT_TOKEN: "canary-slack",
      PAGERDUTY_API_KEY: "canary-pagerduty",
      PAGERDUTY_ROUTING_KEY: "canary-routing",
      PAGERDUTY_API_URL: address,
    },
    bridge: { url: address, token: "canary-bridge" },
  };
};

const products = ["Prometheus", "Alertmanager", "Grafana", "Elasticsearch", "PagerDuty"] as const;

interface Fault {
  readonly name: string;
  readonly answer?: () => Outgoing;
  readonly says: RegExp;
  readonly isNobody?: true;
  /** Waits between attempts at one call, in milliseconds. */
  readonly waits: readonly number[];
}
const faults: readonly Fault[] = [
  { name: "nobody there", isNobody: true, says: /127\.0\.0\.1:2999: nobody listens there/, waits: [500, 1000, 2000] },
  {
    name: "401",
    answer: () => ({ status: 401, body: { message: "who are you" } }),
    says: /said 401 to \w+ \/\S+: who are you.*key is wrong/,
    waits: [],
  },
  {
    name: "429 that asks for three seconds",
    answer: () => ({ status: 429, headers: { "retry-after": "3" }, body: { message: "slow down" } }),
    says: /said 429 .*slow down.*run it again in a minute/,
    waits: [3000, 3000, 3000],
  },
  {
    name: "429 that asks for an hour",
    answer: () => ({ status: 429, headers: { "retry-after": "3600" } }),
    says: /said 429 .*run it again in a minute/,
    waits: [],
  },
  {
    name: "503",
    answer: () => ({ status: 503, body: { message: "out of order" } }),
    says: /said 503 .*out of order/,
    waits: [500, 1000, 2000],
  },
  {
    name: "a connection that breaks",
    answer: () => ({ status: 200, hangUp: true }),
    says: /the connection broke/,
    waits: [500, 1000, 2000],
  },
];

describe.each(faults)("an endpoint with $name", ({ answer: given, says, isNobody, waits }) => {
  const open = () => {
    answer = given ?? (() => ({ status: 500 }));
    const address = isNobody ? "http://127.0.0.1:2999" : there.url;
    return { spec: specFrom(file(address)), here: world(address) };
  };

  it.each(products)("is said by apply in words, for %s, after so many attempts and no more", async (product) => {
    const { spec, here } = open();
    const places = { files: memoryPlace("/etc/lighthouse"), secrets: memoryPlace("/nowhere") };
    const [applied] = await apply(spec, { ...here, ...places, only: [product] });
    expect(applied?.state).toBe(isNobody ? "unreachable" : "failed");
    expect(applied?.says).toMatch(says);
    expect(JSON.stringify(applied)).not.toContain("canary");
    // A look beforehand may be one attempt more, and is never waited for longer.
    expect(here.waits.slice(-waits.length || here.waits.length)).toEqual(waits);
    expect(here.waits.length).toBeLessThanOrEqual(2 * (callLimits.attempts - 1));
  });

  it("is said by diff for each of them, and keeps none from its turn", async () => {
    const { spec, here } = open();
    const all = await diff(spec, renderAll(spec), here);
    expect(all.map(({ place, state }) => `${place}: ${state}`)).toEqual([
      "files: same",
      ...[
        "Prometheus, configuration",
        "Prometheus, rules",
        "Alertmanager",
        "Grafana",
        "Elasticsearch",
        "PagerDuty",
      ].map((place) => `${place}: not run`),
    ]);
    for (const { says: said, place } of all.slice(1)) expect(said, place).toMatch(says);
    expect(JSON.stringify(all)).not.toContain("canary");
  });

  it("is no pass for verify: not run where nobody is, failed where somebody refuses", async () => {
    const { spec, here } = open();
    const { checks, passed } = await verify(spec, here);
    expect(passed).toBe(0);
    for (const { check, state, evidence } of checks) {
      // Without the bridge there is no call to follow.
      const isFollowed = ["prometheus.value", "elasticsearch.line", "jaeger.span"].includes(check);
      expect([check, state]).toEqual([check, isNobody || isFollowed ? "not run" : "fail"]);
      expect(evidence.answered, check).toMatch(new RegExp(`${says.source.split(".*key is")[0]?.split(".*run it")[0]}`));
    }
    expect(JSON.stringify(checks)).not.toContain("canary");
  });

  it("is no pass for a test of a channel, which did not run", async () => {
    const { spec, here } = open();
    const results = await testChannels(spec, { testId: "t", audiences: ["on-call"] }, here);
    expect(results.map(({ channel, state }) => `${channel} ${state}`)).toEqual(["pagerduty not run", "slack not run"]);
    expect(JSON.stringify(results)).not.toContain("canary");
  });
});

describe("apply that was ended half-way", () => {
  const spec = specFrom("grafana: { enabled: false }");
  const wanted = renderAll(spec);
  const here = () => ({
    ...world("http://127.0.0.1:2999"),
    secrets: memoryPlace("/nowhere"),
    only: ["files"] as const,
  });

  it("between any two files is finished by the next, to the same folder as if nothing had been", async () => {
    const whole = memoryPlace("/etc/lighthouse");
    await apply(spec, { ...here(), files: whole });
    for (let killedAfter = 0; killedAfter <= wanted.size; killedAfter += 5) {
      const files = memoryPlace("/etc/lighthouse", new Map([["prometheus/rules/old.yml", "groups: []\n"]]));
      files.files.set(".lighthouse-rendered", "prometheus/rules/old.yml\n");
      let written = 0;
      const killed = {
        ...files,
        write: (path: string, text: string): void => {
          if (written++ === killedAfter) throw Object.assign(new Error("killed"), { code: "SIGKILL" });
          files.write(path, text);
        },
      };
      const [first] = await apply(spec, { ...here(), files: killed });
      expect(first?.state).toBe("failed");
      const [second] = await apply(spec, { ...here(), files });
      // Where only the list of what was written is missing, no file has to change.
      expect(["applied", "unchanged"]).toContain(second?.state);
      expect(new Map([...files.files].sort())).toEqual(new Map([...whole.files].sort()));
      expect((await apply(spec, { ...here(), files }))[0]?.state).toBe("unchanged");
    }
  });

  it("by Ctrl-C is ended between two endpoints, and says what was done", async () => {
    const stop = new AbortController();
    const files = memoryPlace("/etc/lighthouse");
    const applied = await apply(spec, {
      ...world("http://127.0.0.1:2999"),
      files,
      secrets: memoryPlace("/nowhere"),
      signal: stop.signal,
      onApplied: ({ endpoint }) => endpoint === "secrets" && stop.abort(),
    });
    expect(applied.map(({ endpoint }) => endpoint)).toEqual(["files", "secrets"]);
    expect(files.files.size).toBe(wanted.size + 1);
  });
});

it("every endpoint of apply is one of these", () => {
  expect([...endpoints].sort()).toEqual(["files", "secrets", ...products].sort());
});
