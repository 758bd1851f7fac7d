import { setTimeout } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";
import { verifyLog } from "../bridge/log/verify.ts";
import { logIn } from "./log-file.ts";

/**
 * How much of a core it takes. At full speed a log of 800,000 events took one of two cores for seconds, and questions
 * waited 700 ms for their answers.
 */
const SHARE = 0.1;

let since = performance.now();
const rest = async (): Promise<void> => {
  await setTimeout((performance.now() - since) * (1 / SHARE - 1));
  since = performance.now();
};

/** One verification of the log in a data folder; the verdict is its only message. */
const { path, keys } = logIn((workerData as { readonly data: string }).data);
parentPort?.postMessage(await verifyLog(path, { keys, rest }));
