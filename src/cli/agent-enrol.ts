import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { text } from "node:stream/consumers";
import type { Command } from "commander";
import { Option } from "commander";
import { enrol } from "../client/index.ts";
import { type Act, act, command } from "./command.ts";
import { dataOption, trusting } from "./connection.ts";
import { AGENTS_FOLDER, loadCredential, OPERATOR_FILE, reserveCredential } from "./credential-file.ts";
import { Failure } from "./failure.ts";

interface Options {
  readonly url?: string;
  readonly data: string;
  readonly dir?: string;
  readonly invitation?: string;
  readonly json?: boolean;
  readonly ca?: string;
}

/** `lighthouse agent enrol NAME`: makes a key, and uses up the invitation with it. */
export const enrolCommand = (): Command =>
  command(
    "enrol",
    "Make an Ed25519 key that only this agent holds, and enrol it with a one-time invitation. The credential goes to a " +
      "file that only you can read; from then on the agent signs in with its key, and its answers can be proven to others.",
    {
      examples: `
        lighthouse agent enrol bob --url https://bridge.example           # asks for the token
        lighthouse agent enrol bob --invitation ./token.txt --dir ./secrets
        pass show bob-invitation | lighthouse agent enrol bob --invitation -`,
      endsWith: ["refused", "unreachable"],
    },
  )
    .argument("<name>", "the name that was invited")
    .addOption(
      new Option("--url <url>", "where the bridge is (default: the bridge of the data folder)").env("LIGHTHOUSE_URL"),
    )
    .option(
      "--invitation <file>",
      "a file that holds the token, or - for standard input (default: LIGHTHOUSE_INVITATION, else it is asked for)",
    )
    .addOption(trusting())
    .addOption(dataOption())
    .option("--dir <folder>", "where the credential file goes (default: agents/ in the data folder)")
    .action((name: string, options: Options) =>
      act(options, async (doing) => {
        const path = join(options.dir ?? join(options.data, AGENTS_FOLDER), `${name}.json`);
        const file = reserveCredential(path);
        try {
          const invitation = await invitationOf(options.invitation, doing);
          const credential = await enrol({ url: options.url ?? bridgeOf(options.data), agent: name, invitation });
          file.write(credential);
          const { kid, macKid, audience } = credential;
          doing.terminal.result({ agent: name, kid, macKid, audience, file: path }, () => [
            `Enrolled ${name} at ${audience}. Its credential, with its private key, is in ${path}`,
            `key ${kid}`,
          ]);
          doing.terminal.note(`Act as it with \`--as ${options.dir === undefined ? name : path}\`.`);
        } catch (error) {
          file.giveUp();
          throw error;
        }
        return "ok";
      }),
    );

/** A bridge on this machine has told its operator's file where it listens. */
const bridgeOf = (data: string): string => {
  const operator = join(data, OPERATOR_FILE);
  return existsSync(operator) ? loadCredential(operator).url : DEFAULT_URL;
};

const DEFAULT_URL = "http://127.0.0.1:8765";

/** Never from the command line itself: other users of the machine can read that. */
const invitationOf = async (given: string | undefined, { signal }: Act): Promise<string> => {
  const read = given === undefined ? (process.env["LIGHTHOUSE_INVITATION"] ?? typed(signal)) : readFrom(given);
  const token = (await read).trim();
  if (/^lhe_[A-Za-z0-9_-]{43}$/.test(token)) return token;
  throw new Failure("usage", "That is no invitation: one is `lhe_` and 43 characters.", {
    remedy: given?.startsWith("lhe_")
      ? "--invitation takes a file or -, because what stands on a command line can be read by others. Ask for a new one."
      : "`lighthouse agent invite <name>` prints one.",
  });
};

const readFrom = async (given: string): Promise<string> => {
  if (given.startsWith("lhe_")) return "";
  return given === "-" ? text(process.stdin) : readFile(given, "utf8");
};

const typed = async (signal: AbortSignal): Promise<string> => {
  if (process.stdin.isTTY !== true) return text(process.stdin);
  const reading = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await reading.question("invitation token: ", { signal });
  } finally {
    reading.close();
  }
};
