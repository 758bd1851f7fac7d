import { connect } from "node:net";
import type { Dial } from "../bridge/telemetry/lines/tcp.ts";

/** A real connection, for log lines. */
export const dialTcp =
  (host: string, port: number): Dial =>
  ({ open, close }) => {
    const socket = connect({ host, port, keepAlive: true });
    let error: Error | undefined;
    socket.once("connect", open);
    socket.on("error", (reason) => {
      error = reason;
    });
    socket.once("close", () => close(error));
    // Nothing is expected from the other side, but unread bytes would keep its end from being seen.
    socket.resume();
    // Neither the connection nor a wait for it keeps a process alive that is done.
    socket.unref();
    return { write: (text, done) => void socket.write(text, done), destroy: () => void socket.destroy() };
  };
