import { type Command, Option } from "commander";
import type { AgentKind } from "../domain/agent.ts";
import { agentKinds } from "../domain/event.ts";
import { act, command } from "./command.ts";
import { type ConnectionOptions, connecting, credentialOf, withClient } from "./connection.ts";
import { inWords } from "./duration.ts";
import { realClock } from "./world.ts";

interface Options extends ConnectionOptions {
  readonly json?: boolean;
  readonly kind: AgentKind;
  readonly role: readonly string[];
  readonly expertise: readonly string[];
}

/** `lighthouse agent invite NAME`: lets an agent enrol a key that only it holds. */
export const inviteCommand = (): Command =>
  connecting(
    command(
      "invite",
      "Invite an agent to enrol a key of its own. Prints a token that enrols one key, within a quarter of an hour.",
      {
        examples: `
        lighthouse agent invite bob --role agent --role expert --expertise postgres
        lighthouse agent invite bob --json | jq -r .token | ssh there lighthouse agent enrol bob --url https://bridge.example
        lighthouse agent invite bob             # bob lost its key: it keeps its name, kind, roles and expertise`,
        endsWith: ["refused", "unreachable"],
      },
    ),
  )
    .argument("<name>", "the agent's name; it is given out once and never again")
    .addOption(new Option("--kind <kind>", "what it is").choices(agentKinds).default("ai"))
    .option("--role <role...>", "agent, expert (signs off), auditor (reads everything), system (operates) or admin", [
      "agent",
    ])
    .option("--expertise <word...>", "what it can be asked about", [])
    .action((name: string, options: Options) =>
      act(options, (doing) =>
        withClient(options, doing, async (client) => {
          const { kind, role: roles, expertise } = options;
          const { agent, token, notAfter, audience } = await client.agents.invite({ name, kind, roles, expertise });
          const { url } = credentialOf(options);
          doing.terminal.result({ agent, token, notAfter, audience, url }, () => token);
          doing.terminal.note(
            `${agent} may enrol one key within ${inWords(notAfter - realClock.now())}. Where it runs:\n` +
              `  lighthouse agent enrol ${agent} --url ${url}      # then paste the token`,
          );
          return "ok";
        }),
      ),
    );
