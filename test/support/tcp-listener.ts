import { type AddressInfo, createServer, type Server, type Socket } from "node:net";

/** A real TCP server that keeps every line it gets, and that can be killed and started again on the same port. */
export const tcpListener = async (port = 0) => {
  const lines: string[] = [];
  const sockets = new Set<Socket>();
  let partial = "";
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    partial = "";
    socket.setEncoding("utf8");
    socket.on("data", (chunk: string) => {
      const parts = (partial + chunk).split("\n");
      partial = parts.pop() ?? "";
      lines.push(...parts);
    });
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => undefined);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    lines,
    port: (server.address() as AddressInfo).port,
    kill: (): Promise<void> =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.resetAndDestroy();
      }),
  };
};

/** Until `isTrue`, or 10 s. */
export const eventually = async (isTrue: () => boolean): Promise<void> => {
  for (let turn = 0; turn < 1_000 && !isTrue(); turn++) await new Promise((resolve) => setTimeout(resolve, 10));
  if (!isTrue()) throw new Error("it never became true");
};
