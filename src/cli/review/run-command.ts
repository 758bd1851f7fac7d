import { join } from "node:path";
import { type Command, Option } from "commander";
import { connect } from "../../client/index.ts";
import { type Audience, audiences } from "../../ops/monitoring/channel.ts";
import { probesFrom } from "../../review/probe/list.ts";
import type { Profile } from "../../review/probe/probe.ts";
import { nobodySignsOff, proposedPolicy } from "../../review/probe/propose.ts";
import { type Act, act, command } from "../command.ts";
import { bearerOf, type ConnectionOptions, connecting, credentialOf } from "../connection.ts";
import { parseDuration } from "../duration.ts";
import type { Exit } from "../exit.ts";
import { rolloutPorts } from "../rollout/ports.ts";
import { conductReview } from "./conduct.ts";
import { REVIEW_FOLDER } from "./keys.ts";
import { policyFile, profileOption } from "./policy-file.ts";
import { rehearsalBy } from "./rehearsal.ts";
import { documentOf, onProbe, onStep, toldOf } from "./told.ts";

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

/** `lighthouse review run`: from the first probe to the certificate. */
export const runCommand = (): Command =>
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
      "rehearse the emergency rollback, for agents that exist for it alone; people are told (default: unless the profile " +
        "is production, which is content with a rehearsal of the last seven days)",
    )
    .option("--no-rehearse-rollback", "rehearse nothing, whatever the profile")
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
    ...((options.rehearseRollback ?? options.profile !== "production")
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
