import { Command } from "commander";
import type { ConditionView } from "../client/wire.ts";
import { act, command, strict } from "./command.ts";
import { type ConnectionOptions, connecting, withClient } from "./connection.ts";
import { inWords, parseDuration } from "./duration.ts";
import { printableLine } from "./printable.ts";
import { table } from "./table.ts";
import { realClock } from "./world.ts";

type Options = ConnectionOptions & { readonly json?: boolean };

/** `lighthouse condition list | ack | claim | waive`: what a review found wanting, and its mending. */
export const conditionCommand = (): Command =>
  strict(new Command("condition"))
    .description("What a review found wanting: see it, take it on, say that it is mended, waive it for a time.")
    .addCommand(list())
    .addCommand(ack())
    .addCommand(claim())
    .addCommand(waive());

const list = (): Command =>
  connecting(
    command("list", "Every condition that is not closed, with its owner, its day and where it stands.", {
      examples: `
        lighthouse condition list
        lighthouse condition list --all --json`,
      endsWith: ["refused", "unreachable"],
    }),
  )
    .option("--all", "closed ones too")
    .action((options: Options & { readonly all?: boolean }) =>
      act(options, (doing) =>
        withClient(options, doing, async (client) => {
          const { all = false } = options;
          const { conditions } = await client.operate<{ readonly conditions: readonly ConditionView[] }>(
            "conditions.list",
            { all },
          );
          doing.terminal.result({ conditions }, () =>
            conditions.length === 0
              ? "No condition is open."
              : table(["ID", "CHECK", "SEVERITY", "STANDING", "OWNER", "DUE", "WHAT"], conditions.map(rowOf)),
          );
          return "ok";
        }),
      ),
    );

const rowOf = ({ id, check, severity, standing, owner = "-", due, what }: ConditionView): readonly string[] => [
  ...[id, check, severity, standing, owner],
  standing === "closed" ? "-" : fromNow(due),
  printableLine(what, 60),
];

const fromNow = (at: number): string => {
  const left = at - realClock.now();
  return left < 0 ? `${inWords(-left)} ago` : `in ${inWords(left)}`;
};

const ack = (): Command =>
  acting("ack", "Take a condition on: you are its owner, and say by when.", {
    examples: `lighthouse condition ack co_… --within 3d --as olga`,
  })
    .requiredOption("--within <time>", "by when you will have mended it: 8h, 3d", parseDuration)
    .action((id: string, options: Options & { readonly within: number }) =>
      change(options, "conditions.acknowledge", { id, due: realClock.now() + options.within }),
    );

const claim = (): Command =>
  acting("claim", "Say that a condition is mended. It closes when somebody else has run its check again.", {
    examples: `lighthouse condition claim co_… --note "the route to PagerDuty is set" --as olga`,
  })
    .option("--note <words>", "why that can be believed", "")
    .option("--evidence <text...>", "SHA-256 digests or links", [])
    .action((id: string, options: Options & { readonly note: string; readonly evidence: readonly string[] }) =>
      change(options, "conditions.claim", { id, note: options.note, evidence: options.evidence }),
    );

const waive = (): Command =>
  acting("waive", "Let a condition be for a time, at most a fortnight. Never a blocker, never your own.", {
    examples: `lighthouse condition waive co_… --for 7d --reason "the vendor mends it on Monday"`,
  })
    .requiredOption("--for <time>", "how long: 12h, 7d", parseDuration)
    .requiredOption("--reason <words>", "why; it is recorded, and in every certificate until then")
    .action((id: string, options: Options & { readonly for: number; readonly reason: string }) =>
      change(options, "conditions.waive", { id, until: realClock.now() + options.for, reason: options.reason }),
    );

const acting = (name: string, description: string, more: { readonly examples: string }): Command =>
  connecting(command(name, description, { ...more, endsWith: ["refused", "unreachable"] })).argument(
    "<id>",
    "the condition, as `condition list` shows it",
  );

const change = (options: Options, operation: string, input: object): Promise<void> =>
  act(options, (doing) =>
    withClient(options, doing, async (client) => {
      const condition = await client.operate<ConditionView>(operation, input);
      const { id, standing, check, due } = condition;
      doing.terminal.result(condition, () => `${id} (${check}) is ${standing}, due ${fromNow(due)}.`);
      return "ok";
    }),
  );
