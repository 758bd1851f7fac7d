import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Credential, readCredential } from "../client/credential.ts";
import { credentialKeeper, openMode } from "../client/credential-file.ts";
import { Failure } from "./failure.ts";

/** Where `agent add` puts credentials, within the data folder. */
export const AGENTS_FOLDER = "agents";
export const OPERATOR_FILE = "operator.json";

/**
 * The file of whoever acts: `--as` takes a path or the name of an agent whose credential stands in the data folder;
 * without it, it is the operator.
 */
export const credentialPath = (as: string | undefined, data: string): string => {
  if (as === undefined || as === "operator") return join(data, OPERATOR_FILE);
  return as.includes("/") || as.includes("\\") || as.endsWith(".json") ? as : join(data, AGENTS_FOLDER, `${as}.json`);
};

export const loadCredential = (path: string): Credential => {
  if (!existsSync(path)) {
    throw new Failure("usage", `There is no credential file at ${path}.`, {
      remedy:
        "`lighthouse agent add` or `agent enrol <name>` writes one for an agent, the first `lighthouse serve` the operator's; " +
        "`--as` takes a name or a path, `--data` names another data folder.",
    });
  }
  refuseIfOpen(path);
  const read = readCredential(readFileSync(path, "utf8"));
  if (read.ok) return read.credential;
  throw new Failure("usage", `${path} is not a credential file.`, {
    problems: read.problems,
    remedy:
      "Issue a new one: `lighthouse agent add <name>`, or invite the agent again: `lighthouse agent invite <name>`.",
  });
};

/** Whoever can read the file can act as the agent, so it is not used while others can. */
const refuseIfOpen = (path: string): void => {
  const mode = openMode(path);
  if (mode === undefined) return;
  throw new Failure("usage", `${path} can be read by others (mode ${mode}).`, {
    remedy: `Run \`chmod 600 ${path}\`. If others may have read it, change its keys: \`lighthouse agent rotate --as ${path}\`.`,
  });
};

/** How the file follows when its keys change. */
export const keeperOf = (path: string) => credentialKeeper(path, loadCredential);

/** Takes the place of a credential file before there is a credential, so that none is issued that cannot be kept. */
export const reserveCredential = (path: string) => {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  let file: number;
  try {
    file = openSync(path, "wx", 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    throw new Failure("usage", `${path} exists.`, {
      remedy: "Choose another name or `--dir`, or move that file away.",
    });
  }
  return {
    write: (credential: Credential): void => {
      writeSync(file, `${JSON.stringify(credential, null, 2)}\n`);
      closeSync(file);
    },
    giveUp: (): void => {
      closeSync(file);
      rmSync(path, { force: true });
    },
  };
};
