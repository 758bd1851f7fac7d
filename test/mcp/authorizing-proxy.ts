import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** Passes everything on as it is, and adds a credential: the conformance runner can send none of its own. */
export const authorizingProxy = async (
  target: string,
  token: string,
): Promise<{ readonly url: string; readonly close: () => void }> => {
  const server: Server = createServer((incoming, outgoing) => {
    const headers = { ...incoming.headers, authorization: `Bearer ${token}` };
    const passed = request(`${target}${incoming.url}`, { method: incoming.method ?? "GET", headers }, (reply) => {
      outgoing.writeHead(reply.statusCode ?? 502, reply.headers);
      reply.pipe(outgoing);
    });
    passed.on("error", () => outgoing.destroy());
    outgoing.on("close", () => passed.destroy());
    incoming.pipe(passed);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
};
