import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { AGENTS_FOLDER, OPERATOR_FILE } from "../credential-file.ts";
import { LOG_FILE } from "../data-folder.ts";
import { type Finding, notRun, ok, problem, warning } from "./finding.ts";

const NODE_MAJOR_MIN = 24;

export const nodeVersion = (version: string): Finding =>
  Number(version.split(".")[0]) >= NODE_MAJOR_MIN
    ? ok("node", `Node.js ${version}`)
    : problem(
        "node",
        "usage",
        `Node.js ${version} is too old`,
        `Install ${NODE_MAJOR_MIN} or newer; \`npm ci\` in a clone brings it.`,
      );

/** Whether anybody but its owner can read what the folder holds. */
export const dataFolder = (data: string): Finding => {
  if (!existsSync(data)) {
    return problem(
      "data folder",
      "usage",
      `${data} is not there`,
      "`lighthouse serve` makes it; `--data` names another.",
    );
  }
  if (process.platform === "win32") return notRun("data folder", "Windows has no modes to check");
  if (!isOpen(data)) return ok("data folder", `${data}: nobody but its owner can look into it`);
  const secrets = ["master.key", "log.key", OPERATOR_FILE, LOG_FILE, ...credentialFiles(data)];
  const open = secrets.filter((name) => existsSync(join(data, name)) && isOpen(join(data, name)));
  return open.length > 0
    ? problem(
        "data folder",
        "usage",
        `others can read ${open.join(", ")} in ${data}`,
        `\`chmod 700 ${data}\`, and issue anew what was exposed.`,
      )
    : warning("data folder", `others can look into ${data}, though not read its secrets`, `\`chmod 700 ${data}\``);
};

const credentialFiles = (data: string): readonly string[] => {
  const folder = join(data, AGENTS_FOLDER);
  return existsSync(folder) ? readdirSync(folder).map((name) => join(AGENTS_FOLDER, name)) : [];
};

const isOpen = (path: string): boolean => (statSync(path).mode & 0o077) !== 0;

/** Who uses the folder, as the lock says; reading it takes nothing away from a bridge that starts in this moment. */
export const lock = (data: string): Finding => {
  const path = join(data, `${LOG_FILE}.lock`);
  if (!existsSync(path)) return notRun("lock", "no bridge has used this folder yet");
  const holder = holderOf(path);
  if (holder === undefined || !isAlive(holder)) return ok("lock", "no bridge of this machine uses the folder");
  return ok("lock", `process ${holder} uses the folder`);
};

const holderOf = (path: string): number | undefined => {
  try {
    const db = new DatabaseSync(path, { readOnly: true });
    try {
      return db.prepare("SELECT pid FROM holder").get()?.["pid"] as number | undefined;
    } finally {
      db.close();
    }
  } catch {
    return undefined;
  }
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
};
