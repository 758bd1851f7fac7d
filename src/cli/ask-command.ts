import type { Command } from "commander";
import type { InquireParams } from "../client/index.ts";
import type { JsonSchema } from "../schema/node.ts";
import { act, command } from "./command.ts";
import { type ConnectionOptions, connecting, withClient } from "./connection.ts";
import { inWords, parseDuration } from "./duration.ts";
import { Failure } from "./failure.ts";
import { inquire, parseQuorum, type Quorum } from "./inquire.ts";
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
  readonly requireEd25519?: true;
  readonly expertise?: string;
  readonly quorum?: Quorum;
  readonly fallback?: string;
  readonly hedge?: number;
  readonly attempt?: number;
  readonly default?: string;
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
        lighthouse ask ops "Restart?" --key restart-2026-01-05      # asks once, however often it is run
        lighthouse ask eve "Sign off release 1.4?" --require-ed25519   # \`lighthouse verify\` proves the answer to anybody
        lighthouse ask --expertise sql --quorum 2/3 --fallback dba "Which index?"
        lighthouse ask bob,carol,dave "Ship it?" --quorum majority --hedge 30s --default '{"ship":false}'`,
        endsWith: ["refused", "declined", "expired", "unreachable", "cancelled"],
      },
    ),
  )
    .argument("<to>", "the agent that is asked, or several with commas; left out with --expertise")
    .argument("[message]", "the question, in words")
    .option("--expertise <word>", "ask whoever knows about this, best first, instead of naming somebody")
    .option(
      "--quorum <n>",
      "when there is enough: 2, 2/3 (the first 2 of 3 asked at once), majority or all",
      parseQuorum,
    )
    .option("--fallback <agent>", "ask this one when everybody else has declined or let it pass")
    .option("--hedge <duration>", "ask one more when nobody has answered for so long", parseDuration)
    .option(
      "--attempt <duration>",
      "how long one agent may take before the next is asked (default: 60s)",
      parseDuration,
    )
    .option("--default <json>", "what to assume when there is no agreement")
    .option("--schema <json>", "JSON Schema of the answer: written out, a file, or - (default: any JSON)")
    .option("--timeout <duration>", "time until the deadline, as 90s, 5m, 2h (default: 5m)", parseDuration)
    .option("--no-wait", "print the id as soon as the question is on disk, and leave")
    .option("--key <key>", "idempotency key: the same key asks once")
    .option("--caused-by <id>", "the elicitation that led to this one")
    .option(
      "--require-ed25519",
      "take no answer that the agent's own key has not signed, so that it can be proven to others",
    )
    .action((first: string, second: string | undefined, options: Options) =>
      act(options, (doing) =>
        withClient(options, doing, async (client) => {
          const { terminal, signal } = doing;
          const { to, message, several } = addressed(first, second, options);
          if (several !== undefined) return inquire(client, { ...several, message }, options, doing);
          const { timeout: timeoutMs, key, causedBy } = options;
          const handle = await client.ask.start<JsonSchema | undefined>(
            {
              to,
              message,
              ...(options.schema === undefined ? {} : { schema: readJson(options.schema, "--schema") as JsonSchema }),
              ...(timeoutMs === undefined ? {} : { timeoutMs }),
              ...(key === undefined ? {} : { key }),
              ...(causedBy === undefined ? {} : { causedBy }),
              ...(options.requireEd25519 === true ? { requireEd25519: true } : {}),
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

/** Whom it is for: one agent, or several, which makes it an inquiry. */
const addressed = (
  first: string,
  second: string | undefined,
  options: Options,
): { readonly to: string; readonly message: string; readonly several?: Pick<InquireParams, "to" | "expertise"> } => {
  const { expertise } = options;
  if (expertise !== undefined) {
    if (second !== undefined) {
      throw new Failure("usage", "Somebody is named, and so is an expertise.", {
        remedy: "Give names or --expertise, not both; --fallback names the one who is asked last.",
      });
    }
    return { to: "", message: first, several: { expertise } };
  }
  if (second === undefined) {
    throw new Failure("usage", "Nobody is named, or nothing is asked.", {
      remedy: '`lighthouse ask bob "Ship it?"`, or `lighthouse ask --expertise sql "Which index?"`.',
    });
  }
  const to = first.split(",").filter((name) => name !== "");
  const isInquiry = to.length > 1 || inquiryOptions.some((name) => options[name] !== undefined);
  return { to: first, message: second, ...(isInquiry ? { several: { to } } : {}) };
};

const inquiryOptions = ["quorum", "fallback", "hedge", "attempt", "default"] as const;

const stillOpen = (id: string): string =>
  `\nThe question stays open. \`lighthouse receipt ${id} --wait\` waits on, \`lighthouse cancel ${id}\` takes it back.`;
