import type { Reach } from "../client/wire.ts";
import { inWords } from "./duration.ts";

/** What is true about reaching an agent now, in words, and what the latest canary found. */
export const reachInWords = (reach: Reach, now: number): string =>
  `${stateInWords(reach, now)}${pingInWords(reach, now)}`;

const pingInWords = (reach: Reach, now: number): string => {
  const { ping } = reach;
  // Whoever was seen since has answered in another way.
  if (ping === undefined || (!ping.ok && reach.state === "queued" && reach.lastSeen > ping.at)) return "";
  const ago = `${inWords(now - ping.at)} ago`;
  return ping.ok ? `; answered a ping via ${ping.via} ${ago}` : `; no answer to a ping ${ago}`;
};

const stateInWords = (reach: Reach, now: number): string => {
  switch (reach.state) {
    case "reachable":
      return "reachable now";
    case "queued":
      return `not connected, last seen ${inWords(now - reach.lastSeen)} ago`;
    case "never_seen":
      return "never seen";
  }
};
