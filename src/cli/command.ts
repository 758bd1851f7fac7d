import { Command, Option } from "commander";
import { type Exit, exitHelp, exits } from "./exit.ts";
import { explain } from "./failure.ts";
import { type Terminal, terminal } from "./terminal.ts";

/** A subcommand with what all of them share: `--json`, usage errors that end with 2, help that teaches. */
export const command = (
  name: string,
  description: string,
  { examples, endsWith = [] }: { readonly examples: string; readonly endsWith?: readonly Exit[] },
): Command =>
  strict(new Command(name))
    .description(description)
    .addOption(new Option("--json", "print JSON instead of sentences"))
    .addHelpText("after", `\nExamples:\n${indented(examples)}\n${exitHelp(...endsWith)}`);

/** Usage errors end with 2, and point at the help. */
export const strict = (made: Command): Command =>
  made
    .showHelpAfterError(`(try \`lighthouse ${made.name()} --help\`)`)
    .exitOverride((error) => process.exit(error.exitCode === 0 ? exits.ok.code : exits.usage.code));

/** What a command is given while it works. `signal` aborts with the first Ctrl-C; the second one ends at once. */
export interface Act {
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}

/** Runs a command's work and ends with its exit code; every error becomes words, none a stack. */
export const act = async (
  { json = false }: { readonly json?: boolean },
  work: (act: Act) => Promise<Exit | undefined>,
): Promise<void> => {
  const io = terminal(json);
  const stop = new AbortController();
  const interrupt = (): void => {
    if (stop.signal.aborted) process.exit(exits.interrupted.code);
    stop.abort(new Interrupted());
  };
  process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    // Whoever read us has seen enough: `lighthouse watch | head -1`.
    if (error.code === "EPIPE") process.exit(exits.ok.code);
    throw error;
  });
  try {
    const exit = await work({ terminal: io, signal: stop.signal });
    process.exitCode = exits[stop.signal.aborted ? "interrupted" : (exit ?? "ok")].code;
  } catch (error) {
    if (stop.signal.aborted) process.exitCode = exits.interrupted.code;
    else {
      const explanation = explain(error);
      io.failed(explanation);
      if (process.env["LIGHTHOUSE_DEBUG"] === "1") console.error(error);
      process.exitCode = exits[explanation.exit].code;
    }
  } finally {
    process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
  }
};

class Interrupted extends Error {
  override readonly name = "Interrupted";
}

const indented = (text: string): string =>
  text
    .trim()
    .split("\n")
    .map((line) => `  $ ${line.trim()}`)
    .join("\n");
