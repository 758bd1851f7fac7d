import { spawn } from "node:child_process";
import type { Restart } from "../../review/probe/restart.ts";
import { realClock } from "../world.ts";

const COMMAND_MS_MAX = 60_000;
const READY_MS_MAX = 60_000;
const LOOK_EVERY_MS = 50;

/** Restarts a bridge by the operator's own command, and waits until it is ready and has begun anew. */
export const restartBy =
  (command: string, url: string, signal: AbortSignal): Restart =>
  async () => {
    const before = await uptime(url);
    const began = realClock.monotonic();
    await run(command, signal);
    for (;;) {
      signal.throwIfAborted();
      const now = await uptime(url);
      const since = realClock.monotonic() - began;
      // It has been up for less time than the command was begun ago, or the command restarted something else.
      if (now !== undefined && now <= since && (before === undefined || now < before + since)) return { how: command };
      if (since > READY_MS_MAX) throw new Error(`after \`${command}\` no bridge that began anew is ready at ${url}`);
      await new Promise<void>((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  };

/** How long the bridge has been up, in milliseconds; undefined when nobody answers or it is not well. */
const uptime = async (url: string): Promise<number | undefined> => {
  try {
    const response = await fetch(new URL("/health", url), { signal: AbortSignal.timeout(1_000) });
    const { uptimeMs } = (await response.json()) as { readonly uptimeMs?: number };
    return response.ok ? uptimeMs : undefined;
  } catch {
    return undefined;
  }
};

const run = (command: string, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const child = spawn(command, { shell: true, stdio: ["ignore", "ignore", "pipe"], signal, timeout: COMMAND_MS_MAX });
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said = (said + text).slice(-500);
    });
    child.once("error", reject);
    // Not `close`: what the command leaves running in the background may hold the pipe.
    child.once("exit", (code) => {
      child.stderr.destroy();
      if (code === 0) resolve();
      else reject(new Error(`\`${command}\` ended with ${code}: ${said.trim()}`));
    });
  });
