import { createWriteStream, openSync } from "node:fs";
import type { Writable } from "node:stream";
import type { Command } from "commander";
import { exportLog } from "../../bridge/log/export.ts";
import type { EventTypeName } from "../../domain/event.ts";
import { act, command } from "../command.ts";
import { dataOption } from "../connection.ts";
import { eventTypeOption } from "../event-type-option.ts";
import { Failure } from "../failure.ts";
import { logIn } from "../log-file.ts";

interface Options {
  readonly json?: boolean;
  readonly data: string;
  readonly output?: string;
  readonly stream?: string;
  readonly correlation?: string;
  readonly agent?: string;
  readonly type?: readonly EventTypeName[];
}

/** `lighthouse log export`: the log as JSON lines that verify without the database. */
export const exportCommand = (): Command =>
  command(
    "export",
    "Write the log as JSON lines that anyone can verify offline; a selection has a proof on each line.",
    {
      examples: `
      lighthouse log export --output log.jsonl
      lighthouse log export --correlation el_01ke5q86009dvk0thzvwqqcan9 > story.jsonl
      lighthouse log verify --export story.jsonl`,
    },
  )
    .addOption(dataOption())
    .option("--output <file>", "where it goes (default: standard output)")
    .option("--correlation <id>", "only one story")
    .option("--stream <stream>", "only one stream")
    .option("--agent <name>", "only what this agent caused")
    .addOption(eventTypeOption())
    .action((options: Options) =>
      act(options, async ({ terminal }) => {
        const { path } = logIn(options.data);
        const out =
          options.output === undefined
            ? process.stdout
            : createWriteStream(options.output, { fd: openSync(options.output, "wx", 0o600) });
        // A disk that fills up says so to nobody who waits: the stream has an error, and the export must have it too: it was once called done.
        const failed = new Promise<never>((_, reject) => out.once("error", reject));
        failed.catch(() => undefined);
        const filter = filterOf(options);
        const progress = terminal.progress("exporting");
        const exported = await Promise.race([
          failed,
          exportLog(path, (line) => write(out, line), {
            ...(filter === undefined ? {} : { filter }),
            onProgress: progress.step,
          }),
        ]).finally(progress.done);
        if (!exported.ok) throw new Failure("usage", `Nothing was exported: ${exported.reason}.`);
        if (out !== process.stdout) {
          await Promise.race([
            failed,
            new Promise<void>((resolve, reject) =>
              out.end((error?: Error | null) => (error ? reject(error) : resolve())),
            ),
          ]);
          terminal.result(
            { ...exported, file: options.output },
            () => `${exported.events} events in ${options.output}`,
          );
        }
        if (exported.uncovered > 0) {
          terminal.note(
            `${exported.uncovered} events after the newest checkpoint are left out: they cannot be proven yet`,
          );
        }
        return "ok";
      }),
    );

/** Waits while whoever reads is slower than the disk. */
const write = (out: Writable, line: string): Promise<void> | undefined =>
  out.write(line) ? undefined : new Promise((resolve, reject) => out.once("drain", resolve).once("error", reject));

const filterOf = ({ stream, correlation, agent, type: types }: Options) => {
  const given = Object.entries({ stream, correlation, agent, types }).filter(([, value]) => value !== undefined);
  return given.length === 0 ? undefined : Object.fromEntries(given);
};
