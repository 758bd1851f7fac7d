import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command, Option } from "commander";
import { connect } from "../client/index.ts";
import type { Json } from "../domain/json.ts";
import { type Audience, audiences } from "../ops/monitoring/channel.ts";
import { whyNot } from "../review/mend.ts";
import { type Policy, policyDefs, policyShape } from "../review/policy.ts";
import { type ProbePorts, probesFrom } from "../review/probe/list.ts";
import { type Profile, profiles } from "../review/probe/probe.ts";
import { nobodySignsOff, proposedPolicy } from "../review/probe/propose.ts";
import type { ProbeTold } from "../review/probe/run.ts";
import { type ReviewStep, reviewEvents } from "../review/run.ts";
import { problemsOf } from "../review/shape/problems.ts";
import { type Act, act, command, strict } from "./command.ts";
import { bearerOf, type ConnectionOptions, connecting, credentialOf, dataOption, withClient } from "./connection.ts";
import { parseDuration } from "./duration.ts";
import type { Exit } from "./exit.ts";
import { Failure } from "./failure.ts";
import { logIn } from "./log-file.ts";
import { readMonitoring } from "./monitoring-file.ts";
import { readJson } from "./read-json.ts";
import { type Conducted, conductReview, exportersIn, productsIn } from "./review/conduct.ts";
import { makeKeys, REVIEW_FOLDER, readKey } from "./review/keys.ts";
import { rehearsalBy } from "./review/rehearsal.ts";
import { trustFrom } from "./review/trust.ts";
import { rolloutPorts } from "./rollout/ports.ts";
import { table } from "./table.ts";

/** `lighthouse review …`: probes a running bridge, asks the reviewers, and writes a certificate that anybody can check. */
export const reviewCommand = (): Command =>
  strict(new Command("review"))
    .description("Find out whether a running bridge is ready, and write a certificate that others can check again.")
    .addCommand(runCommand())
    .addCommand(policyCommand())
    .addCommand(trustCommand())
    .addCommand(
      strict(new Command("keys")).description("The keys of who measures and who judges.").addCommand(initCommand()),
    )
    .addCommand(listCommand());

interface RunOptions extends ConnectionOptions {
  readonly json?: boolean;
  readonly profile: Profile;
  readonly policy?: string;
  readonly out: string;
  readonly title: string;
  readonly monitoring?: string;
  readonly rendered?: string;
  readonly runbooks?: string;
  readonly restart?: string;
  readonly testChannels?: readonly Audience[];
  readonly rehearseRollback?: boolean;
  readonly keys?: string;
  readonly prober: string;
  readonly issuer: string;
  readonly signOff: boolean;
  readonly signOffWait: number;
  readonly supersedes?: string;
}

const profileOption = (): Option =>
  new Option("--profile <profile>", "how much the review may ask of the system")
    .choices(profiles)
    .default("production");

const runCommand = (): Command =>
  connecting(
    command(
      "run",
      "Probe a running bridge, ask the reviewers that the policy names, and write the certificate. Everything that it " +
        "does to the bridge is marked as a test and taken back. Cut off, it leaves no certificate.",
      {
        examples: `
          lighthouse review run --profile quick --out ./review
          lighthouse review run --policy policy.json --out ./review --monitoring monitoring.yaml --rendered /etc/lighthouse
          lighthouse review run --profile staging --out ./review --restart "systemctl restart lighthouse"`,
        endsWith: ["conditional", "noGo", "refused", "unreachable"],
      },
    ),
  )
    .addOption(profileOption())
    .option("--policy <file>", "what has to hold (default: what `lighthouse review policy` prints)")
    .requiredOption("--out <folder>", "where the certificate and its raw evidence go")
    .option("--title <words>", "what is reviewed, in words", "Readiness of this bridge")
    .option("--monitoring <file>", "the monitoring.yaml; without it, nothing that watches the bridge is probed")
    .option("--rendered <folder>", "where `lighthouse monitoring render` wrote to")
    .option("--runbooks <folder>", "the runbooks as they are published (default: those of this build)")
    .option("--restart <command>", "a shell command that restarts the bridge; without it, no restart is probed")
    .addOption(
      new Option("--test-channels <audience...>", "send these a test incident, and see it handed over").choices(
        audiences,
      ),
    )
    .option(
      "--rehearse-rollback",
      "rehearse the emergency rollback, for agents that exist for it alone; people are told",
    )
    .option("--keys <folder>", "the keys of prober and issuer (default: review/ in the data folder)")
    .option("--prober <name>", "name of who measures", "prober")
    .option("--issuer <name>", "name of who judges", "issuer")
    .option("--no-sign-off", "ask nobody; only with a policy that asks for nobody is anything GO then")
    .addOption(
      new Option("--sign-off-wait <duration>", "how long reviewers have")
        .default(600_000, "10m")
        .argParser(parseDuration),
    )
    .option("--supersedes <digest>", "SHA-256 of the certificate that this one takes the place of")
    .action((options: RunOptions) => act(options, (doing) => run(options, doing)));

