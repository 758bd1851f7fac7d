import type { Runbook, Step } from "./runbook.ts";
import { ask, backup, doctor, health, ifItBegan, nothing, verifyLog } from "./steps.ts";

const space: readonly Step[] = [
  ask("How full, in percent.", "100 * (1 - lighthouse_log_disk_free_bytes / lighthouse_log_disk_size_bytes)"),
  ask("How fast, in bytes an hour.", "3600 * deriv(lighthouse_log_disk_free_bytes[1h])"),
  ask("How many events a second.", "event_store_writes_per_second"),
];
const room: readonly Step[] = [
  { say: "Find out what else is on that disk, and move it." },
  { say: "Before the data folder is moved: a backup, verified.", run: 'lighthouse log backup "$BACKUP_FILE"' },
  {
    say: "The log itself is never shortened: every answer in it can be proven because every event is there. Give it a larger disk.",
  },
];
const full: Runbook = {
  meaning: "The disk that holds the log fills up.",
  impact: "None yet. When it is full nothing can be appended, and every ask and answer is refused.",
  diagnosis: space,
  mitigation: room,
  rollback: nothing,
};
const slow: Runbook = {
  meaning: "Making events durable takes long. Every ask and every answer waits for it.",
  impact: "The bridge's own time grows by as much.",
  diagnosis: [
    ask(
      "One append in a hundred, in seconds.",
      "histogram_quantile(0.99, sum by (le) (rate(lighthouse_log_append_seconds_bucket[5m])))",
    ),
    ask("The disk by itself, in seconds.", "lighthouse_log_sync_probe_seconds"),
    ask(
      "Events in one sync: more of them make it cheaper, not slower.",
      "histogram_quantile(0.5, sum by (le) (rate(lighthouse_log_batch_events_bucket[5m])))",
    ),
    doctor,
  ],
  mitigation: [
    { say: "The probe is slow as well: something else uses the disk, or it is a network disk, or it is failing." },
    { say: "The probe is fast: the machine is busy; see [BridgeEventLoopLagHigh](BridgeEventLoopLagHigh.md)." },
  ],
  rollback: ifItBegan,
};

export const logRunbooks: Readonly<Record<string, Runbook>> = {
  LogAppendFailing: {
    meaning: "The log cannot append. The bridge accepts nothing that is not durable.",
    impact: "Asks and answers are refused with a reason. Readers and what is in flight are not touched.",
    diagnosis: [
      ask("By reason.", "sum by (reason) (increase(lighthouse_log_append_failures_total[15m]))"),
      health,
      ...space.slice(0, 1),
      verifyLog,
    ],
    mitigation: [
      { say: "`disk_full`: make room. The bridge goes on by itself." },
      {
        say: "`io`: the disk is failing. Copy the data folder while it can be read.",
        run: 'lighthouse log backup "$BACKUP_FILE"',
      },
      { say: "`timeout`: the disk is stuck; see [LogSyncSlow](LogSyncSlow.md)." },
      { say: "`closed`: the bridge is stopping, or its writer ended; restart it." },
    ],
    rollback: ifItBegan,
  },
  LogAppendSlow: slow,
  LogSyncSlow: slow,
  LogDiskFilling: full,
  LogDiskFull: { ...full, meaning: "The disk that holds the log is nearly full." },
  LogDiskFullSoon: {
    ...full,
    meaning: "As it went in the last hour, the disk that holds the log will be full within hours.",
  },
  LogCheckpointBehind: {
    meaning: "Many events came after the last signed checkpoint.",
    impact: "Cutting off the end of the log would not be seen, as far as no checkpoint covers it.",
    diagnosis: [
      ask("Events that are not covered.", "lighthouse_log_position - lighthouse_log_checkpoint_events"),
      verifyLog,
      health,
    ],
    mitigation: [
      {
        say: "The bridge signs by itself. If it does not: its signing key cannot be read; see who owns the data folder.",
        run: "lighthouse doctor",
      },
      backup,
    ],
    rollback: nothing,
  },
  LogNotVerified: {
    meaning:
      "The bridge reads its whole log again every six hours, in a thread of its own, and has not come to a verdict for half a day.",
    impact: "None by itself. Damage or tampering would be seen later, or by nobody.",
    diagnosis: [
      ask("Verdicts so far.", "lighthouse_log_verifications_total"),
      ask("Events that have to be read.", "lighthouse_log_position"),
      { ...verifyLog, say: "Verify it by hand: that it can be read, and how long it takes." },
      health,
    ],
    mitigation: [
      { say: "It verifies by hand: restart the bridge; it begins again a minute after its start." },
      { say: "It cannot be read: see who owns the data folder.", run: "lighthouse doctor" },
      { say: "It does not verify: go to [LogTampered](LogTampered.md)." },
    ],
    rollback: nothing,
  },
};
