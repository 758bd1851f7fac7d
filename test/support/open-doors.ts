import type { AddressInfo } from "node:net";
import { serveWebSocket } from "../../src/bridge/transport/websocket.ts";
import { type HttpDoor, httpDoor } from "./http-door.ts";

export interface OpenDoors extends HttpDoor {
  readonly port: number;
  /** `http://127.0.0.1:…` */
  readonly url: string;
  /** `ws://127.0.0.1:…/ws` */
  readonly socketUrl: string;
  /** Stops listening and cuts every connection. */
  readonly shut: () => Promise<void>;
}

/** A test bridge that listens on a port of this machine, for HTTP and WebSocket. */
export const openDoors = async (options: Parameters<typeof httpDoor>[0] = {}): Promise<OpenDoors> => {
  const door = await httpDoor(options);
  let sessions = 0;
  const closeSockets = serveWebSocket(door.app.server, {
    bridge: door.bridge,
    scheduler: door.scheduler,
    newSession: () => `ws-${++sessions}`,
    onFault: door.onFault,
    ...options.http,
  });
  const url = await door.app.listen({ host: "127.0.0.1", port: 0 });
  const { port } = door.app.server.address() as AddressInfo;
  return {
    ...door,
    port,
    url,
    socketUrl: `ws://127.0.0.1:${port}/ws`,
    shut: async () => {
      closeSockets();
      door.app.server.closeAllConnections();
      await door.app.close();
    },
  };
};
