import type { Measure } from "../policy.ts";
import type { Test } from "../recompute/how.ts";
import type { Exported } from "./exports.ts";
import type { ChannelTried } from "./monitoring-port.ts";
import { DAY_MS, json, measured, notRun, type Probe, type Stage } from "./probe.ts";

/**
 * Whether the credentials of each provider are taken by it. Where the provider has a call that changes nothing and wakes
 * nobody, it is made twice: with the credential, and with another one that has to be refused, because an endpoint that
 * takes every key says nothing about this one. Where there is no such call, only a delivery can prove it.
 */
const FILE = "credential.json";
const ARRIVES_MS_MAX = 120_000;

/** A call that was made, with the credential and with another one. Neither of them stands in it. */
export interface CredentialTried {
  readonly variable: string;
  /** Method and address. */
  readonly asked: string;
  readonly answer: Reply;
  readonly control: Reply;
}

/** Status 0: nobody answered. */
export interface Reply {
  readonly status: number;
  readonly body: unknown;
}

/** A credential that a channel is served with, and who is reached by it. */
export interface ChannelKey {
  readonly variable: string;
  readonly channel: "pagerduty" | "slack";
  readonly teams: readonly string[];
}

interface Provider {
  readonly title: string;
  readonly proof:
    | { readonly by: "call"; readonly takes?: readonly Test[]; readonly refuses: readonly Test[] }
    | { readonly by: "channel"; readonly channel: ChannelKey["channel"] }
    | { readonly by: "export"; readonly exporter: string };
}

const status = (...refused: readonly number[]): readonly Test[] => [[{ at: "/control/status" }, "in", { is: refused }]];

const providers = {
  "pagerduty-api": {
    title: "PagerDuty takes the REST API key",
    proof: { by: "call", refuses: status(401, 403) },
  },
  "pagerduty-events": {
    title: "PagerDuty takes every routing key: an incident was delivered with it",
    proof: { by: "channel", channel: "pagerduty" },
  },
  "slack-bot": {
    title: "Slack takes the bot's token",
    proof: {
      by: "call",
      takes: [[{ at: "/answer/body/ok" }, "eq", { is: true }]],
      refuses: [[{ at: "/control/body/ok" }, "eq", { is: false }]],
    },
  },
  "slack-webhook": {
    title: "Slack takes every webhook: a message was delivered with it",
    proof: { by: "channel", channel: "slack" },
  },
  datadog: {
    title: "Datadog takes the API key",
    proof: {
      by: "call",
      takes: [[{ at: "/answer/body/valid" }, "eq", { is: true }]],
      refuses: status(401, 403),
    },
  },
  newrelic: {
    title: "New Relic takes the licence key: a batch was taken with it",
    proof: { by: "export", exporter: "newrelic" },
  },
  aws: { title: "AWS knows whose credentials they are", proof: { by: "call", refuses: status(400, 403) } },
  grafana: { title: "Grafana takes the service account's token", proof: { by: "call", refuses: status(401, 403) } },
  elasticsearch: { title: "Elasticsearch takes the API key", proof: { by: "call", refuses: status(401, 403) } },
} as const satisfies Readonly<Record<string, Provider>>;
export type ProviderName = keyof typeof providers;
export const providerNames = Object.keys(providers) as readonly ProviderName[];

export interface CredentialPorts {
  /** Makes the call of a provider that has one. */
  readonly tryCredential?: (provider: ProviderName) => Promise<readonly CredentialTried[]>;
  readonly channelKeys?: readonly ChannelKey[];
  readonly channels?: () => Promise<readonly ChannelTried[]>;
  readonly exported?: (stage: Stage) => Promise<readonly Exported[]>;
}

