import { Command } from "commander";
import { strict } from "./command.ts";
import { backupCommand, restoreCommand } from "./log/copy-commands.ts";
import { exportCommand } from "./log/export-command.ts";
import { proveCommand } from "./log/prove-command.ts";
import { verifyCommand } from "./log/verify-command.ts";

/** `lighthouse log verify | prove | export | backup | restore`: the log itself, on this machine's disk. */
export const logCommand = (): Command =>
  strict(new Command("log"))
    .description("Verify the log, prove an event, export, back up, restore. Works on the data folder.")
    .addCommand(verifyCommand())
    .addCommand(proveCommand())
    .addCommand(exportCommand())
    .addCommand(backupCommand())
    .addCommand(restoreCommand());
