import { WebSocket } from "ws";
import { residentBytes, row, startBridge } from "./support.ts";

/** What an agent costs that is connected and waits: resident memory of the bridge, before and after, divided. */
const AGENTS = 2_000;

const bridge = await startBridge({ agents: AGENTS });
const settle = (): Promise<void> => new Promise((r) => setTimeout(r, 3_000));
await settle();
const before = residentBytes(bridge.pid);
const sockets = await Promise.all(
  bridge.agents.map(
    ({ token }) =>
      new Promise<WebSocket>((resolve, reject) => {
        const socket = new WebSocket(`${bridge.url.replace("http", "ws")}/ws`, {
          headers: { authorization: `Bearer ${token}` },
        });
        socket.once("error", reject);
        socket.once("open", () =>
          socket.send(
            JSON.stringify({ jsonrpc: "2.0", id: 1, method: "session.open", params: { inbox: true, outcomes: true } }),
          ),
        );
        socket.once("message", () => resolve(socket));
      }),
  ),
);
await settle();
const after = residentBytes(bridge.pid);
row("idle agents connected", AGENTS);
row("memory per idle agent", `${((after - before) / AGENTS / 1024).toFixed(1)} KB`);
for (const socket of sockets) socket.terminate();
await bridge.stop();
