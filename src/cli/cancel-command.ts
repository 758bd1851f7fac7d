import type { Command } from "commander";
import { act, command } from "./command.ts";
import { type ConnectionOptions, connecting, withClient } from "./connection.ts";

/** `lighthouse cancel ID`: takes a question back. */
export const cancelCommand = (): Command =>
  connecting(
    command("cancel", "Take back a question you asked. Whoever works on it is told.", {
      examples: `lighthouse cancel el_01ke5q86009dvk0thzvwqqcan9 --reason "found it myself"`,
      endsWith: ["refused", "unreachable"],
    }),
  )
    .argument("<id>", "the elicitation")
    .option("--reason <words>", "why; the other side reads it", "")
    .action((id: string, options: ConnectionOptions & { readonly json?: boolean; readonly reason: string }) =>
      act(options, (doing) =>
        withClient(options, doing, async (client) => {
          const outcome = await client.cancel(id, options.reason);
          doing.terminal.result(outcome, () => `Taken back: ${id}`);
          return "ok";
        }),
      ),
    );
