/** The MCP clients that `connect` knows, each with its own file, format and place. */
export const clientNames = ["claude-code", "codex", "opencode", "cursor", "generic"] as const;
export type ClientName = (typeof clientNames)[number];

/** Where things are on this machine. */
export interface Place {
  /** The project that is worked in: clients keep what belongs to one in its folder. */
  readonly project: string;
  readonly home: string;
  /** Where Codex keeps its configuration (`CODEX_HOME`). */
  readonly codexHome: string;
}

/** How the client starts the agent's tools. The credential is named and never shown: it stays in its own file. */
export interface Launch {
  readonly node: string;
  readonly bin: string;
  /** Absolute path of the agent's credential file. */
  readonly credential: string;
  /** Also wake sessions that sleep, where the client can. */
  readonly wake?: boolean;
  /** URL that hooks are posted to, for clients that can post them instead of running a command. */
  readonly posts?: string;
}

/** One file of a client's, as text. Pure: whoever calls it reads and writes. */
export interface ConfigFile {
  readonly path: string;
  /** What is configured, for the one who reads it. */
  readonly what: string;
  /** The text with our entry in it; everything else stays. Null: there is no such file yet. */
  readonly connect: (before: string | null, launch: Launch) => string;
  /** The text without it. Null: nothing is left, and the file goes. */
  readonly undo: (before: string) => string | null;
  /** What the text has the client start, to be tried out. */
  readonly read: (text: string) => Configured;
}

export interface Configured {
  readonly server?: readonly string[];
  /** Shell commands of hooks, by event. */
  readonly hooks?: Readonly<Record<string, string>>;
  /** URLs of hooks that are posted, by event. */
  readonly posts?: Readonly<Record<string, string>>;
}

/** Where the client finds the token that it posts hooks with: an environment variable, never a file of its own. */
export const TOKEN_VARIABLE = "LIGHTHOUSE_TOKEN";

export const SERVER_NAME = "lighthouse";

export const serverCommand = ({ node, bin, credential }: Launch): readonly string[] => [
  node,
  bin,
  "mcp",
  "--as",
  credential,
];

/** A file that cannot be changed without a risk to what stands in it. */
export class NotOurs extends Error {
  override readonly name = "NotOurs";
}
