import { join } from "node:path";
import { Command } from "commander";
import { act, command, strict } from "../command.ts";
import { dataOption } from "../connection.ts";
import { makeKeys, REVIEW_FOLDER } from "./keys.ts";

/** `lighthouse review keys init`. */
export const keysCommand = (): Command =>
  strict(new Command("keys")).description("The keys of who measures and who judges.").addCommand(initCommand());

interface KeysOptions {
  readonly json?: boolean;
  readonly data: string;
  readonly keys?: string;
}

const initCommand = (): Command =>
  command("init", "Make the prober's and the issuer's key, where there is none; each a file that only you can read.", {
    examples: "lighthouse review keys init\nlighthouse review keys init --keys /etc/lighthouse/review",
  })
    .addOption(dataOption())
    .option("--keys <folder>", "where they go (default: review/ in the data folder)")
    .action((options: KeysOptions) =>
      act(options, async ({ terminal }) => {
        const folder = options.keys ?? join(options.data, REVIEW_FOLDER);
        const made = makeKeys(folder);
        terminal.result({ folder, made }, () =>
          made.length === 0
            ? `Both keys are in ${folder} already.`
            : `Made the keys of ${made.join(" and ")} in ${folder}`,
        );
        return "ok";
      }),
    );
