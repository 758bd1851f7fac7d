import type { LogEvent } from "../../../client/wire.ts";
import type { RollbackStanding } from "../operator.ts";
import { type Account, lossInWords } from "./account.ts";

/** What came of telling people by one channel. */
export interface Announced {
  readonly channel: string;
  readonly state: string;
  readonly why?: string;
}

/** The seed's incident report, and what it lacked: who, the scope, the trigger, digests, and what became of the data. */
export interface IncidentReport {
  readonly incident_id: string;
  readonly reason: string;
  readonly trigger: string;
  readonly initiated_by: string;
  readonly scope: RollbackStanding["scope"];
  readonly rehearsal: boolean;
  /** What came of each channel by which people were told. */
  readonly told: readonly Announced[];
  readonly rollout: string;
  readonly percent_before: number;
  /** RFC 3339 */
  readonly start: string;
  readonly end: string;
  readonly duration_ms: number;
  readonly status: "completed" | "completed_with_loss";
  readonly steps: readonly {
    readonly step: string;
    readonly timestamp: string;
    /** Since the start, in milliseconds. */
    readonly elapsed_ms: number;
    readonly duration_ms: number;
    readonly found: string;
    readonly data: unknown;
  }[];
  readonly failed_attempts: readonly { readonly step: string; readonly timestamp: string; readonly why: string }[];
  readonly data_loss: Omit<Account, "lost"> & {
    readonly lost: number;
    readonly statement: string;
    readonly ids: readonly string[];
  };
  readonly timeline: readonly {
    readonly time: string;
    readonly position: number;
    readonly actor: string;
    readonly what: string;
  }[];
  readonly log: { readonly from_position: number; readonly to_position: number; readonly verified: string };
  readonly recommendations: readonly string[];
}

/** Of the streams `rollout` and `rollback`, in the order of the log; `account` was computed from the elicitations' own. */
export const incidentReport = (
  rollback: RollbackStanding,
  events: readonly LogEvent[],
  account: Account,
  told: readonly Announced[],
): IncidentReport => {
  const mine = events.filter(({ data }) => {
    const { id } = data as { readonly id?: string };
    return id === rollback.id || (rollback.rollout !== "" && id === rollback.rollout);
  });
  const started = mine.find(({ type }) => type === "rollback.started");
  if (started === undefined) throw new Error(`the log has no beginning of ${rollback.id}`);
  const start = Date.parse(started.time);
  const last = mine.at(-1) ?? started;
  const steps = mine.filter(({ type }) => type === "rollback.step_done");
  const verified = steps.find(({ data }) => (data as { readonly step: string }).step === "verify_log");
  const { lost, ...counts } = account;
  return {
    incident_id: rollback.id,
    reason: rollback.reason,
    trigger: rollback.trigger === "" ? "a person" : rollback.trigger,
    initiated_by: started.actor,
    scope: rollback.scope,
    rehearsal: rollback.rehearsal,
    told,
    rollout: rollback.rollout,
    percent_before: rollback.percentBefore,
    start: started.time,
    end: last.time,
    duration_ms: Date.parse(last.time) - start,
    status: lost.length === 0 ? "completed" : "completed_with_loss",
    steps: steps.map(({ time, data }) => {
      const { step, durationMs, found, detail } = data as {
        step: string;
        durationMs: number;
        found: string;
        detail: unknown;
      };
      return {
        step,
        timestamp: time,
        elapsed_ms: Date.parse(time) - start,
        duration_ms: durationMs,
        found,
        data: detail,
      };
    }),
    failed_attempts: mine
      .filter(({ type }) => type === "rollback.step_failed")
      .map(({ time, data }) => {
        const { step, why } = data as { step: string; why: string };
        return { step, timestamp: time, why };
      }),
    data_loss: { ...counts, lost: lost.length, statement: lossInWords(account), ids: lost },
    timeline: mine
      .filter(({ type }) => !type.endsWith(".leased") && type !== "rollout.measured")
      .map(({ time, position, actor, type, data }) => ({ time, position, actor, what: inWords(type, data) })),
    log: {
      from_position: mine[0]?.position ?? started.position,
      to_position: last.position,
      verified: verified === undefined ? "not run" : (verified.data as { readonly found: string }).found,
    },
    recommendations: recommendations(rollback, account, mine),
  };
};

const recommendations = (
  rollback: RollbackStanding,
  { lost, ended }: Account,
  events: readonly LogEvent[],
): readonly string[] => [
  ...(lost.length > 0
    ? ["Reroute the questions that are listed as lost: `lighthouse rollback` again, or `arms.reroute`."]
    : []),
  ...(ended > 0
    ? ["Tell the askers whose questions ended without an answer; they see the reason, and may ask again."]
    : []),
  ...(events.some(({ type }) => type === "rollback.step_failed")
    ? ["Find out why steps had to be repeated: `failed_attempts`."]
    : []),
  ...(rollback.rehearsal
    ? ["A rehearsal: nothing has to be done."]
    : [
        "Find the cause in the canary arm before it is rolled out again; the timeline names the measurement that ended it.",
        "`lighthouse flag restore` brings the flag back when that is mended; a new rollout begins with its first step.",
      ]),
];

const inWords = (type: string, data: unknown): string => {
  const { id: _, plan: __, planDigest: ___, canary, stable, detail: ____, ...rest } = data as Record<string, unknown>;
  const told = Object.entries(rest)
    .filter(([, value]) => value !== "" && value !== null)
    .map(([key, value]) => `${key} ${typeof value === "string" ? value : JSON.stringify(value)}`);
  return [type, ...told, ...(canary === undefined ? [] : [JSON.stringify({ canary, stable })])].join(" · ");
};

/** The same, for people. */
export const reportMarkdown = (report: IncidentReport): string => {
  const { data_loss, steps } = report;
  return `# Incident ${report.incident_id}${report.rehearsal ? " (a rehearsal)" : ""}

| | |
|---|---|
| reason | ${cell(report.reason)} |
| trigger | ${cell(report.trigger)} |
| initiated by | ${cell(report.initiated_by)} |
| scope | ${cell(JSON.stringify(report.scope))} |
| told | ${cell(report.told.map(({ channel, state }) => `${channel}: ${state}`).join(", ") || "nobody")} |
| rollout | ${report.rollout === "" ? "none" : report.rollout}, ${report.percent_before} % of the agents before |
| from, to | ${report.start}, ${report.end} |
| duration | ${report.duration_ms} ms |
| status | ${report.status} |

## Data

${data_loss.statement}

This was computed from the log, positions ${report.log.from_position} to ${report.log.to_position}. The log: ${report.log.verified}

## Steps

| # | step | done at | took | found |
|---|---|---|---|---|
${steps.map((s, i) => `| ${i + 1} | ${s.step} | +${s.elapsed_ms} ms | ${s.duration_ms} ms | ${cell(s.found)} |`).join("\n")}
${report.failed_attempts.map((f) => `\nFailed before it was done: ${f.step} at ${f.timestamp}: ${f.why}`).join("")}

## Timeline

${report.timeline.map((t) => `- ${t.time} · ${t.position} · ${t.actor} · ${t.what}`).join("\n")}

## What to do now

${report.recommendations.map((r) => `- ${r}`).join("\n")}
`;
};

/** Reasons are other people's words: they must not break out of their cell. */
const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll(/\s+/g, " ");
