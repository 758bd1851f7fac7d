import { Command } from "commander";
import { diffCommand } from "./certificate/diff-command.ts";
import { showCommand } from "./certificate/show-command.ts";
import { verifyCommand } from "./certificate/verify-command.ts";
import { strict } from "./command.ts";

/** `lighthouse certificate verify | show | diff`. */
export const certificateCommand = (): Command =>
  strict(new Command("certificate"))
    .description("Check a readiness certificate, show it, compare two.")
    .addCommand(verifyCommand())
    .addCommand(showCommand())
    .addCommand(diffCommand());
