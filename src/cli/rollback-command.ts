import type { Command } from "commander";
import { Option } from "commander";
import { PUSH_FLAG } from "../domain/arm.ts";
import type { RollbackScope } from "../domain/rollback.ts";
import { type RollbackStanding, type Standing, storyOf } from "../ops/rollout/operator.ts";
import { bringToEnd, type Finished, unfinishedInWords } from "../ops/rollout/rollback/go-back.ts";
import { restoreAfterRehearsal, shadowAgents } from "../ops/rollout/rollback/rehearsal.ts";
import { beginRollback } from "../ops/rollout/rollback/roll-back.ts";
import { act, command } from "./command.ts";
import { connecting, withClient } from "./connection.ts";
import type { Exit } from "./exit.ts";
import { Failure } from "./failure.ts";
import { printableLine } from "./printable.ts";
import { type Ports, type RolloutOptions, rolloutPorts, stopped } from "./rollout/ports.ts";
import type { Terminal } from "./terminal.ts";
import { realRng } from "./world.ts";

interface Options extends RolloutOptions {
  readonly reason?: string;
  readonly flag: string;
  readonly scope: "full" | "canary" | "partial";
  readonly agent: readonly string[];
  readonly role: readonly string[];
  readonly rehearse?: boolean;
  readonly resume?: boolean;
}

/** `lighthouse rollback`: the emergency. Seven steps, each with a post-condition that is checked on the running bridge. */
export const rollbackCommand = (): Command =>
  connecting(
    command("rollback", "Withdraw the canary arm now: seven steps, each checked on the running bridge and timed.", {
      examples: `
        lighthouse rollback --reason "answers are slow"
        lighthouse rollback --reason "one team is hit" --scope partial --role payments
        lighthouse rollback --rehearse --reason "the weekly rehearsal"
        lighthouse rollback                                # finishes one whose process was killed`,
      endsWith: ["refused", "unreachable"],
    }),
  )
    .option("--reason <words>", "why; it is recorded. Without one, what is not finished is finished")
    .addOption(new Option("--flag <name>", "the flag").default(PUSH_FLAG))
    .addOption(
      new Option(
        "--scope <scope>",
        "full: killed for all; canary: share 0, what is targeted off stays off; partial: some",
      )
        .choices(["full", "canary", "partial"])
        .default("full"),
    )
    .option("--agent <name...>", "with --scope partial: these agents", [])
    .option("--role <role...>", "with --scope partial: agents with these roles", [])
    .option("--rehearse", "go the whole way for test agents that exist for it alone, and put everything back")
    .option("--resume", "go on with the one that was not finished, and begin none")
    .option("--monitoring <file>", "says whom to tell (default: monitoring.yaml in the data folder)")
    .option("--reports <folder>", "where the report goes (default: incidents/ in the data folder)")
    .action((options: Options) =>
      act(options, (doing) =>
        withClient(options, doing, async (client) => {
          const ports = rolloutPorts(options, client, doing);
          const { rollback: last, now } = await client.operate<Standing>("rollouts.get", {});
          const unfinished = last?.status === "running" ? last : undefined;
          if (unfinished !== undefined) {
            const { terminal } = doing;
            terminal.note(`ATTENTION: ${printableLine(unfinishedInWords(unfinished, now), 600)}`);
            const how = whatOf(unfinished, options);
            if (how !== "displace") {
              if (how === "finish first") terminal.note("It is finished first.");
              const exit = await report(ports, unfinished, await bringToEnd(ports, unfinished), terminal);
              if (how === "finish") return exit;
            }
          } else if (options.resume === true || (options.reason === undefined && last?.rehearsal === true)) {
            return again(ports, last, doing.terminal);
          }
          const { rollback } = await begun(ports, options);
          if (rollback === null) throw new Error("a rollback that was begun is not there");
          const done = await bringToEnd(ports, rollback);
          // A rehearsal that this one broke off has left its agents where they were.
          if (unfinished?.rehearsal === true && !rollback.rehearsal) {
            await restoreAfterRehearsal(ports.operator, unfinished);
          }
          return report(ports, rollback, done, doing.terminal);
        }),
      ),
    );

