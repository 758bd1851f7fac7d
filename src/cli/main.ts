import { Command } from "commander";
import { agentCommand } from "./agent-command.ts";
import { answerCommand } from "./answer-command.ts";
import { armCommand } from "./arm-command.ts";
import { askCommand } from "./ask-command.ts";
import { attackCommand } from "./attack-command.ts";
import { benchCommand } from "./bench-command.ts";
import { cancelCommand } from "./cancel-command.ts";
import { certificateCommand } from "./certificate-command.ts";
import { strict } from "./command.ts";
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
import { serveCommand } from "./serve-command.ts";
import { verifyCommand } from "./verify-command.ts";
import { version } from "./version.ts";
import { watchCommand } from "./watch-command.ts";
import { webhookCommand } from "./webhook-command.ts";

const program = strict(new Command("lighthouse"))
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

program.addCommand(strict(serveCommand()));
program.addCommand(agentCommand());
program.addCommand(keysCommand());
program.addCommand(askCommand());
program.addCommand(inboxCommand());
program.addCommand(answerCommand());
program.addCommand(cancelCommand());
program.addCommand(receiptCommand());
program.addCommand(verifyCommand());
program.addCommand(watchCommand());
program.addCommand(pingCommand());
program.addCommand(webhookCommand());
program.addCommand(benchCommand());
program.addCommand(eventsCommand());
program.addCommand(connectCommand());
program.addCommand(mcpCommand());
program.addCommand(hookCommand());
program.addCommand(logCommand());
program.addCommand(flagCommand());
program.addCommand(armCommand());
program.addCommand(modeCommand());
program.addCommand(rolloutCommand());
program.addCommand(rollbackCommand());
program.addCommand(reviewCommand());
program.addCommand(monitoringCommand());
program.addCommand(runbookCommand());
program.addCommand(attackCommand());
program.addCommand(conditionCommand());
program.addCommand(certificateCommand());
program.addCommand(doctorCommand());

await program.parseAsync();
