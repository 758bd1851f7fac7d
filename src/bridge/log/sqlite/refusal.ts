import { faultOf } from "../fault.ts";
import { LogCorrupt, LogUnavailable } from "../log.ts";
import type { Refusal } from "./message.ts";

/** An error as it is sent to another thread, about the file at `path`; `asError` is the way back. */
export const asRefusal = (error: unknown, path: string): Refusal => {
  if (error instanceof LogCorrupt) return { name: "LogCorrupt", position: error.position, what: error.what };
  if (error instanceof LogUnavailable) {
    return { name: "LogUnavailable", fault: { fault: error.fault, reason: error.message } };
  }
  const { fault, reason } = faultOf(error);
  return { name: "LogUnavailable", fault: { fault, reason: reason.includes(path) ? reason : `${path}: ${reason}` } };
};

export const asError = (refusal: Refusal): LogCorrupt | LogUnavailable =>
  refusal.name === "LogCorrupt"
    ? new LogCorrupt(refusal.position, refusal.what)
    : new LogUnavailable(refusal.fault.reason, refusal.fault.fault);
