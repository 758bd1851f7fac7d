import type { Runbook } from "./runbook.ts";
import { ask, doctor, events, firing, health, ifItBegan, nothing, verifyLog } from "./steps.ts";

export const bridgeRunbooks: Readonly<Record<string, Runbook>> = {
  BridgeDown: {
    meaning:
      "Prometheus cannot reach a bridge, or knows of none any more. The process is gone, hangs, or the way to it is cut.",
    impact:
      "Agents cannot ask or answer here. Nothing that was accepted is lost: it is on disk, and is offered again after the start.",
    diagnosis: [
      ask("See which ones are down, and since when.", 'up{job="lighthouse-bridge"}'),
      health,
      {
        say: "Look at the end of the process' own output. A full disk, a second process on the same data folder, and a taken port are each named there.",
      },
      doctor,
    ],
    mitigation: [
      {
        say: "Start it again. Questions in flight are offered again, and what expired meanwhile is recorded with its true deadline.",
      },
      { say: "If it ends again at once, it says why and what to do in its last lines; do that first." },
      {
        say: "If the machine is gone: restore the newest backup elsewhere (`lighthouse log restore`), and point the agents there.",
      },
    ],
    rollback: ifItBegan,
  },
  AllBridgesDown: {
    meaning:
      "No bridge answers at all. This alert calls nobody; BridgeDown does. It exists to mute what follows from it.",
    impact: "Alerts about questions, deliveries and the log keep quiet while it fires. Security alerts do not.",
    diagnosis: [ask("See all that Prometheus knows.", 'up{job="lighthouse-bridge"}'), firing],
    mitigation: [{ say: "Follow [BridgeDown](BridgeDown.md)." }],
    rollback: nothing,
  },
  BridgeNotReady: {
    meaning:
      "The bridge answers, and accepts no work: its log cannot append, or it is still starting or already stopping.",
    impact: "Every ask and every answer is refused with a reason and a time. Askers that retry lose nothing.",
    diagnosis: [
      health,
      ask("Appends that fail, by reason.", "sum by (reason) (increase(lighthouse_log_append_failures_total[15m]))"),
      ask("Space that is left, in bytes.", "lighthouse_log_disk_free_bytes"),
      doctor,
    ],
    mitigation: [
      {
        say: "Disk full: make room, or move the data folder to a larger disk. The bridge goes on by itself when it can append.",
      },
      {
        say: "A fault of the disk: stop the bridge, copy the data folder while it can be read, start it on another disk.",
      },
    ],
    rollback: ifItBegan,
  },
  BridgeEmergency: {
    meaning:
      "The bridge went into emergency mode because something it depends on failed. It leaves that mode only when a person starts the recovery.",
    impact: "New work is refused with a clear reason; what is in flight may finish; reads and diagnosis go on.",
    diagnosis: [
      ask("Which mode, on which bridge.", "lighthouse_degradation_mode == 1"),
      health,
      events("What happened before.", "bridge.started", "bridge.stopped", "security.violation"),
    ],
    mitigation: [
      { say: "Mend what failed; the health answer and the other alerts name it." },
      { say: "Then start the recovery. It checks everything again before it accepts work, and may be started twice." },
    ],
    rollback: ifItBegan,
  },
  BridgeRecoverySlow: {
    meaning: "The bridge has been recovering for half an hour: a check does not pass, or nobody approved the way back.",
    impact: "As in emergency mode: new work is refused.",
    diagnosis: [health, doctor, verifyLog],
    mitigation: [
      { say: "Mend the check that does not pass." },
      { say: "If all pass, somebody has to approve the return to normal; find out who is asked." },
    ],
    rollback: nothing,
  },
  BridgeRestarting: {
    meaning: "The process was started more often within half an hour than anybody does on purpose.",
    impact:
      "Connections break at each start; agents come back by themselves, and their questions are offered again. Time to answer grows.",
    diagnosis: [
      ask("Starts within the last half hour.", 'changes(process_start_time_seconds{job="lighthouse-bridge"}[30m])'),
      ask("Memory before each end.", 'process_resident_memory_bytes{job="lighthouse-bridge"}'),
      events(
        "Starts and ends on record: a start without an end before it was a crash.",
        "bridge.started",
        "bridge.stopped",
      ),
    ],
    mitigation: [
      {
        say: "A crash names its fault in the last lines of the output. Without any: look whether the machine ran out of memory and ended it.",
      },
      { say: "Give it more memory, or take load away, before looking for the cause at leisure." },
    ],
    rollback: ifItBegan,
  },
  BridgeEventLoopLagHigh: {
    meaning: "The one thread that does all the bridge's work is kept busy too long at a stretch.",
    impact: "Everything waits: asks, offers, answers, heartbeats. Connections may be taken for dead.",
    diagnosis: [
      ask("The lag, in seconds.", 'nodejs_eventloop_lag_p99_seconds{job="lighthouse-bridge"}'),
      ask("Processor in use; 1 is one core.", 'rate(process_cpu_seconds_total{job="lighthouse-bridge"}[5m])'),
      ask("Who asks how often.", "sum by (limit_type) (rate(rate_limit_violations_total[5m]))"),
    ],
    mitigation: [
      {
        say: "If a core is fully used, there is too much load for one process: lower the limits of the agents that ask most.",
      },
      {
        say: "If not, something else on the machine takes the processor, or memory is short and being collected all the time.",
      },
    ],
    rollback: ifItBegan,
  },
  HealthCheckFailing: {
    meaning: "Seen from outside, an address of the bridge does not answer with success.",
    impact: "People and agents behind the same way in see the same.",
    diagnosis: [
      ask("Which check.", 'probe_success{job="lighthouse-health"} == 0'),
      health,
      ask("Whether Prometheus, from where it stands, can reach it.", 'up{job="lighthouse-bridge"}'),
    ],
    mitigation: [
      {
        say: "Reachable from inside and not from outside: the proxy, the certificate or the name service in front of it.",
      },
      {
        say: "Not reachable from either side: [BridgeDown](BridgeDown.md). Reachable and unwell: [BridgeNotReady](BridgeNotReady.md).",
      },
    ],
    rollback: ifItBegan,
  },
  CertificateExpiring: {
    meaning: "The TLS certificate that a health check sees, at the bridge or at the proxy before it, expires soon.",
    impact: "None yet. On the day itself no agent and no browser connects any more.",
    diagnosis: [
      ask("Days left, by check.", '(probe_ssl_earliest_cert_expiry{job="lighthouse-health"} - time()) / 86400'),
    ],
    mitigation: [
      { say: "Renew it where it is kept: at the proxy, or in the files that `serve --tls-cert` and `--tls-key` name." },
      { say: "A bridge that ends TLS itself reads both files again on SIGHUP, and drops no connection." },
    ],
    rollback: nothing,
  },
};
