import { Command } from "commander";
import { act, command, strict } from "./command.ts";
import { type ConnectionOptions, connecting, withClient } from "./connection.ts";
import { printableLine } from "./printable.ts";

type Options = ConnectionOptions & { readonly json?: boolean };

interface Mode {
  readonly mode: "normal" | "emergency" | "recovering";
  readonly since: number | null;
  readonly trigger?: string;
  readonly detail?: string;
  readonly checks: readonly { readonly name: string; readonly ok: boolean; readonly says: string }[];
}

/** `lighthouse mode show | emergency | recover | normal`: how much of its work the bridge does. */
export const modeCommand = (): Command =>
  strict(new Command("mode"))
    .description("How much of its work the bridge does: normal, emergency, recovering.")
    .addCommand(
      connecting(
        command("show", "The mode, since when and why, and what stands in the way back to normal.", {
          examples: `lighthouse mode show`,
          endsWith: ["refused", "unreachable"],
        }),
      ).action((options: Options) => doing(options, "mode.get", {})),
    )
    .addCommand(
      change(
        "emergency",
        "mode.emergency",
        "Take no new work from now on; reads go on, and what is under way finishes.",
        {
          reason: "the disk array is being replaced",
        },
      ),
    )
    .addCommand(
      change("recover", "mode.recover", "Say that somebody is at work on it. New work is still refused.", {
        reason: "log moved to the new disk",
      }),
    )
    .addCommand(
      change("normal", "mode.resume", "Go back to normal. Refused while a check fails; a person's to do.", {
        reason: "verified the log, watched ten minutes",
      }),
    );

const change = (name: string, operation: string, what: string, { reason }: { readonly reason: string }): Command =>
  connecting(
    command(name, what, {
      examples: `lighthouse mode ${name} --reason "${reason}"`,
      endsWith: ["refused", "unreachable"],
    }),
  )
    .requiredOption("--reason <words>", "why; it is recorded")
    .action((options: Options & { readonly reason: string }) => doing(options, operation, { reason: options.reason }));

const doing = (options: Options, operation: string, input: object): Promise<void> =>
  act(options, (doing) =>
    withClient(options, doing, async (client) => {
      const mode = await client.operate<Mode>(operation, input);
      doing.terminal.result(mode, () => linesOf(mode));
      return "ok";
    }),
  );

const linesOf = ({ mode, since, trigger, detail, checks }: Mode): readonly string[] => [
  `${mode}${since === null ? "" : ` since ${new Date(since).toISOString()}`}${
    detail === undefined ? "" : ` (${trigger}: ${printableLine(detail)})`
  }`,
  ...checks.map(({ name, ok, says }) => `  ${ok ? "ok    " : "FAILS "} ${name.padEnd(15)} ${printableLine(says)}`),
];
