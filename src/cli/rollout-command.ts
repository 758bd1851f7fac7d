import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { Command, Option } from "commander";
import type { Lighthouse } from "../client/index.ts";
import { LighthouseRefusal } from "../client/refusal.ts";
import { PUSH_FLAG } from "../domain/arm.ts";
import type { RolloutPlan } from "../domain/rollout-plan.ts";
import { lead } from "../ops/rollout/lead.ts";
import {
  allEvents,
  type FlagStanding,
  operatorOf,
  type RolloutStanding,
  type Standing,
} from "../ops/rollout/operator.ts";
import { planLines, planText, readPlan } from "../ops/rollout/plan.ts";
import { bringToEnd, goBack, unfinishedInWords } from "../ops/rollout/rollback/go-back.ts";
import { type Act, act, command, strict } from "./command.ts";
import { connecting, withClient } from "./connection.ts";
import { eventLines } from "./event-line.ts";
import type { Exit } from "./exit.ts";
import { Failure } from "./failure.ts";
import { printableLine } from "./printable.ts";
import { type RolloutOptions, rolloutPorts, stopped, tell } from "./rollout/ports.ts";
import { realClock, realRng } from "./world.ts";

/** `lighthouse rollout …`: a flag's share raised step by step, judged, and taken back when it does not hold. */
export const rolloutCommand = (): Command =>
  strict(new Command("rollout"))
    .description("Raise a flag's share step by step; it is judged at each, and goes back by itself.")
    .addCommand(plan())
    .addCommand(start())
    .addCommand(run())
    .addCommand(status())
    .addCommand(byHand("pause", "Hold it where it stands. Its triggers stay live."))
    .addCommand(byHand("resume", "Let it go on."))
    .addCommand(byHand("promote", "Take the present step for passed. Refused while there is nothing to go by."))
    .addCommand(abort())
    .addCommand(history());

const planFile = (file: string | undefined, flag: string): RolloutPlan => {
  const read = readPlan(file === undefined ? "" : readFileSync(file === "-" ? 0 : file, "utf8"), flag);
  if (read.ok) return read.plan;
  throw new Failure("usage", `${file ?? "the plan"} cannot be followed: ${read.problems.length} problem(s)`, {
    problems: read.problems,
    remedy: "`lighthouse rollout plan` without a file shows a plan that can.",
  });
};

const plan = (): Command =>
  command("plan", "Check a plan and show it; without a file, the one that is used by default.", {
    examples: `
      lighthouse rollout plan
      lighthouse rollout plan rollout.yaml --json`,
  })
    .argument("[file]", "YAML or JSON: steps, analysis, triggers, certificate; - is standard input")
    .addOption(flagOption())
    .addHelpText("after", PLAN_HELP)
    .action((file: string | undefined, options: { readonly json?: boolean; readonly flag: string }) =>
      act(options, async ({ terminal }) => {
        const read = planFile(file, options.flag);
        terminal.result(read, () => planLines(read));
        return "ok";
      }),
    );

const PLAN_HELP = `
A plan says what it wants otherwise than the default one:
  steps: [{ percent: 5, soak: 10m }, { percent: 100, soak: 1d }]    shares, and how long each must be watched
  analysis: { every: 10s, minSamples: 50, maxHold: 15m }            looks; when it has waited in vain
  triggers: { timeoutsPerMinute: 20, over: canary }                 what takes it back at once
  certificate: required                                             see --certificate and --trust of start and run`;

const flagOption = (): Option => new Option("--flag <name>", "the flag that is rolled out").default(PUSH_FLAG);
const reasonOption = (): Option => new Option("--reason <words>", "why; it is recorded").makeOptionMandatory();

const leading = (made: Command): Command =>
  connecting(made)
    .option("--monitoring <file>", "says whom to tell (default: monitoring.yaml in the data folder)")
    .option("--reports <folder>", "where an incident's report goes (default: incidents/ in the data folder)")
    .option("--certificate <file>", "for plans that want one: `.intoto.jsonl`, with its evidence/ beside it")
    .option("--trust <file>", "whose keys, logs and policies the certificate is believed by")
    .option("--wait", "while another controller is at work, wait for its end instead of refusing");

interface LeadOptions extends RolloutOptions {
  readonly wait?: boolean;
}

interface StartOptions extends LeadOptions {
  readonly reason: string;
  readonly flag: string;
  readonly detach?: boolean;
  readonly resume?: boolean;
}