/**
 * What becomes of one that is not finished. It is finished, unless what is wanted now does more: then that takes its place
 * where the bridge lets it, and comes after it elsewhere.
 */
const whatOf = (
  unfinished: RollbackStanding,
  { reason, resume = false, rehearse = false, flag, scope }: Options,
): "finish" | "finish first" | "displace" => {
  if (resume || reason === undefined) return "finish";
  if (rehearse) {
    if (unfinished.rehearsal) return "finish";
    throw new Failure("refused", "A rehearsal has to wait for the rollback that is not finished.", {
      remedy: "`lighthouse rollback` finishes that.",
    });
  }
  if (unfinished.rehearsal) return "displace";
  if (flag !== unfinished.flag) return "finish first";
  if (unfinished.scope.kind === "full") return "finish";
  // Another one for some has other agents in mind.
  return scope === "full" ? "displace" : "finish first";
};

/** Nothing is under way; a rehearsal that is finished may still have to be put back. */
const again = async (ports: Ports, last: RollbackStanding | null, terminal: Terminal): Promise<Exit> => {
  if (last?.rehearsal !== true) {
    throw new Failure("refused", "No rollback is unfinished.", {
      remedy: "`lighthouse rollout history` shows those there were; `lighthouse rollback --reason …` begins one.",
    });
  }
  return report(ports, last, await bringToEnd(ports, last), terminal);
};

const begun = async (ports: Ports, options: Options): Promise<Standing> => {
  const { reason, flag, scope: kind, agent, role, rehearse = false } = options;
  if (reason === undefined) {
    throw new Failure("usage", "Say why: --reason", { remedy: "It is recorded, and told to whoever is called." });
  }
  if (kind === "partial" && agent.length + role.length === 0) {
    throw new Failure("usage", "A partial rollback names whom it is for", { remedy: "Add --agent or --role." });
  }
  const id = `rb_${Buffer.from(realRng().bytes(8)).toString("hex")}`;
  const asked: RollbackScope = kind === "partial" ? { kind, agents: agent, roles: role } : { kind };
  const scope = rehearse ? ({ kind: "partial", agents: shadowAgents(id), roles: [] } as const) : asked;
  return beginRollback(ports, { id, flag, scope, reason, rehearsal: rehearse });
};

const report = async (
  { operator }: Ports,
  rollback: RollbackStanding,
  done: Finished,
  terminal: Terminal,
): Promise<Exit> => {
  if (!done.ok) throw stopped(done);
  const { id, rehearsal } = rollback;
  const { restored } = done;
  const story = await storyOf(operator, "rollback", rollback);
  const steps = story
    .filter(({ type }) => type === "rollback.step_done")
    .map(({ data }) => data as { readonly step: string; readonly durationMs: number; readonly found: string });
  const finished = story.find(({ type }) => type === "rollback.finished");
  if (finished === undefined) throw new Error("a rollback that is finished has no end in the log");
  const { durationMs, lost } = finished.data as { readonly durationMs: number; readonly lost: number };
  terminal.result(
    { id, rehearsal, durationMs, lost, steps, report: done.report, ...(restored && { restored }) },
    () => [
      ...steps.map(
        ({ step, durationMs: ms, found }, i) => `${i + 1} ${step.padEnd(15)} ${String(ms).padStart(7)} ms  ${found}`,
      ),
      `${rehearsal ? "Rehearsed" : "Rolled back"} in ${durationMs} ms, ${lost} questions lost. ${id}`,
      ...(restored === undefined
        ? []
        : [
            `Restored: the flag as it was, ${restored.questions} questions taken back, ${restored.agents} test agents revoked.`,
          ]),
    ],
  );
  return "ok";
};
