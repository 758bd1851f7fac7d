import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Command, Option } from "commander";
import { type Credential, hasOwnKey, type KeyCredential, readCredential } from "../client/credential.ts";
import { connect, type Lighthouse } from "../client/index.ts";
import { signIn } from "../client/login.ts";
import { nodeSuite } from "../client/node-suite.ts";
import { fetchPost } from "../client/post.ts";
import type { Act } from "./command.ts";
import { credentialPath, keeperOf, loadCredential, OPERATOR_FILE } from "./credential-file.ts";
import { defaultDataFolder } from "./data-folder.ts";
import type { Exit } from "./exit.ts";
import { explain } from "./failure.ts";
import { trustAlso } from "./trust.ts";
import { realClock } from "./world.ts";

export interface ConnectionOptions {
  readonly as?: string;
  readonly url?: string;
  readonly data: string;
}

export const dataOption = (): Option =>
  new Option("--data <folder>", "the bridge's data folder").env("LIGHTHOUSE_DATA").default(defaultDataFolder);

/** For a bridge whose certificate the machine does not know. */
export const trusting = (): Option =>
  new Option("--ca <file>", "certificates (PEM) to trust beside the machine's own")
    .env("LIGHTHOUSE_CA")
    .argParser((file: string) => {
      trustAlso(file);
      return file;
    });

/** Who acts, and on which bridge. */
export const connecting = (command: Command): Command =>
  [
    new Option(
      "--as <agent>",
      "act as this agent: a name, or the path of a credential file (default: the operator)",
    ).env("LIGHTHOUSE_CREDENTIAL"),
    new Option("--url <url>", "where the bridge is (default: as the credential says)").env("LIGHTHOUSE_URL"),
    trusting(),
    dataOption(),
  ].reduce((made, option) => made.addOption(option.helpGroup("As whom, and where:")), command);

/** Whoever acts, and how its file follows when its keys change. */
export const keptCredentialOf = (options: ConnectionOptions) => {
  const path = credentialPath(options.as, options.data);
  const stored = loadCredential(path);
  const keeper = keeperOf(path);
  return {
    credential: credentialOf(options),
    // `--url` is for this time; the file says what it said.
    onCredential: (changed: KeyCredential) => keeper.keep({ ...changed, url: stored.url }),
    reread: keeper.reread,
  };
};

export type KeptCredential = ReturnType<typeof keptCredentialOf>;

export const credentialOf = ({ as, url, data }: ConnectionOptions): Credential => {
  const credential = loadCredential(credentialPath(as, data));
  return { ...credential, url: url ?? currentUrl(credential, data) };
};

/** A bearer token of whoever acts, for the few commands that speak HTTP by themselves: an own key signs in for it. */
export const bearerOf = async (
  options: ConnectionOptions,
): Promise<{ readonly url: string; readonly agent: string; readonly token: string }> => {
  const credential = credentialOf(options);
  const { url, agent } = credential;
  if (!hasOwnKey(credential)) return { url, agent, token: credential.token };
  const { login } = await signIn(credential, { clock: realClock, suite: nodeSuite, post: fetchPost, url });
  return { url, agent, token: login.token };
};

/** Where the bridge is for what speaks HTTP; the credential may say where it is for a WebSocket. */
export const httpUrl = (url: string): string => url.replace(/^ws/, "http").replace(/\/ws$/, "").replace(/\/$/, "");

/** A bridge that started on another port has told its operator's file; the agents' files beside it still say the old one. */
const currentUrl = ({ url, audience }: Credential, data: string): string => {
  const file = join(data, OPERATOR_FILE);
  if (!existsSync(file)) return url;
  const operator = readCredential(readFileSync(file, "utf8"));
  return operator.ok && operator.credential.audience === audience ? operator.credential.url : url;
};

/** Connects, works, and lets go of the connection however the work ends. */
export const withClient = async (
  options: ConnectionOptions,
  { terminal }: Act,
  work: (client: Lighthouse) => Promise<Exit | undefined>,
): Promise<Exit | undefined> => {
  const client = await connect({
    ...keptCredentialOf(options),
    onKeyTrouble: (error) => terminal.note(`the keys are due and were not changed: ${explain(error).title}`),
    onStatus: (status) => {
      if (status.state === "reconnecting") terminal.note(`connection lost (${status.why}); trying again`);
    },
  });
  try {
    return await work(client);
  } finally {
    await client.signOut();
  }
};
