import type { Step } from "./runbook.ts";
import { ask, events, health, verifyLog } from "./steps.ts";

/** The seven steps that `lighthouse rollback` takes: what each does, and how it is seen to be done. */
export const rollbackSteps: readonly { readonly title: string; readonly steps: readonly Step[] }[] = [
  {
    title: "Announce",
    steps: [
      {
        say: "Tells the channels that are configured, and writes down why. A channel that is dead holds nothing up.",
      },
      events("It is on record from here on.", "rollback.started"),
    ],
  },
  {
    title: "Switch the flag",
    steps: [
      {
        say: "Sends every agent to the stable arm, fenced: whoever believed otherwise is refused.",
        run: "lighthouse flag list",
      },
      ask("Share of agents in the canary arm; 0 when it is done.", "lighthouse_rollout_percentage"),
    ],
  },
  {
    title: "Drain what is in flight",
    steps: [
      ask("What is still open, by stage.", "sum by (stage) (lighthouse_elicitations_open)"),
      { say: "Questions of the withdrawn arm are put over into the mailbox. Nothing has to be asked twice." },
    ],
  },
  {
    title: "Confirm that the stable arm answers",
    steps: [{ say: "A real question through the mailbox, signed, answered and told.", run: "lighthouse doctor" }],
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
      events("The story, for the report.", "rollback.started", "rollback.finished"),
      {
        say: "The report is in `incidents/` of the data folder, as Markdown and as JSON: what triggered it, who did what when, and what became of every question that was in flight, counted from the log. Add what will be done about it.",
      },
    ],
  },
];
