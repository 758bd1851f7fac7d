import type { Command } from "commander";
import type { JsonSchema } from "../schema/node.ts";
import { act, command } from "./command.ts";
import { type ConnectionOptions, connecting, withClient } from "./connection.ts";
import { inWords, parseDuration } from "./duration.ts";
import { showOutcome } from "./outcome-result.ts";
import { reachInWords } from "./reach.ts";
import { readJson } from "./read-json.ts";
import { realClock } from "./world.ts";

interface Options extends ConnectionOptions {
  readonly json?: boolean;
  readonly schema?: string;
  readonly timeout?: number;
  readonly wait: boolean;
  readonly key?: string;
  readonly causedBy?: string;
}

/** `lighthouse ask TO MESSAGE`: asks, and waits for the outcome. */
export const askCommand = (): Command =>
  connecting(
    command(
      "ask",
      "Ask an agent a question and wait for the answer. The question is on disk before anything is said.",
      {
        examples: `
        lighthouse ask bob "Ship it?"
        lighthouse ask bob "Which port?" --schema '{"type":"object","properties":{"port":{"type":"integer"}},"required":["port"]}'
        lighthouse ask dba "May I drop table x?" --as alice --timeout 2h --no-wait --json
        lighthouse ask ops "Restart?" --key restart-2026-01-05      # asks once, however often it is run`,
        endsWith: ["refused", "declined", "expired", "unreachable", "cancelled"],
      },
    ),
  )
    .argument("<to>", "the agent that is asked")
    .argument("<message>", "the question, in words")
    .option("--schema <json>", "JSON Schema of the answer: written out, a file, or - (default: any JSON)")
    .option("--timeout <duration>", "time until the deadline, as 90s, 5m, 2h (default: 5m)", parseDuration)
    .option("--no-wait", "print the id as soon as the question is on disk, and leave")
    .option("--key <key>", "idempotency key: the same key asks once")
    .option("--caused-by <id>", "the elicitation that led to this one")
    .action((to: string, message: string, options: Options) =>
      act(options, (doing) =>
        withClient(options, doing, async (client) => {
          const { terminal, signal } = doing;
          const { timeout: timeoutMs, key, causedBy } = options;
          const handle = await client.ask.start<JsonSchema | undefined>(
            {
              to,
              message,
              ...(options.schema === undefined ? {} : { schema: readJson(options.schema, "--schema") as JsonSchema }),
              ...(timeoutMs === undefined ? {} : { timeoutMs }),
              ...(key === undefined ? {} : { key }),
              ...(causedBy === undefined ? {} : { causedBy }),
            },
            { signal, onAbort: "leave" },
          );
          const { id, reach, deadline, repeated } = handle;
          const now = realClock.now();
          const asked = `asked ${to} (${reachInWords(reach, now)}), ${inWords(deadline - now)} to answer: ${id}`;
          if (!options.wait) {
            terminal.result({ id, reach, deadline, repeated }, () => id);
            terminal.note(asked);
            return "ok";
          }
          terminal.note(asked);
          signal.addEventListener("abort", () => terminal.note(stillOpen(id)));
          return showOutcome(terminal, await handle.outcome, to);
        }),
      ),
    );

const stillOpen = (id: string): string =>
  `\nThe question stays open. \`lighthouse receipt ${id} --wait\` waits on, \`lighthouse cancel ${id}\` takes it back.`;