const start = (): Command =>
  leading(
    command(
      "start",
      "Start a rollout and lead it to its end. Ctrl-C leaves it where it stands; `run` goes on with it.",
      {
        examples: `
        lighthouse rollout start --reason "push is ready"
        lighthouse rollout start rollout.yaml --reason "push is ready"
        lighthouse rollout start --resume --reason "the controller's machine was restarted"`,
        endsWith: ["refused", "unreachable", "withdrawn"],
      },
    ),
  )
    .argument("[file]", "a plan; the default one unless given")
    .addOption(flagOption())
    .addOption(reasonOption())
    .option("--detach", "only start it; somebody else leads it with `run`")
    .option("--resume", "go on with the one that is under way, as `run` does")
    .action((file: string | undefined, options: StartOptions) =>
      act(options, (doing) =>
        withClient(options, doing, async (client) => {
          // Before anything begins: what is wrong with the command line stops it here.
          const ports = rolloutPorts(options, client, doing);
          if (options.resume === true) return leadOn(options, client, doing, ports);
          const { rollback, now } = await client.operate<Standing>("rollouts.get", {});
          if (rollback?.status === "running" && !rollback.rehearsal) {
            throw new Failure("refused", printableLine(unfinishedInWords(rollback, now), 600), {
              remedy: "`lighthouse rollback` finishes it.",
            });
          }
          const wanted = planFile(file, options.flag);
          const planDigest = createHash("sha256").update(planText(wanted)).digest("base64url");
          const id = `ro_${Buffer.from(realRng().bytes(8)).toString("hex")}`;
          const flag = await client.operate<FlagStanding>("flags.get", { name: wanted.flag });
          if (flag.status === "killed") {
            throw new Failure(
              "refused",
              `The flag ${wanted.flag} was killed: ${printableLine(flag.reason ?? "", 200)}`,
              {
                remedy: `When that is mended, \`lighthouse flag restore ${wanted.flag}\` brings it back, and a rollout can start.`,
              },
            );
          }
          const input = { id, plan: wanted, planDigest, reason: options.reason };
          const standing = await client.operate<Standing>("rollouts.start", input);
          doing.terminal.note(`started ${id}`);
          const told = await tell(options, {
            kind: "deployment_started",
            version: `${wanted.flag} (${id})`,
            percentage: wanted.steps[0]?.percent ?? 0,
            plan: wanted.steps.map(({ percent }) => `${percent} %`).join(" → "),
            by: client.agent,
            at: realClock.now(),
          });
          for (const { channel, state, why = "" } of told)
            doing.terminal.note(`  ${channel}: ${state} ${why}`.trimEnd());
          if (options.detach === true) {
            doing.terminal.result(
              { ...standing, told },
              () => `Started ${id}. Lead it with \`lighthouse rollout run\`.`,
            );
            return "ok";
          }
          return leadOn(options, client, doing, ports);
        }),
      ),
    );

const run = (): Command =>
  leading(
    command(
      "run",
      "Lead the rollout that is under way, from wherever it stands: after a crash, or on another machine.",
      {
        examples: `
        lighthouse rollout run
        lighthouse rollout run --wait        # stand by while another one works, and take over when it dies`,
        endsWith: ["refused", "unreachable", "withdrawn"],
      },
    ),
  ).action((options: LeadOptions) =>
    act(options, (doing) => withClient(options, doing, (client) => leadOn(options, client, doing))),
  );

const leadOn = async (
  options: LeadOptions,
  client: Lighthouse,
  doing: Act,
  ports = rolloutPorts(options, client, doing),
): Promise<Exit> => {
  // One that ends the rollout is gone on with as a part of it, where there is one to lead.
  const { rollout, rollback, now } = await client.operate<Standing>("rollouts.get", {});
  if (rollback?.status === "running" && rollback.rollout !== rollout?.id) {
    doing.terminal.note(`ATTENTION: ${printableLine(unfinishedInWords(rollback, now), 600)}; it is finished first`);
    const done = await bringToEnd(ports, rollback);
    if (!done.ok) throw stopped(done);
  }
  for (;;) {
    try {
      const how = await lead(ports);
      const standing = await client.operate<Standing>("rollouts.get", {});
      doing.terminal.result({ ended: how, ...standing }, () => endLines(how, standing));
      if (how === "nothing") return standing.rollout?.status === "withdrawn" ? "withdrawn" : "ok";
      return how === "withdrawn" ? "withdrawn" : "ok";
    } catch (error) {
      const isTaken =
        error instanceof LighthouseRefusal && (error.code === "lease_held" || error.code === "lease_lost");
      if (!isTaken || options.wait !== true) throw error;
      doing.terminal.note(`another controller is at work: ${error.detail}`);
      await ports.sleep(error.retryAfterMs ?? 1_000);
    }
  }
};

const endLines = (how: string, { rollout, rollback }: Standing): readonly string[] => {
  if (how === "nothing")
    return [rollout === null ? "Nothing is rolled out." : `${rollout.id} is ${rollout.status}; nothing is under way.`];
  if (how === "completed") return [`Completed: ${rollout?.id} is at 100 %.`];
  return [
    `Withdrawn: ${rollout?.id}. ${printableLine(rollback?.reason ?? "", 400)}`,
    `The incident's report is recorded under ${rollback?.id}, SHA-256 ${rollback?.report}.`,
  ];
};

const status = (): Command =>
  connecting(
    command("status", "Where the rollout stands: its step, what was seen, the verdict, who leads it.", {
      examples: "lighthouse rollout status",
      endsWith: ["unreachable"],
    }),
  ).action((options: RolloutOptions) =>
    act(options, (doing) =>
      withClient(options, doing, async (client) => {
        const standing = await client.operate<Standing>("rollouts.get", {});
        doing.terminal.result(standing, () => statusLines(standing));
        return "ok";
      }),
    ),
  );

