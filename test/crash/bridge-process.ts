import { type ChildProcess, spawn } from "node:child_process";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

export interface BridgeProcess {
  readonly url: string;
  readonly port: number;
  /** `kill -9`, and waits until it is gone. */
  readonly kill: () => Promise<void>;
}

export const lighthouse = join(resolve(import.meta.dirname, "../.."), "bin/lighthouse.js");

/** Starts a bridge as a user does, or one with a bug in it; resolves when it says that it is ready. */
export const startBridge = async (data: string, port: number, script = lighthouse): Promise<BridgeProcess> => {
  const args = [script, "serve", "--data", data, "--port", String(port), "--json"];
  const child: ChildProcess = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const gone = new Promise<void>((done) => child.once("exit", () => done()));
  const line = await new Promise<string>((ready, failed) => {
    child.once("exit", (code, signal) =>
      failed(new Error(`the bridge ended with ${code ?? signal} before it was ready`)),
    );
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).once("line", ready);
  });
  const { url } = JSON.parse(line) as { readonly url: string };
  return {
    url,
    port: Number(new URL(url).port),
    kill: () => {
      child.kill("SIGKILL");
      return gone;
    },
  };
};
