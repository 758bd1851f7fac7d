import type { Command } from "commander";
import { act, command } from "./command.ts";
import { type ConnectionOptions, connecting, keptCredentialOf } from "./connection.ts";
import { Failure } from "./failure.ts";

/** `lighthouse mcp`: the same tools as at `/mcp`, over standard input and output, signing with the agent's own key. */
export const mcpCommand = (): Command =>
  connecting(
    command("mcp", "Serve an agent's tools to an MCP client over stdio. Clients start it; `connect` tells them to.", {
      examples: `
        lighthouse mcp --as alice
        LIGHTHOUSE_CREDENTIAL=./alice.json lighthouse mcp`,
    }),
  ).action((options: ConnectionOptions) =>
    act({}, async ({ signal }) => {
      if (options.as === undefined) {
        throw new Failure("usage", "Nobody is named.", {
          remedy:
            "Say `--as <agent>` or set LIGHTHOUSE_CREDENTIAL: a model should never act as the operator by default.",
        });
      }
      // The SDK takes 100 ms to load, which the other commands should not pay.
      const { serveMcpStdio } = await import("./mcp/stdio.ts");
      await serveMcpStdio(keptCredentialOf(options), signal);
      return "ok";
    }),
  );
