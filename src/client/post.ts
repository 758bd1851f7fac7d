import { type Refusal, refusalKinds } from "../domain/refusal.ts";
import { LighthouseFault, LighthouseRefusal } from "./refusal.ts";

/** One HTTP request to a bridge. Throws `LighthouseRefusal` or `LighthouseFault` (`unreachable`, `internal`). */
export type Post = (url: string, body: object, token?: string) => Promise<unknown>;

/** How long a bridge may take to answer one of the few requests that are made over HTTP, in milliseconds. */
const PATIENCE_MS = 10_000;

/** By the global `fetch`, which Node and browsers have. */
export const fetchPost: Post = async (url, body, token) => {
  let response: Response;
  let reply: unknown;
  try {
    response = await fetch(url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify(body),
      redirect: "error",
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    reply = await response.json();
  } catch (cause) {
    throw new LighthouseFault("unreachable", `no bridge answers at ${originOf(url)} (${whyOf(cause)})`, { cause });
  }
  if (response.ok) return reply;
  const refused = reply as Refusal | null;
  if (refused !== null && typeof refused === "object" && Object.hasOwn(refusalKinds, refused.code)) {
    throw new LighthouseRefusal(refused);
  }
  throw new LighthouseFault(
    response.status >= 500 ? "internal" : "protocol",
    `${originOf(url)} said ${response.status}`,
  );
};

const originOf = (url: string): string => new URL(url).origin;

/** `fetch` hides what happened behind "fetch failed". */
const whyOf = (error: unknown): string => {
  const { cause, message } = error as {
    readonly cause?: { readonly code?: string; readonly message?: string };
    readonly message: string;
  };
  return cause?.code ?? cause?.message ?? message;
};

/** Where a bridge's HTTP is: `ws://host:8765/ws` → `http://host:8765`. */
export const httpUrl = (url: string): string => url.replace(/^ws/, "http").replace(/\/ws$/, "").replace(/\/$/, "");
