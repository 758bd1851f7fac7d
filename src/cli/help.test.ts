import type { Command } from "commander";
import { expect, test } from "vitest";
import { agentCommand } from "./agent-command.ts";
import { answerCommand } from "./answer-command.ts";
import { armCommand } from "./arm-command.ts";
import { askCommand } from "./ask-command.ts";
import { benchCommand } from "./bench-command.ts";
import { cancelCommand } from "./cancel-command.ts";
import { certificateCommand } from "./certificate-command.ts";
import { conditionCommand } from "./condition-command.ts";
import { connectCommand } from "./connect-command.ts";
import { doctorCommand } from "./doctor-command.ts";
import { eventsCommand } from "./events-command.ts";
import { flagCommand } from "./flag-command.ts";
import { hookCommand } from "./hook-command.ts";
import { inboxCommand } from "./inbox-command.ts";
import { keysCommand } from "./keys-command.ts";
import { logCommand } from "./log-command.ts";
import { mcpCommand } from "./mcp-command.ts";
import { modeCommand } from "./mode-command.ts";
import { monitoringCommand, runbookCommand } from "./monitoring-command.ts";
import { pingCommand } from "./ping-command.ts";
import { receiptCommand } from "./receipt-command.ts";
import { reviewCommand } from "./review-command.ts";
import { rollbackCommand } from "./rollback-command.ts";
import { rolloutCommand } from "./rollout-command.ts";
import { verifyCommand } from "./verify-command.ts";
import { watchCommand } from "./watch-command.ts";
import { webhookCommand } from "./webhook-command.ts";

const all: readonly Command[] = [
  ...[agentCommand(), keysCommand(), askCommand(), inboxCommand(), answerCommand(), cancelCommand(), receiptCommand()],
  ...[watchCommand(), verifyCommand(), eventsCommand(), logCommand(), doctorCommand()],
  ...[connectCommand(), mcpCommand(), hookCommand(), pingCommand(), webhookCommand(), benchCommand()],
  ...[flagCommand(), armCommand(), modeCommand(), rolloutCommand(), rollbackCommand()],
  ...[certificateCommand(), conditionCommand(), reviewCommand()],
  ...[monitoringCommand(), runbookCommand()],
];

/** Commands that do something, by the words that call them. */
const leaves = (command: Command, words: string): readonly (readonly [string, Command])[] =>
  command.commands.length === 0
    ? [[words, command]]
    : command.commands.flatMap((each) => leaves(each, `${words} ${each.name()}`));

const helpOf = (command: Command): string => {
  let help = "";
  command.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
  return help;
};

test.each(all.flatMap((command) => leaves(command, command.name())))(
  "the help of %s teaches: what it does, `--json`, examples of itself, exit codes",
  (words, command) => {
    const help = helpOf(command);
    expect(command.description()).toMatch(/\.$/);
    expect(help).toContain("--json");
    expect(help).toContain(`  $ lighthouse ${words}`);
    expect(help).toContain("Exit codes:\n  0 ");
    expect(help).toContain("  130  Ctrl-C");
  },
);

test("no line of help that we wrote is wider than a terminal of 130 columns", () => {
  for (const [words, command] of all.flatMap((each) => leaves(each, each.name()))) {
    for (const line of helpOf(command).split("\n")) expect([words, line.length <= 130 || line]).toEqual([words, true]);
  }
});
