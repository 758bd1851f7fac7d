import { request as plain } from "node:http";
import { request as secure } from "node:https";
import type { Waiting } from "../../bridge/transport/hook/event.ts";

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
  waiting: async (): Promise<readonly Waiting[]> => inboxOf(await call(credential, "GET", INBOX)),
  /** The same, once there is something that came after this position, or after 45 s. */
  waitingAfter: async (position: number): Promise<readonly Waiting[]> =>
    inboxOf(
      await call(credential, "GET", `${INBOX}&waitMs=${WAIT_MS}&after=${position}`, undefined, WAIT_MS + PATIENCE_MS),
    ),
  handed: async (ids: readonly string[]): Promise<void> => {
    await call(credential, "POST", "/v1/inbox/handed", JSON.stringify({ ids, via: "hook" }));
  },
});

const INBOX = "/v1/inbox?peek=true&limit=50";
const WAIT_MS = 45_000;

const inboxOf = (page: unknown): readonly Waiting[] => (page as { readonly items?: readonly Waiting[] }).items ?? [];

const call = (
  { url, token }: HookCredential,
  method: string,
  path: string,
  body?: string,
  patienceMs = PATIENCE_MS,
): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const base = url.replace(/^ws/, "http").replace(/\/ws$/, "").replace(/\/$/, "");
    const start = base.startsWith("https:") ? secure : plain;
    const headers = {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(body) }),
    };
    const sent = start(`${base}${path}`, { method, headers, timeout: patienceMs }, (response) => {
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
    sent.on("timeout", () => sent.destroy(new Error(`no reply within ${patienceMs} ms`))).on("error", reject);
    sent.end(body);
  });
