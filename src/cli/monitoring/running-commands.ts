import { type Command, Option } from "commander";
import type { Applied, Endpoint } from "../../ops/monitoring/apply/apply.ts";
import type { Diffed } from "../../ops/monitoring/diff.ts";
import type { Checked } from "../../ops/monitoring/verify/checked.ts";
import { act, command } from "../command.ts";
import { type ConnectionOptions, credentialOf, dataOption } from "../connection.ts";
import type { Exit } from "../exit.ts";
import { realClock, realRng } from "../world.ts";
import { folderPlace, textsBelow } from "./place.ts";
import { DEFAULT_FILE, DEFAULT_OUT, type SpecOptions, withSpec } from "./spec-option.ts";
import { waitingScheduler } from "./world.ts";

/** The commands that look at what runs, and change it: `diff`, `apply`, `verify`, `test-channel`. */

const fileOption = (): Option =>
  new Option("--file <file>", "the monitoring.yaml; without one, what an empty file gives").default(DEFAULT_FILE);

interface OutOptions extends SpecOptions {
  readonly out: string;
}

const world = (signal: AbortSignal) => ({
  fetch,
  scheduler: waitingScheduler,
  clock: realClock,
  rng: realRng(),
  env: process.env,
  signal,
});

export const diffCommand = (): Command =>
  command(
    "diff",
    "Say what apply would change: files, and what Prometheus, Alertmanager, Grafana, Elasticsearch and PagerDuty run now. Changes nothing.",
    {
      examples: "lighthouse monitoring diff\nlighthouse monitoring diff --out /etc/lighthouse/monitoring --json",
      endsWith: ["differs", "unreachable"],
    },
  )
    .addOption(fileOption())
    .option("--out <folder>", "where the rendered files are", DEFAULT_OUT)
    .action((options: OutOptions) =>
      act(options, (doing) =>
        withSpec(options, doing, async (spec) => {
          const { diff } = await import("../../ops/monitoring/diff.ts");
          const { terminal, signal } = doing;
          const progress = terminal.progress("looking");
          const places = await diff(spec, textsBelow(options.out), {
            ...world(signal),
            onDiffed: (_, done, total) => progress.step(done, total),
          });
          progress.done();
          terminal.result({ places }, () => places.flatMap(diffLines));
          if (places.some(({ state }) => state === "differs")) return "differs";
          return places.some(({ state }) => state === "not run") ? "unreachable" : undefined;
        }),
      ),
    );

const shownDifferences = 12;

const diffLines = ({ place, state, says, differences }: Diffed): readonly string[] => [
  `${state.padEnd(8)} ${place}: ${says}`,
  ...differences
    .slice(0, shownDifferences)
    .map(({ path, wanted, running }) => `           ${path}: is ${running}, would be ${wanted}`),
  ...(differences.length > shownDifferences ? [`           and ${differences.length - shownDifferences} more`] : []),
];

interface ApplyOptions extends OutOptions {
  readonly only?: readonly Endpoint[];
}

export const applyCommand = (): Command =>
  command(
    "apply",
    "Write the files and the secrets, let each product reload, bring PagerDuty's services up to date, and look whether it is so. Safe to run again.",
    {
      examples:
        "lighthouse monitoring apply --out /etc/lighthouse/monitoring\nlighthouse monitoring apply --only files Prometheus Alertmanager\nPAGERDUTY_API_KEY=… lighthouse monitoring apply --only PagerDuty",
      endsWith: ["failing", "unreachable"],
    },
  )
    .addOption(fileOption())
    .option("--out <folder>", "where the products read their files", DEFAULT_OUT)
    .addOption(
      new Option("--only <endpoint...>", "these alone").choices([
        "files",
        "secrets",
        "Prometheus",
        "Alertmanager",
        "Grafana",
        "Elasticsearch",
        "PagerDuty",
      ]),
    )
    .action((options: ApplyOptions) =>
      act(options, (doing) =>
        withSpec(options, doing, async (spec) => {
          const { apply } = await import("../../ops/monitoring/apply/apply.ts");
          const { terminal, signal } = doing;
          const progress = terminal.progress("applying");
          const applied = await apply(spec, {
            ...world(signal),
            files: folderPlace(options.out, "public"),
            secrets: folderPlace(spec.alerting.secrets_dir, "private"),
            ...(options.only === undefined ? {} : { only: options.only }),
            onApplied: (_, done, total) => progress.step(done, total),
          });
          progress.done();
          terminal.result({ applied }, () => applied.flatMap(applyLines));
          if (applied.some(({ state }) => state === "failed")) return "failing";
          return applied.some(({ state }) => state === "unreachable") ? "unreachable" : undefined;
        }),
      ),
    );

