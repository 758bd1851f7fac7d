import { styleText } from "node:util";
import { Command, Option } from "commander";
import { type Exit, exitHelp, exits } from "./exit.ts";
import { explain } from "./failure.ts";
import { printable, printableJson } from "./printable.ts";
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

/** Usage errors end with 2, and point at the help of the very command; with `--json` they are a document like any other. */
export const strict = (made: Command): Command =>
  made
    .configureOutput({
      outputError: (text, write) => {
        if (!wantsJson()) write(`${styleText("red", "lighthouse:", { stream: process.stderr })} ${plain(text)}\n`);
      },
    })
    .exitOverride(({ code, exitCode, message }) => {
      if (exitCode === 0) process.exit(exits.ok.code);
      const remedy = `try \`${wordsOf(made)} --help\``;
      if (wantsJson()) {
        const error = { code: "usage", title: plain(message), detail: "", problems: [], remedy };
        process.stdout.write(`${printableJson({ error })}\n`);
      } else if (code !== "commander.help") process.stderr.write(`  ${remedy}\n`);
      process.exit(exits.usage.code);
    });

/** In a list of commands each is its first sentence; its own help has the rest. */
export const brief = (made: Command): Command => {
  made.summary(/^.*?(?:\.(?=\s)|$)/s.exec(made.description())?.[0].replace(/\.$/, "") ?? "");
  made.commands.forEach(brief);
  return made;
};

/** The command line could not be read, so it is looked at as it is. */
const wantsJson = (): boolean => process.argv.includes("--json");

/** What Commander says, as we say things. */
const plain = (text: string): string => printable(text.trim().replace(/^error: /, ""));

/** `lighthouse log prove`. */
const wordsOf = (made: Command): string =>
  made.parent === null ? made.name() : `${wordsOf(made.parent)} ${made.name()}`;

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
