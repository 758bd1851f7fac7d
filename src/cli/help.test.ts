import type { Command } from "commander";
import { expect, test } from "vitest";
import { commands } from "./commands.ts";

const all = await Promise.all(Object.values(commands).map((load) => load()));

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
