import type { Command } from "commander";

type Loads = Readonly<Record<string, () => Promise<Command>>>;

/**
 * Every subcommand by its name, under the headings and in the order of the help. Each is loaded only when it is called:
 * all of them together are 1,270 modules and 330 ms of a core, `ask` alone is 190 and 90.
 */
export const groups: Readonly<Record<string, Loads>> = {
  "Ask and answer:": {
    ask: async () => (await import("./ask-command.ts")).askCommand(),
    inbox: async () => (await import("./inbox-command.ts")).inboxCommand(),
    answer: async () => (await import("./answer-command.ts")).answerCommand(),
    cancel: async () => (await import("./cancel-command.ts")).cancelCommand(),
    receipt: async () => (await import("./receipt-command.ts")).receiptCommand(),
    verify: async () => (await import("./verify-command.ts")).verifyCommand(),
  },
  "Agents and their clients:": {
    agent: async () => (await import("./agent-command.ts")).agentCommand(),
    connect: async () => (await import("./connect-command.ts")).connectCommand(),
    ping: async () => (await import("./ping-command.ts")).pingCommand(),
    webhook: async () => (await import("./webhook-command.ts")).webhookCommand(),
    mcp: async () => (await import("./mcp-command.ts")).mcpCommand(),
    hook: async () => (await import("./hook-command.ts")).hookCommand(),
  },
  "A bridge:": {
    serve: async () => (await import("./serve-command.ts")).serveCommand(),
    doctor: async () => (await import("./doctor-command.ts")).doctorCommand(),
    watch: async () => (await import("./watch-command.ts")).watchCommand(),
    events: async () => (await import("./events-command.ts")).eventsCommand(),
    log: async () => (await import("./log-command.ts")).logCommand(),
    keys: async () => (await import("./keys-command.ts")).keysCommand(),
    bench: async () => (await import("./bench-command.ts")).benchCommand(),
  },
  "In production:": {
    monitoring: async () => (await import("./monitoring-command.ts")).monitoringCommand(),
    runbook: async () => (await import("./monitoring-command.ts")).runbookCommand(),
    mode: async () => (await import("./mode-command.ts")).modeCommand(),
    flag: async () => (await import("./flag-command.ts")).flagCommand(),
    arm: async () => (await import("./arm-command.ts")).armCommand(),
    mailbox: async () => (await import("./mailbox-command.ts")).mailboxCommand(),
    rollout: async () => (await import("./rollout-command.ts")).rolloutCommand(),
    rollback: async () => (await import("./rollback-command.ts")).rollbackCommand(),
  },
  "Is it ready?": {
    review: async () => (await import("./review-command.ts")).reviewCommand(),
    condition: async () => (await import("./condition-command.ts")).conditionCommand(),
    certificate: async () => (await import("./certificate-command.ts")).certificateCommand(),
    attack: async () => (await import("./attack-command.ts")).attackCommand(),
  },
};

export const commands: Loads = Object.assign({}, ...Object.values(groups));
