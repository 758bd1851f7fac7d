import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type FakeServer, fakeServer, type Incoming, type Outgoing } from "../../../test/ops/fake-server.ts";
import { specFrom } from "../../../test/ops/tree.ts";
import { checkedBy } from "../../../test/review/checked.ts";
import { type CredentialPorts, credentialProbe, type ProviderName } from "../../review/probe/credentials.ts";
import { channelKeysIn, providersIn, tryCredentialOf } from "./credentials.ts";

/** Providers as they document their answers; none of the real ones was asked. */
let there: FakeServer;
const good = "canary-Abc123def456";

const replies: Readonly<Record<string, (request: Incoming) => Outgoing>> = {
  "/abilities": ({ headers }) => ({ status: headers.authorization === `Token token=${good}` ? 200 : 401, body: {} }),
  "/api/auth.test": ({ headers }) => ({ status: 200, body: { ok: headers.authorization === `Bearer ${good}` } }),
  "/api/v1/validate": ({ headers }) =>
    headers["dd-api-key"] === good ? { status: 200, body: { valid: true } } : { status: 403, body: { errors: ["no"] } },
  "/api/search": ({ headers }) => ({ status: headers.authorization === `Bearer ${good}` ? 200 : 401, body: [] }),
  "/_security/_authenticate": ({ headers }) => ({ status: headers.authorization === `ApiKey ${good}` ? 200 : 401 }),
  "/": ({ headers }) => ({ status: headers.authorization?.includes(seen) === true ? 200 : 403, body: {} }),
};
/** Signature of the first call to AWS: whoever comes with another is not known. */
let seen = "";

beforeAll(async () => {
  there = await fakeServer((request) => {
    const [, signature = ""] = /Signature=([0-9a-f]{64})/.exec(request.headers.authorization ?? "") ?? [];
    if (request.path === "/" && seen === "") seen = signature;
    return replies[request.path]?.(request) ?? { status: 404 };
  });
});
afterAll(() => there.close());

const yaml = (): string => `
grafana: { endpoint: "${there.url}", api_key: "\${GRAFANA}" }
logging: { elasticsearch: { endpoint: "${there.url}", api_key: "\${ELASTIC}" } }
exporters: { datadog: {}, newrelic: {}, cloudwatch: {} }
alerting:
  pagerduty: { api_key: "\${PD_API}", routing_keys: { security-team: "\${PD_SECURITY}" } }
  slack: { bot_token: "\${BOT}", api_url: "${there.url}/api/chat.postMessage" }
`;

const portsWith = (value: string): CredentialPorts => {
  const spec = specFrom(yaml());
  const env = {
    PAGERDUTY_API_URL: there.url,
    AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
    AWS_SECRET_ACCESS_KEY: value,
  };
  return {
    channelKeys: channelKeysIn(spec),
    tryCredential: tryCredentialOf(spec, {
      ...{ env, signal: new AbortController().signal, secretOf: () => value },
      // The vendors' own hosts are not asked from here.
      fetch: (url, init) => fetch(String(url).replace(/^https:\/\/[^/]+/, there.url), init),
    }),
  };
};

const called = ["pagerduty-api", "slack-bot", "datadog", "aws", "grafana", "elasticsearch"] as const;

const checked = (name: ProviderName, ports: CredentialPorts) => checkedBy(credentialProbe(name, ports));

test("monitoring.yaml says whose credentials there are", () => {
  expect(providersIn(specFrom(yaml())).toSorted()).toEqual([...called, "pagerduty-events", "newrelic"].toSorted());
  expect(providersIn(specFrom("alerting: { slack: {} }"))).toEqual(["slack-webhook"]);
});

describe.each(called)("the credential of %s", (name) => {
  test("that is taken, while another is refused, is accepted, and stands in no evidence", async () => {
    seen = "";
    const { state, says, text } = await checked(name, portsWith(good));
    expect([state, says]).toEqual(["pass", expect.stringContaining("accepted 1")]);
    expect(text).not.toContain(good);
    expect(text).not.toContain("canary");
  });

  test("that is not taken is red", async () => {
    seen = "nobody's";
    expect((await checked(name, portsWith("canary-another-one"))).state).toBe("fail");
  });

  test("that is not set is not run", async () => {
    expect((await checked(name, portsWith(""))).state).toBe("not-run");
  });
});

test("an endpoint that takes every credential says nothing about this one", async () => {
  there.instead({ status: 200, body: [] }, { status: 200, body: [] });
  const { state, says } = await checked("grafana", portsWith(good));
  expect([state, says]).toEqual(["fail", "accepted 1, others-refused 0 (out)"]);
});

describe("a credential that only a delivery can prove", () => {
  const delivered = { channel: "pagerduty", firedMs: 900, resolvedMs: 800, problems: [] } as const;
  const going = (...teams: readonly string[]): CredentialPorts => ({
    ...portsWith(good),
    channels: async () => teams.map((team) => ({ ...delivered, team })),
  });

  test("is proven when a test incident went out with it, by the name of who was reached", async () => {
    const { state, text } = await checked("pagerduty-events", going("on-call", "security-team"));
    expect(state).toBe("pass");
    expect(text).toContain("PD_SECURITY");
  });

  test("is not run for the keys with which none did, and says how to send one", async () => {
    expect(await checked("pagerduty-events", going("on-call"))).toMatchObject({
      state: "not-run",
      says: expect.stringContaining("PD_SECURITY (--test-channels security-team)"),
    });
    expect((await checked("pagerduty-events", portsWith(good))).state).toBe("not-run");
  });

  test("is red when the product refused what was sent with it", async () => {
    const refused = { ...delivered, team: "on-call", problems: ["refused"] };
    const ports = { ...going(), channels: async () => [refused, { ...delivered, team: "security-team" }] };
    expect((await checked("pagerduty-events", ports)).state).toBe("fail");
  });

  test("or a batch of metrics that was taken", async () => {
    const counts = (ok: number, failed = 0) => ({ ok, failed, dropped: 0 });
    const taken = (ok: number, failed = 0): CredentialPorts => ({
      exported: async () => [{ exporter: "newrelic", before: counts(1), after: counts(ok, failed) }],
    });
    expect((await checked("newrelic", taken(2))).state).toBe("pass");
    expect((await checked("newrelic", taken(1, 1))).state).toBe("fail");
    expect((await checked("newrelic", {})).state).toBe("not-run");
  });
});
