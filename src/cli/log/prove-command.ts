import type { Command } from "commander";
import { proveEvent } from "../../bridge/log/prove.ts";
import { act, command } from "../command.ts";
import { dataOption } from "../connection.ts";
import { Failure } from "../failure.ts";
import { logIn } from "../log-file.ts";
import { parsePosition } from "../watch-command.ts";

/** `lighthouse log prove POSITION`: shows an event's place to someone who has the log's public key and nothing else. */
export const proveCommand = (): Command =>
  command("prove", "Prove that an event is in the log, as JSON that verifies offline with the log's public key.", {
    examples: `
      lighthouse log prove 42 > event-42.json
      lighthouse log verify --proof event-42.json`,
  })
    .addOption(dataOption())
    .argument("<position>", "the event's place in the log", parsePosition)
    .action((position: number, options: { readonly json?: boolean; readonly data: string }) =>
      act(options, async ({ terminal }) => {
        const proven = proveEvent(logIn(options.data).path, position);
        if (!proven.ok) throw new Failure("usage", `It cannot be proven: ${proven.reason}.`);
        terminal.result(proven.proof, () => JSON.stringify(proven.proof, null, 2));
        return "ok";
      }),
    );
