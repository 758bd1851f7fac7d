import { type ClientOptions, WebSocket } from "ws";
import { refusal } from "../domain/refusal.ts";
import type { Channel, Net } from "../domain/world.ts";
import { LighthouseFault, LighthouseRefusal } from "./refusal.ts";
import { socketUrl } from "./socket-url.ts";

/** Largest message taken from a bridge, in bytes: sixteen times what the bridge takes from anybody. */
const RECEIVED_BYTES_MAX = 16_777_216;

/** How long a bridge has to answer a close frame; `ws` would keep the process alive 30 s for one that is gone. */
const CLOSE_TIMEOUT_MS = 2_000;

/** Channels over the package `ws`: the credential goes in the Authorization header, and a refused upgrade says why. */
export const nodeNet: Net = {
  connect: (url, token, signal) =>
    new Promise((resolve, reject) => {
      // `@types/ws` does not know `closeTimeout` yet.
      const options: ClientOptions & { readonly closeTimeout: number } = {
        headers: { authorization: `Bearer ${token}` },
        perMessageDeflate: false,
        maxPayload: RECEIVED_BYTES_MAX,
        closeTimeout: CLOSE_TIMEOUT_MS,
      };
      const socket = new WebSocket(socketUrl(url), "lighthouse.v1", options);
      const abort = (): void => socket.terminate();
      signal?.addEventListener("abort", abort);
      socket.once("unexpected-response", (request, response) => {
        request.destroy();
        reject(whyRefused(url, response.statusCode ?? 0));
      });
      // Stays for the life of the socket: `ws` follows every error with a close, which is what is listened to.
      socket.on("error", (error) => {
        const code = (error as NodeJS.ErrnoException).code ?? error.message;
        reject(new LighthouseFault("unreachable", `no bridge answers at ${url} (${code})`, { cause: error }));
      });
      socket.once("open", () => {
        signal?.removeEventListener("abort", abort);
        resolve(channelOf(socket));
      });
      if (signal?.aborted === true) abort();
    }),
};

const whyRefused = (url: string, status: number): Error => {
  if (status === 401) return new LighthouseRefusal(refusal("unauthenticated", `${url} does not know this credential.`));
  return new LighthouseFault("unreachable", `${url} answered ${status} instead of opening a WebSocket`);
};

const channelOf = (socket: WebSocket): Channel => {
  let gone: { readonly code: number; readonly reason: string } | undefined;
  let told: Channel["onClose"] = () => undefined;
  socket.once("close", (code, reason) => {
    gone = { code, reason: reason.toString() };
    told(code, gone.reason);
  });
  const channel: Channel = {
    // `ws` reports success with null, whatever its types say.
    send: (text, flushed) => socket.send(text, flushed === undefined ? ignore : (error) => flushed(error ?? undefined)),
    close: (code, reason) => socket.close(code, reason),
    bufferedBytes: () => socket.bufferedAmount,
    onMessage: () => undefined,
    get onClose() {
      return told;
    },
    // The bridge may end a connection before anybody has had the time to listen.
    set onClose(listener) {
      told = listener;
      if (gone !== undefined) listener(gone.code, gone.reason);
    },
  };
  socket.on("message", (data) => channel.onMessage(data.toString()));
  return channel;
};

/** A send that fails is followed by a close, and what was in flight goes out again. */
const ignore = (): void => undefined;
