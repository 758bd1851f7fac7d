import type { Principal } from "../../src/bridge/transport/operation.ts";
import { serveSession } from "../../src/bridge/transport/session.ts";
import type { Channel } from "../../src/domain/world.ts";
import { atRest } from "./manual-time.ts";
import type { TestBridge } from "./test-bridge.ts";

export interface WireMessage {
  readonly method?: string;
  readonly id?: number;
  readonly result?: Record<string, unknown>;
  readonly error?: object;
  readonly params?: Record<string, unknown> & { readonly _meta?: { readonly traceparent: string } };
}

/** A session over a wire whose `flushed` callbacks wait in `leaving` while it is held. */
export const wireSession = async (t: TestBridge, who: Principal, opening: object) => {
  const got: WireMessage[] = [];
  const leaving: ((error?: Error) => void)[] = [];
  let isHeld = false;
  const channel: Channel = {
    send: (text, flushed) => {
      got.push(JSON.parse(text));
      if (isHeld) leaving.push((error) => flushed?.(error));
      else flushed?.();
    },
    close: () => undefined,
    bufferedBytes: () => 0,
    onMessage: () => undefined,
    onClose: () => undefined,
  };
  serveSession(t.bridge, channel, who, `s-${who.agent}`, t.onFault);
  let id = 0;
  const call = async (method: string, params: object): Promise<void> => {
    channel.onMessage(JSON.stringify({ jsonrpc: "2.0", id: id++, method, params }));
    await atRest();
  };
  await call("session.open", opening);
  return {
    got,
    call,
    hold: () => {
      isHeld = true;
    },
    letGo: (error?: Error) => {
      for (const left of leaving.splice(0)) left(error);
    },
    pushed: (method: string) => got.findLast((message) => message.method === method)?.params,
  };
};
