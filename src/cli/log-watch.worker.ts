import { parentPort, workerData } from "node:worker_threads";
import { verifyLog } from "../bridge/log/verify.ts";
import { logIn } from "./log-file.ts";

/** One verification of the log in a data folder; the verdict is its only message. */
const { path, keys } = logIn((workerData as { readonly data: string }).data);
parentPort?.postMessage(await verifyLog(path, { keys }));
