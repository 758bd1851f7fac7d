import { createParser } from "eventsource-parser";

interface StreamFrame {
  readonly event: string;
  readonly id: string | undefined;
  readonly data: Record<string, unknown>;
}

export interface EventStream {
  readonly status: number;
  /** Every frame so far. */
  readonly frames: readonly StreamFrame[];
  readonly comments: readonly string[];
  /** The newest id: what a reader would resume from. */
  readonly lastId: () => string | undefined;
  readonly of: (event: string) => readonly Record<string, unknown>[];
  /** Whether the bridge ended it, or its connection broke. */
  readonly isOver: () => boolean;
  readonly close: () => void;
}

/** Reads server-sent events as a browser would, by a public parser. */
export const openEventStream = async (url: string, headers: Readonly<Record<string, string>>): Promise<EventStream> => {
  const stop = new AbortController();
  const response = await fetch(url, { headers, signal: stop.signal });
  const frames: StreamFrame[] = [];
  const comments: string[] = [];
  let lastId: string | undefined;
  let isOver = false;
  const parser = createParser({
    onEvent: ({ event = "message", id, data }) => {
      frames.push({ event, id, data: JSON.parse(data) as Record<string, unknown> });
      if (id !== undefined) lastId = id;
    },
    onComment: (comment) => comments.push(comment),
    onError: (error) => {
      throw error;
    },
  });
  const read = async (): Promise<void> => {
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) parser.feed(decoder.decode(chunk as Uint8Array, { stream: true }));
  };
  read()
    .catch(() => undefined)
    .finally(() => {
      isOver = true;
    });
  return {
    status: response.status,
    frames,
    comments,
    lastId: () => lastId,
    of: (event) => frames.filter((frame) => frame.event === event).map(({ data }) => data),
    isOver: () => isOver,
    close: () => stop.abort(),
  };
};
