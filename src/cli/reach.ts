import type { Reach } from "../client/wire.ts";
import { inWords } from "./duration.ts";

/** What is true about reaching an agent now, in words. */
export const reachInWords = (reach: Reach, now: number): string => {
  switch (reach.state) {
    case "reachable":
      return "reachable now";
    case "queued":
      return `not connected, last seen ${inWords(now - reach.lastSeen)} ago`;
    case "never_seen":
      return "never seen";
  }
};
