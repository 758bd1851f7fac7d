import { request as plain } from "node:http";
import { request as secure } from "node:https";
import type { Waiting } from "./event.ts";

/** A client waits for its hooks: what the bridge has not said by then, it says at the next one. In milliseconds. */
const PATIENCE_MS = 1_500;
const REPLY_BYTES_MAX = 2_097_152;

export interface HookCredential {
  readonly url: string;
  readonly token: string;
}

/**
 * The two calls that a hook makes. `node:http` and not `fetch`, whose first use alone costs 25 ms of the 100 that a hook
 * should take.
 */
export const hookBridge = (credential: HookCredential) => ({
  waiting: async (): Promise<readonly Waiting[]> => {
    const page = (await call(credential, "GET", "/v1/inbox?peek=true&limit=50")) as { items?: readonly Waiting[] };
    return page.items ?? [];
  },
  handed: async (ids: readonly string[]): Promise<void> => {
    await call(credential, "POST", "/v1/inbox/handed", JSON.stringify({ ids, via: "hook" }));
  },
});

const call = ({ url, token }: HookCredential, method: string, path: string, body?: string): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const base = url.replace(/^ws/, "http").replace(/\/ws$/, "").replace(/\/$/, "");
    const start = base.startsWith("https:") ? secure : plain;
    const headers = {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(body) }),
    };
    const sent = start(`${base}${path}`, { method, headers, timeout: PATIENCE_MS }, (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on("data", (chunk: Buffer) => {
        size += chunk.length;
        if (size > REPLY_BYTES_MAX) sent.destroy(new Error("the reply is too large"));
        else chunks.push(chunk);
      });
      response.on("error", reject).on("end", () => {
        const text = Buffer.concat(chunks).toString("utf8");
        if (response.statusCode !== 200) return reject(new Error(`the bridge said ${response.statusCode}: ${text}`));
        try {
          resolve(JSON.parse(text));
        } catch (error) {
          reject(error);
        }
      });
    });
    sent.on("timeout", () => sent.destroy(new Error(`no reply within ${PATIENCE_MS} ms`))).on("error", reject);
    sent.end(body);
  });
