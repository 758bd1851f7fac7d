import { Writable } from "node:stream";
import { StdioServerTransport, serveStdio } from "@modelcontextprotocol/server/stdio";
import { mcpServer } from "../../bridge/transport/mcp/server.ts";
import { connect, type Lighthouse } from "../../client/index.ts";
import type { KeptCredential } from "../connection.ts";
import { version } from "../version.ts";
import { clientDesk } from "./client-desk.ts";

/**
 * Serves until the MCP client closes its end. The bridge need not be there yet, and may go and come back: its absence
 * is an answer to a tool call and never the end of this process. Standard output carries the protocol and nothing else.
 */
export const serveMcpStdio = async (kept: KeptCredential, signal: AbortSignal): Promise<void> => {
  const { credential } = kept;
  const say = (text: string): void => void process.stderr.write(`lighthouse mcp: ${text}\n`);
  const client = connect({
    ...kept,
    patient: true,
    onKeyTrouble: (error) => say(`the keys are due and were not changed: ${(error as Error).message}`),
    onStatus: (status) => {
      if (status.state === "connected") say(`connected to ${credential.url} as ${credential.agent}`);
      else if (status.state === "reconnecting") say(`no connection (${status.why}); trying again`);
      else say(`the connection is over: ${status.why}`);
    },
  });
  // A credential that is refused is told by the tool calls that need it.
  client.catch(() => undefined);

  const handed = new Map<string | number, readonly string[]>();
  const left = (id: string | number): void => {
    const ids = handed.get(id);
    if (ids === undefined) return;
    handed.delete(id);
    report(client, ids).catch((error: Error) => say(`an offer could not be reported: ${error.message}`));
  };
  const over = new Promise<void>((resolve) => {
    process.stdin.once("end", resolve).once("close", resolve);
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
  const server = serveStdio(
    () =>
      mcpServer({
        version,
        deskFor: ({ id }) =>
          clientDesk(client, credential, (ids) => handed.set(id, [...(handed.get(id) ?? []), ...ids])),
        onFault: (fault) => say(fault instanceof Error ? (fault.stack ?? fault.message) : String(fault)),
      }),
    {
      transport: new StdioServerTransport(process.stdin, tellingWhatLeft(left)),
      onerror: (error) => say(error.message),
    },
  );
  await over;
  await server.close();
  (await Promise.race([client, Promise.resolve(undefined)]).catch(() => undefined))?.close();
  // A client that still looks for its bridge has timers that keep a process alive.
  setImmediate(() => process.exit());
};

/** Standard output that tells which reply's bytes have been taken by the reader's pipe. */
const tellingWhatLeft = (left: (id: string | number) => void): Writable =>
  new Writable({
    decodeStrings: false,
    write: (chunk: string | Buffer, _encoding, done) => {
      process.stdout.write(chunk, (error) => {
        done(error);
        if (error !== undefined && error !== null) return;
        for (const line of String(chunk).split("\n")) {
          const { id, result } = (line === "" ? {} : JSON.parse(line)) as Line;
          if (id !== undefined && result !== undefined) left(id);
        }
      });
    },
  });

interface Line {
  readonly id?: string | number;
  readonly result?: unknown;
}

const report = async (client: Promise<Lighthouse>, ids: readonly string[]): Promise<void> => {
  await (await client).operate("inbox.handed", { ids: [...new Set(ids)], via: "mcp" });
};
