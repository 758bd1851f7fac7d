import type { Channel } from "../../src/domain/world.ts";

/** What a session says: a reply to a request, or a push. */
export interface Message {
  readonly id?: number | string | null;
  readonly result?: unknown;
  readonly error?: {
    readonly code: number;
    readonly message: string;
    readonly data?: { readonly code: string; readonly problems?: readonly { readonly pointer: string }[] };
  };
  readonly method?: string;
  readonly params?: { readonly [member: string]: unknown };
}

/** The other end of a session's channel, in memory and in the hands of a test. */
export interface Peer {
  /** Give this to `serveSession`. */
  readonly channel: Channel;
  /** Everything that has arrived here, oldest first. */
  readonly received: readonly Message[];
  readonly pushes: (method: string) => readonly Record<string, unknown>[];
  /** Sends a request and resolves with its reply. */
  readonly request: (method: string, params?: unknown) => Promise<Message>;
  readonly sendText: (text: string) => void;
  /** Stops reading: what is sent stays in the channel's buffer, and nothing of it is flushed. */
  readonly stall: () => void;
  /** Takes what has piled up and reads on. */
  readonly read: () => void;
  /** Pulls the plug: what has not arrived never does. */
  readonly cut: () => void;
  /** How the bridge closed the channel, once it has. */
  readonly closed: () => { readonly code: number; readonly reason: string } | undefined;
}

export const peer = (): Peer => {
  const received: Message[] = [];
  const replies = new Map<number, (message: Message) => void>();
  const buffer: { readonly text: string; readonly flushed: ((error?: Error) => void) | undefined }[] = [];
  let isStalled = false;
  let isCut = false;
  let buffered = 0;
  let closed: { code: number; reason: string } | undefined;
  let requests = 0;

  const arrive = (text: string): void => {
    const message = JSON.parse(text) as Message;
    received.push(message);
    if (typeof message.id === "number") replies.get(message.id)?.(message);
  };
  const drain = (): void => {
    while (!isStalled && !isCut) {
      const next = buffer.shift();
      if (next === undefined) return;
      buffered -= next.text.length;
      arrive(next.text);
      next.flushed?.();
    }
  };

  const channel: Channel = {
    send: (text, flushed) => {
      if (isCut) return flushed?.(new Error("cut"));
      buffer.push({ text, flushed });
      buffered += text.length;
      queueMicrotask(drain);
    },
    close: (code, reason) => {
      closed ??= { code, reason };
    },
    bufferedBytes: () => buffered,
    onMessage: () => undefined,
    onClose: () => undefined,
  };

  return {
    channel,
    received,
    pushes: (method) => received.filter((message) => message.method === method).map((message) => message.params ?? {}),
    request: (method, params) => {
      const id = ++requests;
      const reply = new Promise<Message>((resolve) => replies.set(id, resolve));
      channel.onMessage(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
      return reply;
    },
    sendText: (text) => channel.onMessage(text),
    stall: () => {
      isStalled = true;
    },
    read: () => {
      isStalled = false;
      drain();
    },
    cut: () => {
      isCut = true;
      for (const { flushed } of buffer.splice(0)) flushed?.(new Error("cut"));
      channel.onClose(1006, "");
    },
    closed: () => closed,
  };
};
