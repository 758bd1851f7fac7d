import { Command } from "commander";
import { strict } from "./command.ts";
import { keysCommand } from "./review/keys-command.ts";
import { listCommand } from "./review/list-command.ts";
import { policyCommand } from "./review/policy-command.ts";
import { runCommand } from "./review/run-command.ts";
import { showCommand } from "./review/show-command.ts";
import { trustCommand } from "./review/trust-command.ts";

/** `lighthouse review …`: probes a running bridge, asks the reviewers, and writes a certificate that anybody can check. */
export const reviewCommand = (): Command =>
  strict(new Command("review"))
    .description("Find out whether a running bridge is ready, and write a certificate that others can check again.")
    .addCommand(runCommand())
    .addCommand(policyCommand())
    .addCommand(trustCommand())
    .addCommand(keysCommand())
    .addCommand(listCommand())
    .addCommand(showCommand());