const applyLines = ({ endpoint, state, says, steps }: Applied): readonly string[] => [
  `${state.padEnd(11)} ${endpoint}: ${says}`,
  ...(state === "unchanged" ? [] : steps.slice(0, shownDifferences).map((step) => `              ${step}`)),
];

export const verifyCommand = (): Command =>
  command(
    "verify",
    "Ask the running systems whether they do what monitoring.yaml says, and show what was asked and what came back.",
    {
      examples:
        "lighthouse monitoring verify\nlighthouse monitoring verify --json | jq '.checks[] | select(.state != \"pass\")'",
      endsWith: ["failing", "unreachable"],
    },
  )
    .addOption(fileOption())
    .addOption(dataOption())
    .addOption(new Option("--as <agent>", "whose credential makes the call that is followed (default: the operator)"))
    .addOption(new Option("--url <url>", "where the bridge is (default: as the credential says)").env("LIGHTHOUSE_URL"))
    .action((options: SpecOptions & ConnectionOptions) =>
      act(options, (doing) =>
        withSpec(options, doing, async (spec) => {
          const { verify } = await import("../../ops/monitoring/verify/verify.ts");
          const { terminal, signal } = doing;
          const progress = terminal.progress("asking");
          const result = await verify(spec, {
            ...world(signal),
            bridge: readerAt(options),
            onChecked: (_, done, total) => progress.step(done, total),
          });
          progress.done();
          terminal.result(result, () => [
            ...result.checks.flatMap(checkLines),
            `${result.passed} passed, ${result.failed} failed, ${result.notRun} not run`,
          ]);
          if (result.failed > 0) return "failing";
          return result.notRun > 0 ? "unreachable" : undefined;
        }),
      ),
    );

/** Without a credential the checks that need one say so; that is no reason to make none. */
const readerAt = (options: ConnectionOptions) => {
  try {
    const { url, token } = credentialOf(options);
    return token === undefined ? undefined : { url, token };
  } catch {
    return undefined;
  }
};

const checkLines = ({ check, says, state, isWanted, evidence }: Checked): readonly string[] =>
  isWanted
    ? [
        `${state.padEnd(8)} ${check}: ${says}`,
        `           asked ${evidence.asked}`,
        `           got   ${evidence.answered}`,
        ...evidence.details.map((line) => `           ${line}`),
      ]
    : [];

interface ChannelOptions extends SpecOptions {
  readonly team?: readonly ("performance-team" | "on-call" | "security-team" | "immediate" | "drill")[];
}

export const testChannelCommand = (): Command =>
  command(
    "test-channel",
    "Send a marked test incident through the running Alertmanager to every team's channels, and resolve it. People will see it.",
    {
      examples: "lighthouse monitoring test-channel\nlighthouse monitoring test-channel --team drill",
      endsWith: ["failing", "unreachable"],
    },
  )
    .addOption(fileOption())
    .addOption(
      new Option("--team <team...>", "these alone").choices([
        "performance-team",
        "on-call",
        "security-team",
        "immediate",
        "drill",
      ]),
    )
    .action((options: ChannelOptions) =>
      act(options, (doing) =>
        withSpec(options, doing, async (spec): Promise<Exit | undefined> => {
          const { audiences, testChannels } = await import("../../ops/monitoring/channel.ts");
          const { terminal, signal } = doing;
          const ports = world(signal);
          const testId = Buffer.from(ports.rng.bytes(4)).toString("hex");
          terminal.note(
            `test ${testId}: each team is told at once, and of the end after Alertmanager's group_interval (${spec.alerting.alertmanager.group_interval})`,
          );
          const progress = terminal.progress("testing");
          const results = await testChannels(
            spec,
            { testId, audiences: options.team ?? audiences },
            { ...ports, onTested: (_, done, total) => progress.step(done, total) },
          );
          progress.done();
          terminal.result({ testId, results }, () =>
            results.flatMap(({ audience, channel, state, evidence }) => [
              `${state.padEnd(8)} ${audience} / ${channel}`,
              ...evidence.map((line) => `           ${line}`),
            ]),
          );
          if (results.some(({ state }) => state === "fail" || state === "unclear")) return "failing";
          return results.some(({ state }) => state === "not run") ? "unreachable" : undefined;
        }),
      ),
    );
