import { type ChildProcess, execFile, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { type Credential, readCredential } from "../../client/index.ts";
import type { DrilledBridge } from "../../ops/monitoring/drill/scenarios.ts";
import { Failure } from "../failure.ts";

/** A bridge of the drill's own, as a process that may be hurt. */
export interface PrivateBridge extends DrilledBridge {
  readonly url: string;
  readonly operator: () => Credential;
  readonly stop: () => Promise<void>;
}

const run = promisify(execFile);

export const startPrivateBridge = async (data: string): Promise<PrivateBridge> => {
  let child: ChildProcess | undefined;
  let port = 0;
  const start = async (): Promise<void> => {
    const program = process.argv[1] ?? "";
    const args = [program, "serve", "--port", String(port), "--data", data, "--json"];
    const made = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "ignore"] });
    child = made;
    const ready = await new Promise<string>((resolve, reject) => {
      createInterface({ input: made.stdout as NodeJS.ReadableStream }).once("line", resolve);
      made.once("exit", (code) => reject(new Failure("failing", `The bridge of the drill ended with ${code}.`)));
    });
    port = Number(new URL((JSON.parse(ready) as { readonly url: string }).url).port);
  };
  const ended = (signal: NodeJS.Signals): Promise<void> =>
    new Promise((resolve) => {
      const running = child;
      if (running === undefined || running.exitCode !== null || running.signalCode !== null) return resolve();
      running.once("exit", () => resolve());
      // One that was stopped where it stands hears nothing until it goes on.
      running.kill("SIGCONT");
      running.kill(signal);
    });
  /** Its limit of a file's size, raised and lowered from outside: every write beyond it fails, as on a full disk. */
  const limitFileSize = async (soft: string): Promise<void> => {
    await run("prlimit", ["--pid", String(child?.pid), `--fsize=${soft}:unlimited`]);
  };
  await start();
  return {
    url: `http://127.0.0.1:${port}`,
    operator: () => {
      const read = readCredential(readFileSync(join(data, "operator.json"), "utf8"));
      if (!read.ok) throw new Failure("fault", "The bridge of the drill wrote no credential.");
      return read.credential;
    },
    freeze: () => void child?.kill("SIGSTOP"),
    thaw: () => void child?.kill("SIGCONT"),
    failWrites: () => limitFileSize("1"),
    allowWrites: () => limitFileSize("unlimited"),
    kill: () => ended("SIGKILL"),
    start,
    stop: () => ended("SIGTERM"),
  };
};

/** Linux has it in util-linux. Without it one provocation is not run. */
export const canLimitFileSize = async (): Promise<boolean> =>
  run("prlimit", ["--version"]).then(
    () => true,
    () => false,
  );
