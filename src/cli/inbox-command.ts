import type { Command } from "commander";
import type { IncomingQuestion } from "../client/incoming.ts";
import { act, command } from "./command.ts";
import { type ConnectionOptions, connecting, withClient } from "./connection.ts";
import { inWords } from "./duration.ts";
import { printableLine } from "./printable.ts";
import { table } from "./table.ts";
import { realClock } from "./world.ts";

/** `lighthouse inbox`: the questions that wait for an answer. */
export const inboxCommand = (): Command =>
  connecting(
    command("inbox", "The questions that wait for your answer, oldest first.", {
      examples: `
        lighthouse inbox --as bob
        lighthouse inbox --as bob --watch      # stay, and show each as it comes; while you do, bob is reachable
        lighthouse inbox --as bob --json`,
      endsWith: ["refused", "unreachable"],
    }),
  )
    .option("--watch", "stay, and show each question as it comes")
    .action((options: ConnectionOptions & { readonly json?: boolean; readonly watch?: boolean }) =>
      act(options, (doing) =>
        withClient(options, doing, async (client) => {
          const { terminal, signal } = doing;
          if (options.watch === true) {
            terminal.note(`${client.agent} is reachable while this runs; Ctrl-C ends it`);
            for await (const question of client.questions({ signal })) {
              terminal.result(question.offer, () => `${rowOf(question).join("  ")}`);
              terminal.note(`  answer it: lighthouse answer ${question.id} --as ${options.as ?? client.agent}`);
            }
            return "ok";
          }
          const items = await client.inbox();
          terminal.result({ items: items.map(({ offer }) => offer) }, () =>
            items.length === 0
              ? "Nothing waits for an answer."
              : table(["ID", "FROM", "TIME LEFT", "QUESTION"], items.map(rowOf)),
          );
          return "ok";
        }),
      ),
    );

const rowOf = ({ id, from, deadline, message }: IncomingQuestion): readonly string[] => [
  id,
  from,
  inWords(deadline - realClock.now()),
  printableLine(message),
];
