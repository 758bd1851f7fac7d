import type { Command } from "commander";
import { Option } from "commander";
import type { Lighthouse } from "../client/index.ts";
import { PUSH_FLAG } from "../domain/arm.ts";
import type { RollbackScope } from "../domain/rollback.ts";
import { allEvents, type Standing } from "../ops/rollout/operator.ts";
import { finishRollback } from "../ops/rollout/rollback/go-back.ts";
import { prepareRehearsal, restoreAfterRehearsal, shadowAgents } from "../ops/rollout/rollback/rehearsal.ts";
import { beginRollback } from "../ops/rollout/rollback/roll-back.ts";
import { act, command } from "./command.ts";
import { connecting, withClient } from "./connection.ts";
import type { Exit } from "./exit.ts";
import { Failure } from "./failure.ts";
import { type Ports, type RolloutOptions, rolloutPorts } from "./rollout/ports.ts";
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
        lighthouse rollback --resume                       # after its process was killed`,
      endsWith: ["refused", "unreachable"],
    }),
  )
    .option("--reason <words>", "why; it is recorded")
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
    .option("--resume", "go on with the one that was not finished")
    .option("--monitoring <file>", "says whom to tell (default: monitoring.yaml in the data folder)")
    .option("--reports <folder>", "where the report goes (default: incidents/ in the data folder)")
    .action((options: Options) =>
      act(options, (doing) =>
        withClient(options, doing, async (client) => {
          const ports = rolloutPorts(options, client, doing);
          const standing = options.resume === true ? await unfinished(client) : await begun(ports, options);
          return goOn(ports, standing, doing.terminal);
        }),
      ),
    );

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

const unfinished = async (client: Lighthouse): Promise<Standing> => {
  const standing = await client.operate<Standing>("rollouts.get", {});
  if (standing.rollback === null || (standing.rollback.status === "finished" && !standing.rollback.rehearsal)) {
    throw new Failure("refused", "No rollback is unfinished.", {
      remedy: "`lighthouse rollout history` shows those there were; `lighthouse rollback --reason …` begins one.",
    });
  }
  return standing;
};

const goOn = async (ports: Ports, { rollback }: Standing, terminal: Terminal): Promise<Exit> => {
  if (rollback === null) throw new Error("a rollback that was begun is not there");
  const { id, rehearsal } = rollback;
  if (rehearsal && rollback.next === "announce") await prepareRehearsal(ports.operator, rollback);
  const done = await finishRollback(ports, id);
  const restored = rehearsal ? await restoreAfterRehearsal(ports.operator, rollback) : undefined;
  if (!done.ok) {
    throw new Failure("fault", `It stopped at ${done.step}: ${done.why}`, {
      remedy: "Mend that and go on with `lighthouse rollback --resume`; what is done stays done.",
    });
  }
  const story = (await allEvents(ports.operator, { stream: "rollback" })).filter(
    ({ data }) => (data as { readonly id: string }).id === id,
  );
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
