import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { wakeOutput } from "../../bridge/transport/hook/event.ts";
import { hookBridge } from "./bridge.ts";
import { afterFailure, credentialAt, fileOf } from "./credential.ts";

/** What Claude Code takes as "wake the model, and show it what stands on standard error". */
const WAKE = 2;
/** A session that was left is not watched for ever. */
const WATCH_MS_MAX = 12 * 3_600_000;
const RETRY_MS = 10_000;

/**
 * `lighthouse hook Wake`, run in the background whenever a session goes to sleep (`asyncRewake`): waits for a question
 * that nobody has had yet, and ends so that the session wakes up with it. Every sleep starts another one; the newest
 * takes over, and those before it end without a word.
 */
export const wake = async (args: readonly string[]): Promise<void> => {
  const file = fileOf(args);
  const mine = takeOver(file);
  const parent = process.ppid;
  const started = performance.now();
  const isWanted = (): boolean => mine() && process.ppid === parent && performance.now() - started < WATCH_MS_MAX;
  let after = 0;
  while (isWanted()) {
    try {
      // Read each time: another port, or another token, is no reason to sleep on.
      const bridge = hookBridge(await credentialAt(file));
      const waiting = await bridge.waitingAfter(after);
      if (!isWanted()) return;
      const { text, ids } = wakeOutput(waiting);
      if (ids.length > 0) {
        await written(text);
        process.exitCode = WAKE;
        return await bridge.handed(ids);
      }
      after = waiting.at(-1)?.position ?? after;
    } catch (error) {
      await afterFailure(file, error);
      if (process.env["LIGHTHOUSE_DEBUG"] === "1") process.stdout.write(`lighthouse hook: ${String(error)}\n`);
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
};

/** Writes down who watches for this credential, and tells as long as it is still this process. */
const takeOver = (file: string): (() => boolean) => {
  const place = join(tmpdir(), `lighthouse-wake-${createHash("sha256").update(file).digest("hex").slice(0, 16)}`);
  const me = `${process.pid} ${performance.timeOrigin}`;
  writeFileSync(place, me, { mode: 0o600 });
  return () => readFileSync(place, "utf8") === me;
};

const written = (text: string): Promise<void> =>
  new Promise((resolve, reject) => {
    process.stderr.once("error", reject);
    process.stderr.write(`${text}\n`, (error) => (error ? reject(error) : resolve()));
  });
