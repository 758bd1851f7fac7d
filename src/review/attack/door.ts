import type { Scheduler } from "../../domain/world.ts";
import type { Redactor } from "./redact.ts";
import { send } from "./request.ts";

/** One request to the bridge, as an attack writes it down. */
export interface Call {
  /** POST when there is a body, else GET. */
  readonly method?: string;
  readonly path: string;
  /** Bearer credential. */
  readonly token?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON, or as it is when it is text or bytes. */
  readonly body?: unknown;
}

export interface Answered {
  /** 0: no reply. */
  readonly status: number;
  /** Of a refusal; else empty. */
  readonly code: string;
  readonly text: string;
  /** Undefined when the reply is not JSON. */
  readonly json: unknown;
  readonly header: (name: string) => string;
  readonly ms: number;
}

export interface DoorPorts {
  readonly url: () => string;
  readonly patienceMs: number;
  readonly scheduler: Scheduler;
  readonly monotonic: () => number;
  readonly signal: AbortSignal;
  readonly redactor: Redactor;
}

/** The bridge's HTTP door as an attacker uses it: every header and byte is its own choice. */
export const doorOf = ({ url, patienceMs, scheduler, monotonic, signal, redactor }: DoorPorts) => ({
  redactor,
  call: async (call: Call): Promise<Answered> => {
    const { method, headers, body } = written(call);
    const begun = monotonic();
    const reply = await send(
      { url: `${url()}${call.path}`, method, headers, ...(body === undefined ? {} : { body }) },
      patienceMs,
      scheduler,
      signal,
    );
    const json = parsed(reply.text);
    return {
      status: reply.status,
      code: reply.status >= 400 ? String((json as { readonly code?: unknown } | undefined)?.code ?? "") : "",
      text: reply.text,
      json,
      header: (name) => String(reply.headers[name] ?? ""),
      ms: monotonic() - begun,
    };
  },
});

export type Door = ReturnType<typeof doorOf>;

/** A call as it goes over the wire. */
export const written = ({ method, token, headers, body }: Call) => ({
  method: method ?? (body === undefined ? "GET" : "POST"),
  headers: {
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(body === undefined ? {} : { "content-type": "application/json" }),
    ...headers,
  },
  body: body === undefined || typeof body === "string" || body instanceof Uint8Array ? body : JSON.stringify(body),
});

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
