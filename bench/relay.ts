import { createServer } from "node:http";
import { type WebSocket, WebSocketServer } from "ws";

/**
 * The limit of this machine: forwards questions and answers between sockets, and nothing else. No disk, no signature,
 * no schema, no checks, no ids of its own. It speaks just enough of our protocol for the same load to run against it.
 */
const sockets = new Map<string, WebSocket>();
const askers = new Map<string, WebSocket>();
let ids = 0;

const server = createServer();
const wss = new WebSocketServer({ server, perMessageDeflate: false });
wss.on("connection", (socket, request) => {
  const name = String(request.headers["x-agent"]);
  sockets.set(name, socket);
  socket.on("message", (data) => {
    const m = JSON.parse(data.toString());
    if (m.method === "elicitations.ask") {
      const id = `el_${ids++}`;
      askers.set(id, socket);
      socket.send(JSON.stringify({ jsonrpc: "2.0", id: m.id, result: { id } }));
      const offer = { id, from: name, to: m.params.to, message: m.params.message, schema: m.params.schema };
      sockets.get(m.params.to)?.send(JSON.stringify({ jsonrpc: "2.0", method: "offer", params: { offer } }));
    } else if (m.method === "elicitations.answer") {
      const { id, answer } = m.params;
      askers
        .get(id)
        ?.send(
          JSON.stringify({ jsonrpc: "2.0", method: "ended", params: { elicitation: { id, content: answer.content } } }),
        );
      askers.delete(id);
      socket.send(JSON.stringify({ jsonrpc: "2.0", id: m.id, result: { id } }));
    } else {
      socket.send(JSON.stringify({ jsonrpc: "2.0", id: m.id, result: {} }));
    }
  });
});
server.listen(0, "127.0.0.1", () => process.send?.({ port: (server.address() as { port: number }).port }));
