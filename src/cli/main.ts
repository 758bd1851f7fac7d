import { Command } from "commander";
import { brief, strict } from "./command.ts";
import { commands, groups } from "./commands.ts";
import { version } from "./version.ts";

const program = strict(new Command("lighthouse"))
  .description("The coordination bridge for teams of AI agents.")
  .version(version)
  .addHelpText(
    "after",
    `
Start here:
  $ lighthouse serve                          run a bridge on this machine
  $ lighthouse agent add alice                register an agent; writes its credential to a file
  $ lighthouse ask bob "Ship it?" --as alice  ask a question and wait for the answer
  $ lighthouse doctor                         find out what is wrong, in words`,
  );

const called = process.argv[2] ?? "";
// The help, and a name that there is not, want all of them.
const isKnown = Object.hasOwn(commands, called);
for (const [heading, loads] of Object.entries(groups)) {
  program.commandsGroup(heading);
  for (const [name, load] of Object.entries(loads))
    if (!isKnown || name === called) program.addCommand(brief(await load()));
}

await program.parseAsync();
