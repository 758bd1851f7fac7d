import type { Step } from "./runbook.ts";

/** Steps that many runbooks share. Each command is run by a test against a live bridge and its servers. */

/** Asks Prometheus. */
export const ask = (say: string, expr: string): Step => ({
  say,
  run: `promtool query instant "$PROMETHEUS_URL" '${expr}'`,
});

export const health: Step = { say: "Ask the bridge itself.", run: 'curl -sS "$LIGHTHOUSE_URL/health"' };

export const doctor: Step = {
  say: "Let it be examined: machine, data folder, clock, credential, a real question.",
  run: "lighthouse doctor",
};

/** The newest events of some types, the newest first. */
export const events = (say: string, ...types: readonly string[]): Step => ({
  say,
  run: `lighthouse events query --newest --limit 20${types.map((type) => ` --type ${type}`).join("")}`,
});

export const agents: Step = { say: "See who can be reached.", run: "lighthouse agent list" };

export const verifyLog: Step = {
  say: "Read the whole log and check every event, hash and signature.",
  run: "lighthouse log verify",
};

export const backup: Step = {
  say: "Copy the log before anything is changed; the copy is verified as it is made.",
  run: 'lighthouse log backup "$BACKUP_FILE"',
};

export const firing: Step = {
  say: "See what else fires; the cause is often there.",
  run: 'amtool --alertmanager.url="$ALERTMANAGER_URL" alert query',
};

export const byArm = (say: string, expr: string): Step => ask(say, `sum by (arm) (${expr})`);

/** The sentence about taking back a rollout, for alerts that a change can cause. */
export const ifItBegan =
  "If it began with a deployment, or with a step of a rollout, and the arms differ: go to [EmergencyRollback](EmergencyRollback.md).";

export const nothing = "There is no change to take back.";
