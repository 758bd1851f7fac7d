import { join } from "node:path";
import { type ConfigFile, type Configured, NotOurs, type Place, SERVER_NAME, serverCommand } from "./client.ts";
import { editJson, isMembers, type Members, parsed, strings, under, undoJson, without } from "./json.ts";

/** `mcpServers` of JSON, as Claude Code and Cursor have it. */
const mcpServers = (path: string, extra: Members): ConfigFile => ({
  path,
  what: "the tools, over stdio",
  connect: (before, launch) =>
    editJson(before, (root) => {
      const [command, ...args] = serverCommand(launch);
      under(root, "mcpServers")[SERVER_NAME] = { ...extra, command, args };
    }),
  undo: (before) => undoJson(before, (root) => without(root, "mcpServers", SERVER_NAME)),
  read: (text) => {
    const entry = entryIn(text, "mcpServers");
    return entry === undefined ? {} : { server: [...strings([entry["command"]]), ...strings(entry["args"])] };
  },
});

export const claudeCodeServer = ({ project }: Place): ConfigFile =>
  mcpServers(join(project, ".mcp.json"), { type: "stdio" });

export const cursorServer = ({ project }: Place): ConfigFile => mcpServers(join(project, ".cursor", "mcp.json"), {});

/** OpenCode: one list for the command and its arguments, under `mcp`. */
export const opencodeServer = ({ project }: Place): ConfigFile => ({
  path: join(project, "opencode.json"),
  what: "the tools, over stdio",
  connect: (before, launch) =>
    editJson(before, (root) => {
      if (before === null) root["$schema"] = OPENCODE_SCHEMA;
      under(root, "mcp")[SERVER_NAME] = { type: "local", command: [...serverCommand(launch)], enabled: true };
    }),
  undo: (before) =>
    undoJson(before, (root) => {
      without(root, "mcp", SERVER_NAME);
      if (Object.keys(root).length === 1 && root["$schema"] === OPENCODE_SCHEMA) delete root["$schema"];
    }),
  read: (text) => {
    const entry = entryIn(text, "mcp");
    return entry === undefined ? {} : { server: strings(entry["command"]) };
  },
});

const OPENCODE_SCHEMA = "https://opencode.ai/config.json";

/**
 * Codex: TOML, which people keep comments in, so that only lines of ours are touched. They stand between two marks, at
 * the end: a table goes on until the next one begins.
 */
export const codexServer = ({ codexHome }: Place): ConfigFile => ({
  path: join(codexHome, "config.toml"),
  what: "the tools, over stdio",
  connect: (before, launch) => {
    const rest = withoutBlock(before ?? "");
    if (/^\s*\[\s*mcp_servers\s*\.\s*"?lighthouse"?\s*[.\]]/m.test(rest)) {
      throw new NotOurs("it has a table [mcp_servers.lighthouse] that somebody else wrote");
    }
    const [command, ...args] = serverCommand(launch);
    const block = [
      BEGIN,
      `[mcp_servers.${SERVER_NAME}]`,
      // A JSON string is a TOML basic string.
      `command = ${JSON.stringify(command)}`,
      `args = ${JSON.stringify(args)}`,
      "tool_timeout_sec = 60",
      END,
      "",
    ].join("\n");
    return rest.trim() === "" ? block : `${rest.replace(/\n*$/, "\n\n")}${block}`;
  },
  undo: (before) => {
    const rest = withoutBlock(before);
    if (rest === before) return before;
    return rest.trim() === "" ? null : rest.replace(/\n*$/, "\n");
  },
  read: (text): Configured => {
    const block = text.slice(text.indexOf(BEGIN), text.indexOf(END));
    const value = (name: string): unknown => {
      const [, json] = new RegExp(`^${name} = (.*)$`, "m").exec(block) ?? [];
      return json === undefined ? undefined : JSON.parse(json);
    };
    return text.includes(BEGIN) ? { server: [...strings([value("command")]), ...strings(value("args"))] } : {};
  },
});

const BEGIN = "# >>> lighthouse (written by `lighthouse connect`; `--undo` takes it away)";
const END = "# <<< lighthouse";

const withoutBlock = (text: string): string => {
  const from = text.indexOf(BEGIN);
  const to = text.indexOf(END, from);
  return from < 0 || to < 0 ? text : text.slice(0, from) + text.slice(to + END.length).replace(/^\n/, "");
};

const entryIn = (text: string, list: string): Members | undefined => {
  const servers = parsed(text)[list];
  const entry = isMembers(servers) ? servers[SERVER_NAME] : undefined;
  return isMembers(entry) ? entry : undefined;
};