const run = async (options: RunOptions, doing: Act): Promise<Exit> => {
  const { terminal, signal } = doing;
  const credential = credentialOf(options);
  const progress = terminal.progress("probing");
  const given = options.policy === undefined ? undefined : policyFile(options.policy);
  const signOff = options.signOff ? undefined : nobodySignsOff;
  const conducted = await conductReview({
    credential,
    token: (await bearerOf(options)).token,
    env: process.env,
    signal,
    policy: (ports) => given ?? proposedPolicy(options.profile, probesFrom(ports), signOff),
    onProbe: (told) => onProbe(told, terminal, progress),
    onStep: (step) => onStep(step, terminal),
    signOffMs: options.signOffWait,
    ...pick(options, ["data", "out", "profile", "title", "prober", "issuer"]),
    ...pick(options, ["monitoring", "rendered", "runbooks", "restart", "supersedes"]),
    keys: options.keys ?? join(options.data, REVIEW_FOLDER),
    ...(options.testChannels === undefined ? {} : { channels: options.testChannels }),
    ...(options.rehearseRollback === true
      ? {
          ports: {
            rehearse: rehearsalBy(
              (client) => rolloutPorts(options, client, doing),
              () => connect({ credential }),
            ),
          },
        }
      : {}),
  }).finally(progress.done);
  terminal.result(documentOf(conducted), () => toldOf(conducted, terminal));
  return exitOf[conducted.predicate.verdict];
};

const exitOf = { GO: "ok", CONDITIONAL: "conditional", "NO-GO": "noGo" } as const;

/** The members that are there. */
const pick = <T extends object, const K extends readonly (keyof T)[]>(from: T, names: K): Pick<T, K[number]> =>
  Object.fromEntries(names.filter((name) => from[name] !== undefined).map((name) => [name, from[name]])) as Pick<
    T,
    K[number]
  >;

const policyFile = (path: string): Policy => {
  const value = readJson(path, "--policy");
  const problems = problemsOf(policyShape, value, policyDefs);
  if (problems.length === 0) return value as unknown as Policy;
  throw new Failure("usage", `${path} is not a policy.`, {
    problems,
    remedy: "`lighthouse review policy` prints one to begin with.",
  });
};

const onProbe = (
  told: ProbeTold,
  terminal: Act["terminal"],
  progress: ReturnType<Act["terminal"]["progress"]>,
): void => {
  switch (told.step) {
    case "begins":
      return;
    case "goes on":
      return progress.step(told.done, told.total);
    case "ended": {
      progress.done();
      const took = `${(told.ms / 1000).toFixed(1)} s`;
      terminal.note(
        told.found === "ran"
          ? `  probed ${told.probe} (${took})`
          : `  not run: ${told.probe}: ${told.found.detail} (${told.found.kind})`,
      );
    }
  }
};

const onStep = (step: ReviewStep, { note }: Act["terminal"]): void => {
  switch (step.step) {
    case "probed":
      return note(
        `${step.outcomes.filter(({ state }) => state === "pass").length} of ${step.outcomes.length} checks pass`,
      );
    case "conditions":
      for (const why of step.refused) note(`  stays open: ${why}`);
      return;
    case "not asking":
      return note(`reviewers are not asked: ${step.because}`);
    case "asking":
      return note(step.reviewers.length === 0 ? "no reviewer is registered" : `asking ${step.reviewers.join(", ")}`);
    case "asked":
      for (const { reviewer, came } of step.asked)
        note(`  ${reviewer.agent}: ${came.how === "answered" ? "answered" : came.why}`);
  }
};

const documentOf = ({ predicate, bundle: _, ...rest }: Conducted) => ({
  verdict: predicate.verdict,
  ...rest,
  validUntil: predicate.validUntil,
  reasons: predicate.reasons,
  checks: predicate.checks.map(({ id, severity, state }) => ({ id, severity, state })),
});

const colours = { GO: "green", CONDITIONAL: "yellow", "NO-GO": "red" } as const;
const states = { pass: "green", waived: "yellow", fail: "red", "not-run": "red" } as const;

const toldOf = ({ predicate, certificate, sha256, left }: Conducted, { style }: Act["terminal"]): readonly string[] => {
  const { verdict, checks, reasons, validUntil } = predicate;
  const [heading = "", ...rows] = table(
    ["", "severity", "check", "what was found"],
    checks.map((check) => [
      check.state,
      check.severity,
      check.id,
      check.state === "pass" ? check.title : whyNot(check).slice(0, FOUND_CHARS_MAX),
    ]),
  );
  return [
    heading,
    ...rows.map((row, i) => {
      const state = checks[i]?.state ?? "not-run";
      return `${style(states[state], state)}${row.slice(state.length)}`;
    }),
    "",
    style(colours[verdict], verdict),
    ...reasons.map(({ detail }) => `  ${detail}`),
    "",
    `Certificate ${sha256}`,
    `  in ${certificate}, valid until ${validUntil}`,
    ...(left.length === 0 ? [] : [style("red", `These agents could not be revoked: ${left.join(", ")}.`)]),
  ];
};

