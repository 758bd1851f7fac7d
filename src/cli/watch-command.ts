import { type Command, InvalidArgumentError } from "commander";
import { act, command } from "./command.ts";
import { type ConnectionOptions, connecting, withClient } from "./connection.ts";
import { eventLines } from "./event-line.ts";

interface Options extends ConnectionOptions {
  readonly json?: boolean;
  readonly after?: number;
}

/** `lighthouse watch`: what happens, as it happens. */
export const watchCommand = (): Command =>
  connecting(
    command("watch", "What happens, as it happens: one line an event. A lost connection leaves nothing out.", {
      examples: `
        lighthouse watch
        lighthouse watch --after 0                 # from the beginning of the log
        lighthouse watch --json | jq .type`,
      endsWith: ["refused", "unreachable"],
    }),
  )
    .option("--after <position>", "begin after this position of the log (default: now)", parsePosition)
    .action((options: Options) =>
      act(options, (doing) =>
        withClient(options, doing, async (client) => {
          const { terminal, signal } = doing;
          const { after } = options;
          terminal.note(`watching ${client.audience} as ${client.agent}; Ctrl-C ends it`);
          const lines = eventLines(terminal.style);
          for await (const event of client.events.watch(after === undefined ? {} : { after }, { signal })) {
            terminal.result(event, () => lines(event));
          }
          return "ok";
        }),
      ),
    );

export const parsePosition = (text: string): number => {
  const position = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(position)) {
    throw new InvalidArgumentError("A position is a whole number from 0.");
  }
  return position;
};
