import type { Runbook, Step } from "./runbook.ts";
import { ask, backup, events, nothing, verifyLog } from "./steps.ts";

const violations: readonly Step[] = [
  ask(
    "What kinds, in the last quarter of an hour.",
    "sum by (type, severity) (increase(security_violations_total[15m])) > 0",
  ),
  events("Who, when, and about which question.", "security.violation"),
];

const revoke: Step = {
  say: "Revoke the agent, when it is one and it is not yours: its credential stops working and its connections end, at once.",
  run: 'lighthouse agent revoke "$AGENT"',
};

export const securityRunbooks: Readonly<Record<string, Runbook>> = {
  SecurityViolationCritical: {
    meaning:
      "Somebody answered a question that was not theirs, sent an answer a second time, or sent one whose signature does not fit. It was refused and recorded.",
    impact: "Nothing was let through. But somebody holds a credential or is on the line who should not be.",
    diagnosis: [
      ...violations,
      {
        say: "All that this agent did, in order.",
        run: 'lighthouse events query --newest --limit 50 --agent "$AGENT"',
      },
      {
        say: "Tell a fault from an attack: one agent, one kind, since its last deployment is a fault; several kinds, or an agent nobody started, is not.",
      },
    ],
    mitigation: [
      revoke,
      {
        say: "`replay_attack`: the bridge remembers every ended question; see that the log verifies.",
        run: "lighthouse log verify",
      },
      { say: "`invalid_signature`: the agent's key is not the registered one. Revoke it and register it anew." },
      { say: "`unauthorized_response`: somebody knows ids of questions that are not theirs. Find out from where." },
      {
        say: "Anything got through: it is an incident. Roll back, keep a backup of the log, and write down what is known.",
        run: 'lighthouse log backup "$BACKUP_FILE"',
      },
    ],
    rollback:
      "If something got through that should not have, whatever the cause: [EmergencyRollback](EmergencyRollback.md).",
  },
  SecurityViolationHigh: {
    meaning:
      "A call was refused that no well-behaved agent makes: a session that is not its own, a revoked key, a cancel of a stranger's question.",
    impact: "Nothing was let through.",
    diagnosis: violations,
    mitigation: [{ say: "An agent that was replaced and still runs with its old key: stop it." }, revoke],
    rollback: nothing,
  },
  AuthenticationFailuresHigh: {
    meaning: "Credentials that are unknown, expired or malformed arrive faster than mistakes do.",
    impact: "Nothing was let through. The bridge spends time on refusing.",
    diagnosis: [
      ask("How many a minute.", '60 * sum(rate(security_violations_total{type="authentication"}[5m]))'),
      events("From whom, as far as they said.", "security.violation"),
    ],
    mitigation: [
      { say: "An agent of yours with an old credential: give it a new one (`lighthouse agent add`)." },
      { say: "Nobody of yours: close the way in from that network." },
    ],
    rollback: nothing,
  },
  LogTampered: {
    meaning:
      "A verification of the log found an event, a hash or a checkpoint that does not fit. Something was changed, lost or damaged.",
    impact: "What the log says from that position on is not proven. Answers before it are.",
    diagnosis: [
      { ...verifyLog, say: "It names the first position that does not fit." },
      ask("When it was seen first.", "increase(lighthouse_log_verification_failures_total[1h])"),
      {
        say: "Compare with a checkpoint that was kept elsewhere: it shows a tail that was cut off (`lighthouse log verify --anchor FILE`).",
      },
    ],
    mitigation: [
      { say: "Stop the bridge before anything else is written. Keep the data folder as it is: it is evidence." },
      backup,
      {
        say: "A fault of the disk: restore the newest backup that verifies, on another disk (`lighthouse log restore`).",
      },
      { say: "No fault of the disk: somebody had the folder open. It is an incident; change every secret in it." },
    ],
    rollback:
      "Restoring a backup is the way back. What came after it is in the damaged copy, up to the position that was named.",
  },
  RateLimitViolationsHigh: {
    meaning: "Many calls are refused because an agent, a pair or a budget used up what it is allowed.",
    impact: "The agents concerned wait or give up. The others are protected by it.",
    diagnosis: [
      ask("Which limit.", "sum by (limit_type) (rate(rate_limit_violations_total[5m]))"),
      events("Who.", "security.violation"),
    ],
    mitigation: [
      {
        say: "A loop between agents: the depth and the budgets of its story are in its questions. A person may reset a budget after the cause is gone.",
      },
      { say: "An agent out of control: revoke it.", run: 'lighthouse agent revoke "$AGENT"' },
      { say: "Honest load: raise the limit in the bridge's settings." },
    ],
    rollback: nothing,
  },
};
