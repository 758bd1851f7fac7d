import { Command, Option } from "commander";
import { probeArm } from "../client/probe.ts";
import { arms } from "../domain/event.ts";
import { act, command, strict } from "./command.ts";
import { type ConnectionOptions, connecting, withClient } from "./connection.ts";
import { inWords } from "./duration.ts";
import { table } from "./table.ts";
import { realClock } from "./world.ts";

type Options = ConnectionOptions & { readonly json?: boolean };
type Arm = (typeof arms)[number];

interface Open {
  readonly arm: Arm;
  readonly count: number;
  readonly items: readonly {
    readonly id: string;
    readonly from: string;
    readonly to: string;
    readonly status: string;
    readonly deadline: number;
  }[];
  readonly next: number | null;
}
/** `lighthouse arm open | reroute | probe`: the two ways of delivery. */
export const armCommand = (): Command =>
  strict(new Command("arm"))
    .description("The two ways of delivery, push and mailbox: what is in flight, putting it over, trying a way.")
    .addCommand(open())
    .addCommand(reroute())
    .addCommand(probe());

const armOption = (): Option => new Option("--arm <arm>", "which way").choices(arms).makeOptionMandatory();

const open = (): Command =>
  connecting(
    command("open", "What is in flight in an arm, oldest first.", {
      examples: `lighthouse arm open --arm push`,
      endsWith: ["refused", "unreachable"],
    }),
  )
    .addOption(armOption())
    .action((options: Options & { readonly arm: Arm }) =>
      act(options, (doing) =>
        withClient(options, doing, async (client) => {
          const page = await client.operate<Open>("arms.open", { arm: options.arm });
          doing.terminal.result(page, () => [
            `${page.count} questions are open by ${options.arm}`,
            ...table(
              ["ID", "FROM", "TO", "STATUS", "LEFT"],
              page.items.map(({ id, from, to, status, deadline }) => [
                ...[id, from, to, status, inWords(deadline - realClock.now())],
              ]),
            ),
          ]);
          return "ok";
        }),
      ),
    );

const reroute = (): Command =>
  connecting(
    command("reroute", "Take open questions out of the other arm and put them into this one.", {
      examples: `lighthouse arm reroute el_01ke5q86009dvk0thzvwqqcan9 --arm mailbox --reason "push is slow today"`,
      endsWith: ["refused", "unreachable"],
    }),
  )
    .argument("<id...>", "the elicitations")
    .addOption(armOption())
    .requiredOption("--reason <words>", "why; receipts show it")
    .action((ids: readonly string[], options: Options & { readonly arm: Arm; readonly reason: string }) =>
      act(options, (doing) =>
        withClient(options, doing, async (client) => {
          const { arm, reason } = options;
          const done = await client.operate<{
            readonly rerouted: readonly string[];
            readonly already: readonly string[];
            readonly ended: readonly string[];
          }>("arms.reroute", { arm, ids, reason });
          doing.terminal.result(
            done,
            () =>
              `${done.rerouted.length} put over, ${done.already.length} were there already, ${done.ended.length} have ended`,
          );
          return "ok";
        }),
      ),
    );

const probe = (): Command =>
  connecting(
    command("probe", "Try a way: the bridge asks you a question by it, and your answer goes back.", {
      examples: `lighthouse arm probe --arm mailbox`,
      endsWith: ["refused", "unreachable"],
    }),
  )
    .addOption(armOption())
    .action((options: Options & { readonly arm: Arm }) =>
      act(options, (doing) =>
        withClient(options, doing, async (client) => {
          const probed = await probeArm(client, options.arm, { monotonic: realClock.monotonic });
          const ms = Math.round(probed.ms);
          doing.terminal.result({ ...probed, ms }, () => `${probed.ok ? "ok" : "FAILS"}: ${probed.says} (${ms} ms)`);
          return probed.ok ? "ok" : "refused";
        }),
      ),
    );
