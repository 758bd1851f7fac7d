import type { Step } from "./runbook.ts";
import { ask, events, health, verifyLog } from "./steps.ts";

/** The seven steps of an emergency rollback: what is done, and how it is seen to be done. */
export const rollbackSteps: readonly { readonly title: string; readonly steps: readonly Step[] }[] = [
  {
    title: "Announce",
    steps: [
      {
        say: "Say on the alerts channel and in PagerDuty that a rollback begins, and why. It is on record from here on.",
        run: `lighthouse events append operations.rollback.started '{"reason":"rehearsal"}'`,
      },
    ],
  },
  {
    title: "Switch the flag",
    steps: [
      { say: "Send every agent to the stable arm, and see that nobody is in the other one." },
      ask("Share of agents in the canary arm; 0 when it is done.", "lighthouse_rollout_percentage"),
    ],
  },
  {
    title: "Drain what is in flight",
    steps: [
      ask("What is still open, by stage.", "sum by (stage) (lighthouse_elicitations_open)"),
      { say: "Questions of the withdrawn arm are offered again through the mailbox. Nothing has to be asked twice." },
    ],
  },
  {
    title: "Confirm that the stable arm answers",
    steps: [{ say: "A real question, signed, answered and told.", run: "lighthouse doctor" }],
  },
  {
    title: "Clear delivery state of the withdrawn arm",
    steps: [
      ask("Connections by transport.", "sum by (transport) (lighthouse_connections)"),
      {
        say: "Only who is waiting for what is cleared. What was answered is in the log for ever, so no answer can be sent a second time.",
      },
    ],
  },
  { title: "Verify the log", steps: [verifyLog] },
  {
    title: "Validate, and publish the report",
    steps: [
      health,
      ask("Nothing of it fires any more.", 'count(ALERTS{alertstate="firing", severity="critical"}) or vector(0)'),
      events("The story, for the report.", "custom"),
      {
        say: "Write down what triggered it, who did what when, what was lost (nothing, or which questions), and what will be done about it.",
        run: `lighthouse events append operations.rollback.finished '{"lost":0}'`,
      },
    ],
  },
];
