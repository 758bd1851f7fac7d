import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { backupLog, type Copied, restoreLog } from "../../bridge/log/backup.ts";
import { type Act, act, command } from "../command.ts";
import { dataOption } from "../connection.ts";
import { LOG_FILE, MASTER_FILE } from "../data-folder.ts";
import type { Exit } from "../exit.ts";
import { Failure } from "../failure.ts";
import { logIn } from "../log-file.ts";

interface Options {
  readonly json?: boolean;
  readonly data: string;
}

/** `lighthouse log backup FILE`: one consistent file, verified, while the bridge goes on writing. */
export const backupCommand = (): Command =>
  command(
    "backup",
    "Copy the log into one file, consistent at one moment and verified. The bridge may go on writing.",
    {
      examples: `lighthouse log backup /backups/lighthouse-2026-01-05.db`,
      endsWith: ["unverified"],
    },
  )
    .addOption(dataOption())
    .argument("<file>", "where it goes; never overwritten")
    .action((file: string, options: Options) =>
      act(options, async (doing) => {
        const { path, keys } = logIn(options.data);
        const progress = progressOf(doing);
        const exit = copied(await backupLog(path, file, { keys, ...progress }).finally(progress.done), file, doing);
        doing.terminal.note(
          `The secrets are not in it. Without ${SECRETS.join(", ")} of ${options.data} nothing that it holds can be checked or ` +
            "served: keep them elsewhere, and safe.",
        );
        return exit;
      }),
    );

/** `lighthouse log restore FILE`: a backup in the place of a log that is not there. */
export const restoreCommand = (): Command =>
  command(
    "restore",
    "Verify a backup and put it in a data folder that has no log. Its secrets are restored separately.",
    {
      examples: `
      lighthouse log restore /backups/lighthouse-2026-01-05.db
      lighthouse log restore /backups/lighthouse-2026-01-05.db --data ./restored`,
      endsWith: ["unverified"],
    },
  )
    .addOption(dataOption())
    .argument("<file>", "the backup")
    .action((file: string, options: Options) =>
      act(options, async (doing) => {
        const path = join(options.data, LOG_FILE);
        const progress = progressOf(doing);
        const exit = copied(await restoreLog(file, path, progress).finally(progress.done), path, doing);
        const missing = SECRETS.filter((name) => !existsSync(join(options.data, name)));
        if (missing.length > 0)
          doing.terminal.note(`Before \`lighthouse serve\`, put ${missing.join(", ")} of the old folder beside it.`);
        return exit;
      }),
    );

/** What a bridge cannot be started without, on a log that it had. */
const SECRETS = [MASTER_FILE, "log.key", "name"];

const progressOf = ({ terminal }: Act) => {
  const [copying, verifying] = [terminal.progress("copying"), terminal.progress("verifying")];
  const done = (): void => {
    copying.done();
    verifying.done();
  };
  return { onCopied: copying.step, onVerified: verifying.step, done };
};

const copied = (result: Copied, file: string, { terminal }: Act): Exit => {
  if (!result.ok) throw new Failure(result.damaged === undefined ? "usage" : "unverified", `${result.reason}.`);
  const { verdict } = result;
  const events = verdict.ok ? verdict.events : 0;
  terminal.result({ file, events }, () => `${events} events in ${file}; the copy verifies.`);
  return "ok";
};
