import { type Command, InvalidArgumentError } from "commander";
import type { Lighthouse, Reach } from "../client/index.ts";
import { act, command } from "./command.ts";
import { type ConnectionOptions, connecting, withClient } from "./connection.ts";
import type { Exit } from "./exit.ts";
import { printableLine } from "./printable.ts";
import type { Terminal } from "./terminal.ts";
import { realScheduler } from "./world.ts";

interface Options extends ConnectionOptions {
  readonly json?: boolean;
  readonly every?: number;
}

/** `lighthouse ping NAME`: whether an agent can be reached, measured and not inferred. */
export const pingCommand = (): Command =>
  connecting(
    command(
      "ping",
      "Send a canary to an agent and wait for its answer: down its connection, or to its webhook. What came of it is on record.",
      {
        examples: `
        lighthouse ping bob
        lighthouse ping bob --every 60 --json      # until Ctrl-C, one line each`,
        endsWith: ["refused", "unreachable"],
      },
    ),
  )
    .argument("<agent>", "whom")
    .option("--every <seconds>", "again and again, so long apart", parseSeconds)
    .action((agent: string, options: Options) =>
      act(options, (doing) =>
        withClient(options, doing, async (client) => {
          const { terminal, signal } = doing;
          let exit = await pinged(client, agent, terminal);
          while (options.every !== undefined && !signal.aborted) {
            await pause(options.every * 1_000, signal);
            if (!signal.aborted) exit = await pinged(client, agent, terminal);
          }
          return exit;
        }),
      ),
    );

const pinged = async (client: Lighthouse, name: string, terminal: Terminal): Promise<Exit> => {
  const { agent, reach } = await client.operate<{ readonly agent: string; readonly reach: Reach }>("agents.ping", {
    name,
  });
  terminal.result({ agent, reach }, () => pingLines(agent, reach));
  return reach.ping?.ok === true ? "ok" : "unreachable";
};

/** What a ping found, and what was known before. */
export const pingLines = (agent: string, { ping, proof, class: by }: Reach): readonly string[] => [
  ...(ping === undefined
    ? []
    : [
        ping.ok
          ? `${agent} ${printableLine(ping.says)} (${ping.via}, ${ping.tookMs} ms)`
          : `${agent} was not reached: ${printableLine(ping.says)}`,
      ]),
  `class ${by ?? "none"}; ${proofInWords(proof)}`,
];

const proofInWords = (proof: Reach["proof"]): string => {
  if (proof === undefined) return "no question was ever offered to it";
  const heard =
    proof.heardAt === null ? "it has reacted to none" : `it last reacted ${new Date(proof.heardAt).toISOString()}`;
  return `a question last left for it via ${proof.via} at ${new Date(proof.offeredAt).toISOString()}, ${heard}`;
};

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const cancel = realScheduler.after(ms, resolve);
    signal.addEventListener(
      "abort",
      () => {
        cancel();
        resolve();
      },
      { once: true },
    );
  });

const parseSeconds = (text: string): number => {
  const seconds = Number(text);
  if (!Number.isInteger(seconds) || seconds < 1)
    throw new InvalidArgumentError("A whole number of seconds, at least 1.");
  return seconds;
};
