import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { Argument, type Command, Option } from "commander";
import { type Act, act, command } from "./command.ts";
import {
  type ClientName,
  type ConfigFile,
  clientNames,
  NotOurs,
  SERVER_NAME,
  serverCommand,
  TOKEN_VARIABLE,
} from "./connect/client.ts";
import { launchOf, placeHere, readText, replaceText } from "./connect/disk.ts";
import { filesOf } from "./connect/files.ts";
import { type ConnectionOptions, connecting, credentialOf, httpUrl, withClient } from "./connection.ts";
import { credentialPath, loadCredential, reserveCredential } from "./credential-file.ts";
import type { Exit } from "./exit.ts";
import { Failure } from "./failure.ts";

interface Options extends ConnectionOptions {
  readonly json?: boolean;
  readonly dryRun?: boolean;
  readonly undo?: boolean;
  readonly wake?: boolean;
  readonly hooks?: "command" | "http";
}

/** `lighthouse connect <client>`: makes an MCP client somebody's, in the client's own files. */
export const connectCommand = (): Command =>
  connecting(
    command(
      "connect",
      "Give an MCP client an agent's tools and hooks, in its own configuration; keeps what is there.",
      {
        examples: `
        lighthouse connect claude-code --as alice
        lighthouse connect codex --as alice --dry-run
        lighthouse connect cursor --as alice --undo
        lighthouse connect generic --as alice`,
        endsWith: ["refused", "unreachable"],
      },
    ),
  )
    .addArgument(new Argument("<client>", "which client").choices(clientNames))
    .option("--wake", "claude-code: also wake a session that sleeps (needs hooks with asyncRewake)")
    .addOption(
      new Option("--hooks <how>", "claude-code: run a command at each hook, or have it posted to the bridge")
        .choices(["command", "http"])
        .default("command"),
    )
    .option("--dry-run", "show what would be written, and write nothing")
    .option("--undo", "take away what `connect` wrote, and nothing else")
    .action((client: ClientName, options: Options) => act(options, (doing) => connectTo(client, options, doing)));

const connectTo = async (client: ClientName, options: Options, doing: Act): Promise<Exit | undefined> => {
  const { terminal } = doing;
  const files = filesOf(client, placeHere());
  if (options.undo === true) {
    const changes = files.map((file) => ({ file, before: readText(file.path) })).map(undone);
    return finish(client, changes, options, doing);
  }
  if (options.as === undefined) {
    throw new Failure("usage", "Nobody is named.", { remedy: "Say which agent the client is: `--as <agent>`." });
  }
  const path = credentialPath(options.as, options.data);
  await ensureAgent(options.as, path, options, doing);
  const isPosted = client === "claude-code" && options.hooks === "http";
  const launch = {
    ...launchOf(path),
    wake: options.wake === true,
    ...(isPosted ? { posts: httpUrl(credentialOf({ ...options, as: path }).url) } : {}),
  };
  if (client === "generic") {
    const [command, ...args] = serverCommand(launch);
    const entry = { mcpServers: { [SERVER_NAME]: { command, args } } };
    terminal.result(entry, () => [
      "Most clients take this form, in a file of their own:",
      JSON.stringify(entry, null, 2),
      "Over HTTP: the URL of the bridge with /mcp behind it, and the agent's token as `Authorization: Bearer …`.",
      "Answers need the form above: over HTTP nothing holds the agent's key.",
    ]);
    return "ok";
  }
  const changes = files.map((file) => {
    const before = readText(file.path);
    return { file, before, after: guarded(file, () => file.connect(before, launch)) };
  });
  const exit = finish(client, changes, options, doing);
  if (isPosted) {
    terminal.note(`Its hooks need the agent's token in the environment, which no file of the client's may hold:`);
    terminal.note(`  ${TOKEN_VARIABLE}="$(jq -r .token ${path})" claude`);
  }
  return exit;
};

interface Change {
  readonly file: ConfigFile;
  readonly before: string | null;
  readonly after: string | null;
}

const undone = ({ file, before }: Omit<Change, "after">): Change => ({
  file,
  before,
  after: before === null ? null : guarded(file, () => file.undo(before)),
});

const guarded = <T>({ path }: ConfigFile, work: () => T): T => {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof NotOurs)) throw error;
    throw new Failure("usage", `${path} is left alone: ${error.message}.`, {
      remedy: "`lighthouse connect generic` shows what to write by hand.",
    });
  }
};

const finish = (client: ClientName, changes: readonly Change[], options: Options, { terminal }: Act): Exit => {
  const isDry = options.dryRun === true;
  if (!isDry) for (const { file, before, after } of changes) if (after !== before) replaceText(file.path, after);
  const told = changes.map(({ file: { path, what }, before, after }) => ({
    path,
    what,
    does: after === before ? "unchanged" : after === null ? "removed" : before === null ? "created" : "changed",
    ...(isDry && after !== before ? { text: after } : {}),
  }));
  terminal.result({ client, dryRun: isDry, files: told }, () =>
    told.flatMap(({ path, what, does, text }) => [
      `${isDry && does !== "unchanged" ? `would be ${does}` : does}: ${path} (${what})`,
      ...(text === undefined || text === null ? [] : [text.trimEnd()]),
    ]),
  );
  if (!isDry && options.undo !== true) {
    terminal.note(`Start ${client} anew, then \`lighthouse doctor\` tries out what it was given.`);
  }
  return "ok";
};

/** An agent that has no credential yet is registered by the operator, so that one command is enough. */
const ensureAgent = async (as: string, path: string, options: Options, doing: Act): Promise<void> => {
  if (existsSync(path)) return void loadCredential(path);
  if (resolve(as) === resolve(path)) return void loadCredential(path);
  if (options.dryRun === true) return doing.terminal.note(`${as} would be registered, with its credential in ${path}`);
  const { as: _, ...operator } = options;
  await withClient(operator, doing, async (client) => {
    const file = reserveCredential(path);
    try {
      file.write(await client.agents.add({ name: as }));
    } catch (error) {
      file.giveUp();
      throw error;
    }
    doing.terminal.note(`Registered ${as}. Its credential is in ${path}`);
    return "ok";
  });
};
