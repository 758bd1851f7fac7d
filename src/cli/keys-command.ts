import { Command, Option } from "commander";
import { verifierKey } from "../signing/note.ts";
import { act, command, strict } from "./command.ts";
import { type ConnectionOptions, connecting, dataOption, withClient } from "./connection.ts";
import { logIn } from "./log-file.ts";

/** `lighthouse keys`: what concerns the keys of all agents at once. */
export const keysCommand = (): Command =>
  strict(new Command("keys"))
    .description("The bridge's own keys: the master secret that agents' MAC keys derive from, and the key of its log.")
    .addCommand(rotateMaster())
    .addCommand(logKey());

interface Options extends ConnectionOptions {
  readonly json?: boolean;
  readonly older: "accepted" | "revoked";
  readonly reason: string;
}

const rotateMaster = (): Command =>
  connecting(
    command(
      "rotate-master",
      "Begin a new epoch of the master secret. Agents come for their new MAC keys with their next login; what was signed " +
        "in older epochs goes on verifying.",
      {
        examples: `
        lighthouse keys rotate-master --reason yearly
        lighthouse keys rotate-master --older revoked --reason "a backup was stolen"`,
        endsWith: ["refused", "unreachable"],
      },
    ),
  )
    .addOption(
      new Option(
        "--older <how>",
        "revoked: MAC keys of older epochs sign nothing from now on. Agents with a key of their own fetch a new one by " +
          "themselves; agents with nothing but a bearer token have to be invited to enrol one",
      )
        .choices(["accepted", "revoked"])
        .default("accepted"),
    )
    .option("--reason <words>", "why; it is recorded", "")
    .action((options: Options) =>
      act(options, (doing) =>
        withClient(options, doing, async (client) => {
          const { older, reason } = options;
          const { epoch, position } = await client.keys.rotateMaster({ older, reason });
          doing.terminal.result({ epoch, position, older }, () => `Epoch ${epoch} of the master secret has begun.`);
          doing.terminal.note(
            "Back up the new master secret with the data folder: without it, old answers look forged.",
          );
          return "ok";
        }),
      ),
    );

const logKey = (): Command =>
  command(
    "log-key",
    "Print the public key of the log in the data folder, as C2SP writes it. Whoever has it from you can tell an exchange or " +
      "a checkpoint of your log from one of somebody else's.",
    {
      examples: `
        lighthouse keys log-key > log.vkey
        lighthouse verify --file exchange.json --log-key log.vkey`,
    },
  )
    .addOption(dataOption())
    .action((options: { readonly json?: boolean; readonly data: string }) =>
      act(options, async ({ terminal }) => {
        const keys = logIn(options.data).keys.map(({ name, publicKey }) => verifierKey(name, publicKey));
        terminal.result({ keys }, () => keys);
        return "ok";
      }),
    );
