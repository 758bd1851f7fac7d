import { Command } from "commander";
import { serveCommand } from "./serve-command.ts";
import { version } from "./version.ts";

const program = new Command("lighthouse")
  .description("The coordination bridge for teams of AI agents.")
  .version(version)
  .showHelpAfterError("(try `lighthouse <command> --help`)")
  .addHelpText(
    "after",
    `
Start here:
  $ lighthouse serve                          run a bridge on this machine
  $ lighthouse agent add alice                register an agent; writes its credential to a file
  $ lighthouse ask bob "Ship it?" --as alice  ask a question and wait for the answer
  $ lighthouse doctor                         find out what is wrong, in words`,
  );

program.addCommand(serveCommand());

await program.parseAsync();
