import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { lighthouse } from "./bridge-process.ts";

export interface RolledBack {
  /** How often the command was started until one came to the end. */
  readonly starts: number;
  /** Questions that the rollback's own account could not find again. */
  readonly lost: number;
}

/** More starts than this, and the rollback does not come to its end. */
const STARTS_MAX = 20;

/**
 * The seven steps of `lighthouse rollback` by the real command, called again until it comes to its end: the bridge is
 * killed in the middle of them. Whichever start finds one unfinished goes on with it.
 */
export const rollBack = async (data: string, reports: string): Promise<RolledBack> => {
  for (let starts = 1; ; starts++) {
    const args = ["rollback", "--data", data, "--reports", reports, "--reason", "crash loop", "--json"];
    const child = spawn(process.execPath, [lighthouse, ...args], { stdio: ["ignore", "pipe", "pipe"] });
    const code = new Promise<number | null>((resolve) => child.once("exit", resolve));
    const [said, complaint] = await Promise.all([text(child.stdout), text(child.stderr)]);
    if ((await code) === 0) return { starts, lost: (JSON.parse(said) as { readonly lost: number }).lost };
    if (starts === STARTS_MAX) throw new Error(`no rollback in ${starts} starts: ${said}${complaint}`);
  }
};
