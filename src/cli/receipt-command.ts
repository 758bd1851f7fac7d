import type { Command } from "commander";
import type { Receipt, ReceiptStep } from "../client/wire.ts";
import { act, command } from "./command.ts";
import { type ConnectionOptions, connecting, withClient } from "./connection.ts";
import { showOutcome } from "./outcome-result.ts";
import { printable, printableLine } from "./printable.ts";
import { reachInWords } from "./reach.ts";
import { realClock } from "./world.ts";

/** `lighthouse receipt ID`: what the bridge knows about a question's way. */
export const receiptCommand = (): Command =>
  connecting(
    command("receipt", "What the bridge knows about a question's way to its target, step by step, and how it ended.", {
      examples: `
        lighthouse receipt el_01ke5q86009dvk0thzvwqqcan9
        lighthouse receipt el_01ke5q86009dvk0thzvwqqcan9 --wait    # until it has ended`,
      endsWith: ["refused", "declined", "expired", "unreachable", "cancelled"],
    }),
  )
    .argument("<id>", "the elicitation")
    .option("--wait", "wait until it has ended; the exit code then says how")
    .action((id: string, options: ConnectionOptions & { readonly json?: boolean; readonly wait?: boolean }) =>
      act(options, (doing) =>
        withClient(options, doing, async (client) => {
          const { terminal, signal } = doing;
          const outcome = options.wait === true ? await client.wait(id, { signal }) : undefined;
          const [elicitation, receipt] = await Promise.all([client.get(id), client.receipt(id)]);
          const show = (): void =>
            terminal.result({ ...receipt, elicitation }, () => [
              `${id}: ${elicitation.from} asks ${elicitation.to}: ${printableLine(elicitation.message)}`,
              ...stepLines(receipt),
            ]);
          show();
          return outcome === undefined || terminal.json
            ? exitOf(outcome?.status)
            : showOutcome(terminal, outcome, elicitation.to);
        }),
      ),
    );

const exitOf = (status: "accepted" | "declined" | "cancelled" | "expired" | undefined) =>
  status === undefined || status === "accepted" ? "ok" : status;

const stepLines = ({ steps, reach }: Receipt): readonly string[] => [
  ...steps.map(
    (step) => `  ${new Date(step.at).toISOString()}  ${String(step.position).padStart(6)}  ${stepInWords(step)}`,
  ),
  ...(reach === undefined ? [] : [`  its target now: ${reachInWords(reach, realClock.now())}`]),
];

const stepInWords = ({ at: _, position: __, what, ...more }: ReceiptStep): string => {
  const details = Object.entries(more).map(([name, value]) =>
    name === "deadline" || name === "until" ? `${name} ${new Date(value as number).toISOString()}` : `${name} ${value}`,
  );
  return printable([what, ...details].join(", "));
};
