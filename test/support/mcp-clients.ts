import { Client as ClientV2, StreamableHTTPClientTransport as HttpV2 } from "@modelcontextprotocol/client";
import { StdioClientTransport as StdioV2 } from "@modelcontextprotocol/client/stdio";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport as StdioV1 } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport as HttpV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

/** Real MCP clients from npm, of both generations: the v2 client speaks 2026-07-28, the v1 SDK 2025-11-25. */
export const generations = ["2026-07-28", "2025-11-25"] as const;
export type Generation = (typeof generations)[number];

export interface ToolResult {
  readonly isError: boolean;
  /** All text that a model gets. */
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the tool's output schema says
  readonly value: any;
}

export interface McpClient {
  readonly generation: Generation;
  readonly client: ClientV1 | ClientV2;
  readonly tool: (name: string, input?: object) => Promise<ToolResult>;
  readonly close: () => Promise<void>;
}

type Way =
  | { readonly url: string; readonly headers?: Readonly<Record<string, string>> }
  | { readonly command: string; readonly args: readonly string[]; readonly env?: Readonly<Record<string, string>> };

const info = { name: "third-party", version: "1.0.0" };

export const mcpClient = async (generation: Generation, way: Way): Promise<McpClient> => {
  const client =
    generation === "2026-07-28" ? new ClientV2(info, { versionNegotiation: { mode: "auto" } }) : new ClientV1(info);
  if ("url" in way) {
    const Http = generation === "2026-07-28" ? HttpV2 : HttpV1;
    const transport = new Http(new URL(way.url), { requestInit: { headers: { ...way.headers } } });
    await client.connect(transport as never);
  } else {
    const Stdio = generation === "2026-07-28" ? StdioV2 : StdioV1;
    const options = { command: way.command, args: [...way.args], env: { ...way.env }, stderr: "pipe" as const };
    await client.connect(new Stdio(options) as never);
  }
  return {
    generation,
    client,
    tool: async (name, input = {}) => {
      const result = (await client.callTool({ name, arguments: { ...input } })) as {
        readonly isError?: boolean;
        readonly content: readonly { readonly type: string; readonly text?: string }[];
        readonly structuredContent?: unknown;
      };
      return {
        isError: result.isError === true,
        text: result.content.map(({ text = "" }) => text).join("\n"),
        value: result.structuredContent,
      };
    },
    close: () => client.close(),
  };
};
