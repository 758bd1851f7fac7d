import type { Outcome } from "../client/outcome.ts";
import type { Exit } from "./exit.ts";
import { printable } from "./printable.ts";
import type { Terminal } from "./terminal.ts";

/** Shows how an elicitation ended, and gives the exit that a script can tell it by. An accepted content alone is stdout. */
export const showOutcome = (terminal: Terminal, outcome: Outcome, who: string): Exit => {
  const say = (lines: string): void => terminal.result(outcome, () => lines);
  switch (outcome.status) {
    case "accepted":
      terminal.note(`${who} accepts:`);
      say(printable(JSON.stringify(outcome.content, null, 2)));
      return "ok";
    case "declined":
      say(`${who} declines: ${printable(outcome.reason)}`);
      return "declined";
    case "cancelled":
      say(`taken back: ${printable(outcome.reason)}`);
      return "cancelled";
    case "expired":
      say(`nobody answered before the deadline (${new Date(outcome.deadline).toISOString()})`);
      return "expired";
  }
};
