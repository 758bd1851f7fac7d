import { STATUS_CODES } from "node:http";
import { type ProblemBody, problemHeaders } from "./problem.ts";

/** A whole HTTP/1.1 reply as text, for sockets that no HTTP server looks after: broken requests, refused upgrades. */
export const rawReply = (problem: ProblemBody): string => {
  const body = JSON.stringify(problem);
  const headers = { ...problemHeaders(problem), "content-length": Buffer.byteLength(body), connection: "close" };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\n${lines.join("")}\r\n${body}`;
};