const statusLines = ({ rollout, rollback, now }: Standing): readonly string[] => [
  ...(rollback?.status === "running"
    ? [
        `ATTENTION: ${printableLine(unfinishedInWords(rollback, now), 600)}`,
        ...(rollback.lease.until > now ? [] : ["  `lighthouse rollback` finishes it."]),
      ]
    : []),
  ...(rollout === null ? ["Nothing was ever rolled out."] : rolloutLines(rollout, now)),
  ...(rollback?.status === "finished"
    ? [
        `${rollback.rehearsal ? "rehearsal" : "rollback"} ${rollback.id}  finished  (${printableLine(rollback.reason, 120)})`,
      ]
    : []),
];

const rolloutLines = (rollout: RolloutStanding, now: number): readonly string[] => {
  const { id, status: state, plan: of, step, stage, looks, watchedMs, blindMs, samples, verdict, why, lease } = rollout;
  const at = of.steps[step];
  const isActive = state === "running" || state === "paused" || state === "aborting";
  const led =
    lease.until > now
      ? `led by ${lease.holder} (fence ${lease.fence})`
      : "ATTENTION: led by nobody, so nobody watches its triggers: `lighthouse rollout run`";
  return [
    `rollout ${id}  ${state}  ${of.flag}`,
    ...(isActive && at !== undefined
      ? [
          `step ${step + 1} of ${of.steps.length}: ${at.percent} %, ${stage}`,
          `watched ${watchedMs / 1_000} s of ${at.soakMs / 1_000} s, ${looks} looks, ${samples} questions of the canary arm ended` +
            (blindMs > 0 ? `; nothing to be seen for ${blindMs / 1_000} s` : ""),
          `verdict: ${verdict}${why === "" ? "" : `: ${printableLine(why, 300)}`}`,
        ]
      : []),
    ...(isActive ? [led] : []),
  ];
};

const byHand = (name: "pause" | "resume" | "promote", description: string): Command =>
  connecting(
    command(name, description, {
      examples: `lighthouse rollout ${name} --reason "release meeting"`,
      endsWith: ["refused", "unreachable"],
    }),
  )
    .addOption(reasonOption())
    .action((options: RolloutOptions & { readonly reason: string }) =>
      act(options, (doing) =>
        withClient(options, doing, async (client) => {
          const { id } = await underWay(client);
          const standing = await client.operate<Standing>(`rollouts.${name}`, { id, reason: options.reason });
          doing.terminal.result(standing, () => statusLines(standing));
          return "ok";
        }),
      ),
    );

const underWay = async (client: Lighthouse): Promise<RolloutStanding> => {
  const { rollout } = await client.operate<Standing>("rollouts.get", {});
  if (rollout === null)
    throw new Failure("refused", "Nothing was ever rolled out.", { remedy: "`lighthouse rollout start` does." });
  return rollout;
};

const abort = (): Command =>
  leading(
    command("abort", "End the rollout and go all the way back: seven steps, each checked. Beats everything.", {
      examples: `lighthouse rollout abort --reason "the support queue is filling up"`,
      endsWith: ["refused", "unreachable", "withdrawn"],
    }),
  )
    .addOption(reasonOption())
    .action((options: RolloutOptions & { readonly reason: string }) =>
      act(options, (doing) =>
        withClient(options, doing, async (client) => {
          const { id } = await underWay(client);
          const aborted = await client.operate<Standing>("rollouts.abort", { id, reason: options.reason });
          if (aborted.rollout?.status === "aborting") {
            const done = await goBack(rolloutPorts(options, client, doing), aborted.rollout);
            if (!done.ok) throw stopped(done);
          }
          const standing = await client.operate<Standing>("rollouts.get", {});
          doing.terminal.result({ ended: "withdrawn", ...standing }, () => endLines("withdrawn", standing));
          return "withdrawn";
        }),
      ),
    );

const history = (): Command =>
  connecting(
    command("history", "Everything that rollouts and rollbacks did, from the log.", {
      examples: `
        lighthouse rollout history
        lighthouse rollout history --measurements --json`,
      endsWith: ["unreachable"],
    }),
  )
    .option("--measurements", "with every single look")
    .action((options: RolloutOptions & { readonly measurements?: boolean }) =>
      act(options, (doing) =>
        withClient(options, doing, async (client) => {
          const operator = operatorOf(client);
          const both = [
            ...(await allEvents(operator, { stream: "rollout" })),
            ...(await allEvents(operator, { stream: "rollback" })),
          ];
          const events = both
            .sort((a, b) => a.position - b.position)
            .filter(({ type }) => options.measurements === true || !/\.(measured|blind|leased)$/.test(type));
          doing.terminal.result({ events }, () =>
            events.length === 0 ? "Nothing was ever rolled out." : events.flatMap(eventLines(doing.terminal.style)),
          );
          return "ok";
        }),
      ),
    );
