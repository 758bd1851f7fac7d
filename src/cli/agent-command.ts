import { join } from "node:path";
import { Command, Option } from "commander";
import type { AgentKind } from "../domain/agent.ts";
import { agentKinds } from "../domain/event.ts";
import { enrolCommand } from "./agent-enrol.ts";
import { inviteCommand } from "./agent-invite.ts";
import { revokeCommand, rotateCommand } from "./agent-keys.ts";
import { showCommand } from "./agent-show.ts";
import { resumeCommand, suspendCommand } from "./agent-suspend.ts";
import { act, command, strict } from "./command.ts";
import { type ConnectionOptions, connecting, withClient } from "./connection.ts";
import { AGENTS_FOLDER, reserveCredential } from "./credential-file.ts";
import { reachInWords } from "./reach.ts";
import { table } from "./table.ts";
import { realClock } from "./world.ts";

type Options = ConnectionOptions & { readonly json?: boolean };

/** `lighthouse agent …`: who may take part, and with which keys. */
export const agentCommand = (): Command =>
  strict(new Command("agent"))
    .description("Who may take part, and with which keys: invite and enrol, list and show, suspend and revoke.")
    .addCommand(inviteCommand())
    .addCommand(enrolCommand())
    .addCommand(add())
    .addCommand(list())
    .addCommand(showCommand())
    .addCommand(rotateCommand())
    .addCommand(suspendCommand())
    .addCommand(resumeCommand())
    .addCommand(revokeCommand());

const add = (): Command =>
  connecting(
    command(
      "add",
      "Register an agent with a bearer token, and write its credential to a file that only you can read. Simple, and good " +
        "until it is revoked; `invite` and `enrol` give it a key that only it holds.",
      {
        examples: `
        lighthouse agent add alice
        lighthouse agent add dba --kind human --expertise postgres --expertise backups
        lighthouse agent add ci --role agent --role auditor --dir ./secrets`,
        endsWith: ["refused", "unreachable"],
      },
    ),
  )
    .argument("<name>", "the agent's name; it is given out once and never again")
    .addOption(new Option("--kind <kind>", "what it is").choices(agentKinds).default("ai"))
    .option("--role <role...>", "agent, auditor (reads everything) or admin (registers and revokes)", ["agent"])
    .option("--expertise <word...>", "what it can be asked about", [])
    .option("--dir <folder>", "where the credential file goes (default: agents/ in the data folder)")
    .option("--show", "also print the credential; whoever sees it can act as the agent")
    .action((name: string, options: AddOptions) =>
      act(options, (doing) =>
        withClient(options, doing, async (client) => {
          const path = join(options.dir ?? join(options.data, AGENTS_FOLDER), `${name}.json`);
          const file = reserveCredential(path);
          try {
            const { kind, role: roles, expertise } = options;
            const credential = await client.agents.add({ name, kind, roles, expertise });
            file.write(credential);
            const shown = options.show === true ? { credential } : {};
            doing.terminal.result({ agent: name, file: path, ...shown }, () => [
              `Registered ${name}. Its credential is in ${path}`,
              ...(options.show === true ? [JSON.stringify(credential, null, 2)] : []),
            ]);
            doing.terminal.note(`Act as it with \`--as ${options.dir === undefined ? name : path}\`.`);
          } catch (error) {
            file.giveUp();
            throw error;
          }
          return "ok";
        }),
      ),
    );

interface AddOptions extends Options {
  readonly kind: AgentKind;
  readonly role: readonly string[];
  readonly expertise: readonly string[];
  readonly dir?: string;
  readonly show?: boolean;
}

const list = (): Command =>
  connecting(
    command("list", "Who is registered, what they know about, and whether they can be reached now.", {
      examples: `
        lighthouse agent list
        lighthouse agent list --expertise postgres --json`,
      endsWith: ["refused", "unreachable"],
    }),
  )
    .option("--expertise <word>", "only those who know about this")
    .option("--all", "revoked ones too; --json always has all")
    .action((options: Options & { readonly expertise?: string; readonly all?: boolean }) =>
      act(options, (doing) =>
        withClient(options, doing, async (client) => {
          const { expertise } = options;
          const agents = await client.agents.list(expertise === undefined ? {} : { expertise });
          // Doctors, benches and reviews leave agents behind that nobody can be any more.
          const shown = options.all === true ? agents : agents.filter(({ status }) => status !== "revoked");
          doing.terminal.result({ agents }, () =>
            table(
              ["NAME", "KIND", "STATUS", "ROLES", "EXPERTISE", "REACH"],
              shown.map(({ name, kind, status, roles, expertise: knows, reach }) => [
                ...[name, kind, status, roles.join(","), knows.join(",") || "-"],
                status === "active" ? reachInWords(reach, realClock.now()) : "-",
              ]),
            ),
          );
          const hidden = agents.length - shown.length;
          if (hidden > 0) doing.terminal.note(`${hidden} revoked; --all shows them`);
          return "ok";
        }),
      ),
    );
