import type { Command } from "commander";
import type { Lighthouse } from "../client/index.ts";
import { act, command } from "./command.ts";
import { type ConnectionOptions, connecting, withClient } from "./connection.ts";

type Options = ConnectionOptions & { readonly json?: boolean; readonly reason: string };

/** `lighthouse agent suspend NAME`: nothing is forgotten, and nothing works, until it is resumed. */
export const suspendCommand = (): Command =>
  change("suspend", {
    description:
      "Block an agent until it is resumed: its connections end and say why, its logins die, nothing is asked of it. Its " +
      "keys and its name stay its own.",
    examples: `lighthouse agent suspend bob --reason "it asks the same thing every second"`,
    does: (client, name, reason) => client.agents.suspend(name, reason),
    status: "suspended",
  });

/** `lighthouse agent resume NAME` */
export const resumeCommand = (): Command =>
  change("resume", {
    description: "Let a suspended agent go on, with the keys it had.",
    examples: `lighthouse agent resume bob --reason "mended"`,
    does: (client, name, reason) => client.agents.resume(name, reason),
    status: "active",
  });

const change = (
  verb: string,
  {
    description,
    examples,
    does,
    status,
  }: {
    readonly description: string;
    readonly examples: string;
    readonly does: (client: Lighthouse, name: string, reason: string) => Promise<void>;
    readonly status: "suspended" | "active";
  },
): Command =>
  connecting(command(verb, description, { examples, endsWith: ["refused", "unreachable"] }))
    .argument("<name>", "the agent")
    .option("--reason <words>", "why; it is recorded, and the agent is told", "")
    .action((name: string, options: Options) =>
      act(options, (doing) =>
        withClient(options, doing, async (client) => {
          await does(client, name, options.reason);
          doing.terminal.result({ agent: name, status }, () => `${name} is ${status}.`);
          return "ok";
        }),
      ),
    );