export const credentialProbe = (name: ProviderName, ports: CredentialPorts): Probe => {
  const { title, proof }: Provider = providers[name];
  return {
    id: `credential-${name}`,
    version: 1,
    does: doesOf(proof),
    sabotage: "the credential is another one",
    checks: [
      {
        id: `secrets.${name}`,
        title,
        section: "operations",
        severity: "major",
        ttlMs: DAY_MS,
        measures: measuresOf(proof),
      },
    ],
    run: (stage) => found(proof, name, ports, stage),
  };
};

const doesOf = (proof: Provider["proof"]): string => {
  switch (proof.by) {
    case "call":
      return "makes a call that changes nothing and wakes nobody, with the credential and with another one that has to be refused";
    case "channel":
      return `looks with which credential each test incident of **channels** went out by ${proof.channel}: there is no call that would prove it otherwise`;
    case "export":
      return "looks whether a batch that **exports** saw leave was taken: there is no call that would prove it otherwise";
  }
};

const ratio = (measure: string, unit: string, that: readonly Test[]): Measure => ({
  name: measure,
  unit: `share of the ${unit}`,
  how: { kind: "ratio", rows: { file: FILE, each: "" }, that },
  tolerance: { min: 1 },
});

const measuresOf = (proof: Provider["proof"]): readonly Measure[] => {
  switch (proof.by) {
    case "call":
      return [
        ratio("accepted", "credentials", [
          [{ at: "/answer/status" }, "ge", { is: 200 }],
          [{ at: "/answer/status" }, "lt", { is: 300 }],
          ...(proof.takes ?? []),
        ]),
        ratio("others-refused", "controls", proof.refuses),
      ];
    case "channel":
      return [
        ratio("delivered", "credentials", [
          [{ at: "/delivery/firedMs" }, "le", { is: ARRIVES_MS_MAX }],
          [{ at: "/delivery/resolvedMs" }, "le", { is: ARRIVES_MS_MAX }],
          [{ length: { at: "/delivery/problems" } }, "eq", { is: 0 }],
        ]),
      ];
    case "export":
      return [
        ratio("taken", "exporters", [
          [{ minus: [{ at: "/after/ok" }, { at: "/before/ok" }] }, "ge", { is: 1 }],
          [{ minus: [{ at: "/after/failed" }, { at: "/before/failed" }] }, "eq", { is: 0 }],
        ]),
      ];
  }
};

const found = async (
  proof: Provider["proof"],
  name: ProviderName,
  { tryCredential, channelKeys = [], channels, exported }: CredentialPorts,
  stage: Stage,
) => {
  switch (proof.by) {
    case "call": {
      if (tryCredential === undefined) return notRun("unavailable", "there is no monitoring.yaml (--monitoring)");
      const tried = await tryCredential(name);
      if (tried.length === 0) return notRun("unavailable", "the credential is not set");
      const silent = tried.find(({ answer }) => answer.status === 0);
      if (silent !== undefined) return notRun("unavailable", `${silent.asked}: ${String(silent.answer.body)}`);
      return measured(json(FILE, tried));
    }
    case "channel": {
      if (channels === undefined)
        return notRun("unavailable", "only a delivery proves it, and nobody was named to get one (--test-channels)");
      const deliveries = await channels();
      const keys = channelKeys.filter(({ channel }) => channel === proof.channel);
      const rows = keys.map((key) => ({
        ...key,
        delivery: deliveries.find(({ channel, team }) => channel === key.channel && key.teams.includes(team)) ?? null,
      }));
      const unproven = rows.filter(({ delivery }) => delivery === null);
      if (unproven.length > 0) return notRun("unavailable", unproven.map(unprovenInWords).join("; "));
      return measured(json(FILE, rows));
    }
    case "export": {
      if (exported === undefined) return notRun("skipped", "monitoring.yaml switches the exporter off");
      return measured(
        json(
          FILE,
          (await exported(stage)).filter(({ exporter }) => exporter === proof.exporter),
        ),
      );
    }
  }
};

const unprovenInWords = ({ variable, teams }: ChannelKey): string =>
  `no test incident went out with ${variable} (--test-channels ${teams[0]})`;
