import type { Channel, Net } from "../domain/world.ts";
import { LighthouseFault } from "./refusal.ts";
import { socketUrl } from "./socket-url.ts";

/**
 * Channels over the global `WebSocket`. A page can set no header, so the credential goes as the subprotocol
 * `bearer.<token>`: never into the URL, where logs would keep it. A page is not told why an upgrade was refused either,
 * so that a wrong credential and a missing bridge look the same from here.
 */
export const webNet: Net = {
  connect: (url, token, signal) =>
    new Promise((resolve, reject) => {
      const socket = new WebSocket(socketUrl(url), ["lighthouse.v1", `bearer.${token}`]);
      const fail = (): void => reject(new LighthouseFault("unreachable", `no bridge took the connection at ${url}`));
      const abort = (): void => {
        fail();
        socket.close();
      };
      signal?.addEventListener("abort", abort);
      socket.onclose = fail;
      socket.onopen = () => {
        signal?.removeEventListener("abort", abort);
        resolve(channelOf(socket));
      };
      if (signal?.aborted === true) abort();
    }),
};

const channelOf = (socket: WebSocket): Channel => {
  const channel: Channel = {
    // A page is not told when bytes have left, so `flushed` is never called; the client asks for it nowhere.
    send: (text) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(text);
    },
    close: (code, reason) => socket.close(code, reason),
    bufferedBytes: () => socket.bufferedAmount,
    onMessage: () => undefined,
    onClose: () => undefined,
  };
  socket.onmessage = ({ data }) => channel.onMessage(data as string);
  socket.onclose = ({ code, reason }) => channel.onClose(code, reason);
  return channel;
};
