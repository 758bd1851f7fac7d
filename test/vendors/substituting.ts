import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

/** What a server lacks of an index template: taken out of it on its way there, and put back into answers that show it. */
export interface Substitution {
  readonly there: (template: string) => string;
  readonly back: (answer: string) => string;
}

/** A door in front of a server that passes everything through, and index templates with a substitution. */
export interface Substituting {
  readonly url: string;
  /** Whether it passes anything through; shut, it hangs up, as a server that is away does. */
  readonly open: (isOpen: boolean) => void;
  readonly close: () => Promise<void>;
}

export const substituting = async (to: string, { there, back }: Substitution): Promise<Substituting> => {
  let isOpen = true;
  const server = createServer(async (request, response) => {
    if (!isOpen) return request.socket.destroy();
    const text = await bodyOf(request);
    const isTemplate = request.url?.startsWith("/_index_template/") === true && request.method === "PUT";
    const answer = await fetch(`${to}${request.url}`, {
      method: request.method ?? "GET",
      headers: { "content-type": request.headers["content-type"] ?? "application/json" },
      ...(text.length === 0 ? {} : { body: isTemplate ? there(text.toString("utf8")) : new Uint8Array(text) }),
    });
    response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "application/json" });
    return response.end(back(await answer.text()));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    open: (next) => {
      isOpen = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

const bodyOf = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
};
