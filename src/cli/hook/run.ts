import { hookEvents, hookOutput, isHookEvent } from "../../bridge/transport/hook/event.ts";
import { hookBridge } from "./bridge.ts";
import { afterFailure, credentialAt, fileOf } from "./credential.ts";

/**
 * `lighthouse hook <event>`: what a client's hook runs. It has its own way into the process, past the command line's
 * parser, because it runs with every tool call of a model and should not be felt. It is silent when there is nothing
 * and when something is wrong: a hook that complains breaks somebody's work over a question that can wait.
 */
export const runHook = async (args: readonly string[]): Promise<void> => {
  const [event] = args;
  if (event === "Wake") return (await import("./wake.ts")).wake(args);
  if (!isHookEvent(event)) {
    process.stderr.write(`lighthouse hook: say which event: ${[...hookEvents, "Wake"].join(", ")}\n`);
    process.exitCode = 2;
    return;
  }
  let file = "";
  try {
    file = fileOf(args);
    const bridge = hookBridge(await credentialAt(file));
    // Both at once: the client may take a moment to hand over its own part.
    const [input, waiting] = await Promise.all([readInput(), bridge.waiting()]);
    const { text, ids } = hookOutput(event, waiting, input.stop_hook_active === true);
    // The doctor tries a hook out; nobody reads what it would say.
    if (text === "" || process.env["LIGHTHOUSE_HOOK_DRY"] === "1") return;
    await written(text);
    if (ids.length > 0) await bridge.handed(ids);
  } catch (error) {
    await afterFailure(file, error);
    if (process.env["LIGHTHOUSE_DEBUG"] === "1") process.stderr.write(`lighthouse hook: ${String(error)}\n`);
  }
};

interface HookInput {
  readonly stop_hook_active?: unknown;
}

/** What the client says about the moment. Without a client, there is nothing to wait for. */
const readInput = async (): Promise<HookInput> => {
  if (process.stdin.isTTY) return {};
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString("utf8").trim();
  return text === "" ? {} : (JSON.parse(text) as HookInput);
};

/** Resolves once the reader's pipe has taken it; rejects when the reader has gone, and then nothing was offered. */
const written = (text: string): Promise<void> =>
  new Promise((resolve, reject) => {
    process.stdout.once("error", reject);
    process.stdout.write(`${text}\n`, (error) => (error ? reject(error) : resolve()));
  });