const FOUND_CHARS_MAX = 100;

interface PolicyOptions {
  readonly json?: boolean;
  readonly profile: Profile;
  readonly monitoring?: string;
  readonly signOff: boolean;
}

const policyCommand = (): Command =>
  command(
    "policy",
    "Print a policy to begin with: every check that the probes propose, and four trades that sign off.",
    {
      examples: `
      lighthouse review policy > policy.json
      lighthouse review policy --monitoring monitoring.yaml --no-sign-off`,
    },
  )
    .addOption(profileOption())
    .option("--monitoring <file>", "ask for the products that this monitoring.yaml switches on")
    .option("--no-sign-off", "ask for nobody's sign-off")
    .action(({ profile, monitoring, signOff, ...options }: PolicyOptions) =>
      act(options, async ({ terminal }) => {
        const spec = monitoring === undefined ? undefined : readMonitoring(monitoring, true);
        const ports: ProbePorts = {
          url: "",
          ...(spec === undefined ? {} : { products: productsIn(spec), exporters: exportersIn(spec) }),
        };
        const policy = proposedPolicy(profile, probesFrom(ports), signOff ? undefined : nobodySignsOff);
        terminal.result(policy, () => JSON.stringify(policy, null, 2));
        return "ok";
      }),
    );

interface TrustOptions extends ConnectionOptions {
  readonly json?: boolean;
  readonly policy: readonly string[];
  readonly keys?: string;
  readonly prober: string;
  readonly issuer: string;
  readonly out?: string;
}

const trustCommand = (): Command =>
  connecting(
    command(
      "trust",
      "Print what somebody else needs to check certificates of this bridge: public keys and policies, nothing secret.",
      {
        examples: "lighthouse review trust --policy ./review/policy.json --out trust.json",
        endsWith: ["refused", "unreachable"],
      },
    ),
  )
    .requiredOption("--policy <file...>", "policies by which one may be judged")
    .option("--keys <folder>", "the keys of prober and issuer (default: review/ in the data folder)")
    .option("--prober <name>", "name of who measures", "prober")
    .option("--issuer <name>", "name of who judges", "issuer")
    .option("--out <file>", "write it there")
    .action((options: TrustOptions) =>
      act(options, (doing) =>
        withClient(options, doing, async (client) => {
          const keys = options.keys ?? join(options.data, REVIEW_FOLDER);
          const trust = await trustFrom(client, {
            prober: readKey(keys, "prober", options.prober),
            issuer: readKey(keys, "issuer", options.issuer),
            policies: options.policy.map(policyFile),
            log: logIn(options.data),
          });
          const text = JSON.stringify(trust, null, 2);
          if (options.out !== undefined) writeFileSync(options.out, `${text}\n`);
          doing.terminal.result(trust, () => (options.out === undefined ? text : `wrote ${options.out}`));
          return "ok";
        }),
      ),
    );

interface KeysOptions {
  readonly json?: boolean;
  readonly data: string;
  readonly keys?: string;
}

const initCommand = (): Command =>
  command("init", "Make the prober's and the issuer's key, where there is none; each a file that only you can read.", {
    examples: "lighthouse review keys init\nlighthouse review keys init --keys /etc/lighthouse/review",
  })
    .addOption(dataOption())
    .option("--keys <folder>", "where they go (default: review/ in the data folder)")
    .action((options: KeysOptions) =>
      act(options, async ({ terminal }) => {
        const folder = options.keys ?? join(options.data, REVIEW_FOLDER);
        const made = makeKeys(folder);
        terminal.result({ folder, made }, () =>
          made.length === 0
            ? `Both keys are in ${folder} already.`
            : `Made the keys of ${made.join(" and ")} in ${folder}`,
        );
        return "ok";
      }),
    );

interface Finished {
  readonly review: string;
  readonly verdict: string;
  readonly certificate: string;
}

const listCommand = (): Command =>
  connecting(
    command(
      "list",
      "The reviews that this bridge's log knows of, newest first, with the digests of their certificates.",
      {
        examples: "lighthouse review list",
        endsWith: ["unreachable"],
      },
    ),
  ).action((options: ConnectionOptions & { readonly json?: boolean }) =>
    act(options, (doing) =>
      withClient(options, doing, async (client) => {
        const { events } = await client.events.query({ name: reviewEvents.finished, direction: "backward" });
        const reviews = events.map(({ time, position, actor, data }) => ({
          ...{ time, position, by: actor },
          ...((data as { readonly payload: Json }).payload as unknown as Finished),
        }));
        doing.terminal.result({ reviews }, () =>
          reviews.length === 0
            ? "No review has been finished here."
            : table(
                ["TIME", "VERDICT", "REVIEW", "BY", "CERTIFICATE"],
                reviews.map((one) => [one.time, one.verdict, one.review, one.by, one.certificate]),
              ),
        );
        return "ok";
      }),
    ),
  );
