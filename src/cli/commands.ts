import type { Command } from "commander";
import { strict } from "./command.ts";

/**
 * Every subcommand by its name, in the order of the help. Each is loaded only when it is called: all of them together
 * are 1,270 modules and 330 ms of a core, `ask` alone is 190 and 90.
 */
export const commands: Readonly<Record<string, () => Promise<Command>>> = {
  serve: async () => strict((await import("./serve-command.ts")).serveCommand()),
  agent: async () => (await import("./agent-command.ts")).agentCommand(),
  keys: async () => (await import("./keys-command.ts")).keysCommand(),
  ask: async () => (await import("./ask-command.ts")).askCommand(),
  inbox: async () => (await import("./inbox-command.ts")).inboxCommand(),
  answer: async () => (await import("./answer-command.ts")).answerCommand(),
  cancel: async () => (await import("./cancel-command.ts")).cancelCommand(),
  receipt: async () => (await import("./receipt-command.ts")).receiptCommand(),
  verify: async () => (await import("./verify-command.ts")).verifyCommand(),
  watch: async () => (await import("./watch-command.ts")).watchCommand(),
  ping: async () => (await import("./ping-command.ts")).pingCommand(),
  webhook: async () => (await import("./webhook-command.ts")).webhookCommand(),
  bench: async () => (await import("./bench-command.ts")).benchCommand(),
  events: async () => (await import("./events-command.ts")).eventsCommand(),
  connect: async () => (await import("./connect-command.ts")).connectCommand(),
  mcp: async () => (await import("./mcp-command.ts")).mcpCommand(),
  hook: async () => (await import("./hook-command.ts")).hookCommand(),
  log: async () => (await import("./log-command.ts")).logCommand(),
  flag: async () => (await import("./flag-command.ts")).flagCommand(),
  arm: async () => (await import("./arm-command.ts")).armCommand(),
  mode: async () => (await import("./mode-command.ts")).modeCommand(),
  rollout: async () => (await import("./rollout-command.ts")).rolloutCommand(),
  rollback: async () => (await import("./rollback-command.ts")).rollbackCommand(),
  review: async () => (await import("./review-command.ts")).reviewCommand(),
  monitoring: async () => (await import("./monitoring-command.ts")).monitoringCommand(),
  runbook: async () => (await import("./monitoring-command.ts")).runbookCommand(),
  attack: async () => (await import("./attack-command.ts")).attackCommand(),
  condition: async () => (await import("./condition-command.ts")).conditionCommand(),
  certificate: async () => (await import("./certificate-command.ts")).certificateCommand(),
  doctor: async () => (await import("./doctor-command.ts")).doctorCommand(),
};
