import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { verifyLog } from "../../bridge/log/verify.ts";
import type { Lighthouse } from "../../client/index.ts";
import { probeArm } from "../../client/probe.ts";
import { type NotifyEvent, notify } from "../../ops/monitoring/notify.ts";
import type { LeadPorts } from "../../ops/rollout/lead.ts";
import { operatorOf, type RollbackStanding } from "../../ops/rollout/operator.ts";
import { goBack } from "../../ops/rollout/rollback/go-back.ts";
import { type Announced, type IncidentReport, reportMarkdown } from "../../ops/rollout/rollback/report.ts";
import type { RollBackPorts } from "../../ops/rollout/rollback/roll-back.ts";
import { verifyByReading } from "../../ops/rollout/rollback/verify-door.ts";
import type { Act } from "../command.ts";
import { type ConnectionOptions, credentialOf, httpUrl } from "../connection.ts";
import { LOG_FILE } from "../data-folder.ts";
import { Failure } from "../failure.ts";
import { logIn } from "../log-file.ts";
import { readMonitoring } from "../monitoring-file.ts";
import { buildOf } from "../review/subjects.ts";
import { realClock, realRng, realScheduler } from "../world.ts";
import { certificateIn } from "./certificate.ts";

export interface RolloutOptions extends ConnectionOptions {
  readonly json?: boolean;
  /** A monitoring.yaml that says whom to tell; the one in the data folder unless given. */
  readonly monitoring?: string;
  /** Where incident reports go; `incidents/` in the data folder unless given. */
  readonly reports?: string;
  /** A certificate, for plans that want one, and the file that says whose word counts. */
  readonly certificate?: string;
  readonly trust?: string;
}

export type Ports = LeadPorts & RollBackPorts;

/** A file of an incident's report is for its readers: its place is printed. */
const REPORTS_FOLDER = "incidents";
const SCRAPE_MS = 10_000;
/** Who withdraws an arm does not wait for a channel that is down any longer than this. */
const TELL_MS = 5_000;

/** The real world for a rollout or a rollback. */
export const rolloutPorts = (options: RolloutOptions, client: Lighthouse, { terminal, signal }: Act): Ports => {
  const operator = operatorOf(client);
  const url = httpUrl(credentialOf(options).url);
  const soak = terminal.progress("seconds of this step's soak watched");
  signal.addEventListener("abort", soak.done);
  const ports: Ports = {
    operator,
    monotonic: realClock.monotonic,
    scheduler: realScheduler,
    holder: `${hostname().slice(0, 64)}:${process.pid}:${Buffer.from(realRng().bytes(4)).toString("hex")}`,
    sleep: async (ms) => {
      await pause(ms, undefined, { signal });
    },
    scrape: async () => {
      const reply = await fetch(`${url}/metrics`, {
        signal: AbortSignal.any([signal, AbortSignal.timeout(SCRAPE_MS)]),
      });
      if (!reply.ok) throw new Error(`/metrics says ${reply.status}`);
      return reply.text();
    },
    ...certificateOf(options, url),
    say: (news: object) => {
      soak.done();
      terminal.note(newsLine(news));
    },
    looked: ({ stage, step, plan, watchedMs }) => {
      const soakMs = plan.steps[step]?.soakMs ?? 0;
      if (stage === "soaking") soak.step(Math.min(seconds(watchedMs), seconds(soakMs)), seconds(soakMs));
    },
    announce: (rollback) => tell(options, rollbackNews(rollback)),
    probe: () => probeArm(client, "mailbox", { monotonic: realClock.monotonic }),
    verifyLog: () => verify(options, ports),
    publish: async (report) => publish(options.reports ?? join(options.data, REPORTS_FOLDER), report),
    rollBack: async (rollout) => {
      const done = await goBack(ports, rollout);
      if (!done.ok) throw stopped(done);
    },
  };
  return ports;
};

/** A step could not be done, three times over. */
export const stopped = ({ step, why }: { readonly step: string; readonly why: string }): Failure =>
  new Failure("fault", `The rollback stopped at ${step}: ${why}`, {
    remedy: "Mend that, and `lighthouse rollback` goes on; what is done stays done.",
  });

const certificateOf = ({ certificate: file, trust }: RolloutOptions, url: string): Pick<LeadPorts, "certificate"> => {
  if (file === undefined && trust === undefined) return {};
  if (file === undefined || trust === undefined) {
    throw new Failure("usage", "--certificate and --trust go together.", {
      remedy: "A certificate is worth as much as the file that says whose keys to believe.",
    });
  }
  return { certificate: certificateIn({ file, trust }, { build: () => buildOf(url), now: realClock.now }) };
};

/** Whoever is to hear of it, hears of it; what came of it is returned and never thrown. */
export const tell = async (
  options: Pick<RolloutOptions, "data" | "monitoring">,
  event: NotifyEvent,
  withinMs = TELL_MS,
): Promise<readonly Announced[]> => {
  const spec = readMonitoring(
    options.monitoring ?? join(options.data, "monitoring.yaml"),
    options.monitoring !== undefined,
  );
  if (spec === undefined) {
    return [
      { channel: "slack", state: "not configured", why: "there is no monitoring.yaml" },
      { channel: "pagerduty", state: "not configured", why: "there is no monitoring.yaml" },
    ];
  }
  const telling = notify({ spec, env: process.env, fetch, scheduler: realScheduler }, event);
  const told = await Promise.race([telling, pause(withinMs, undefined, { ref: false })]);
  if (told === undefined) {
    const why = `no answer within ${withinMs / 1_000} s`;
    return [
      { channel: "slack", state: "unknown", why },
      { channel: "pagerduty", state: "unknown", why },
    ];
  }
  return told.map((each) => (each.state === "off" ? { ...each, state: "not configured" } : each));
};

const rollbackNews = ({
  id,
  reason,
  rollout,
  percentBefore,
  rehearsal,
  trigger,
  done,
}: RollbackStanding): NotifyEvent => ({
  kind: "rollback_triggered",
  version: rollout === "" ? id : rollout,
  reason: `${rehearsal ? "[a rehearsal] " : ""}${done.length > 0 ? "[taken up again] " : ""}${reason}`,
  measured: `${percentBefore} % of the agents were in the canary arm`,
  by: trigger === "" ? "a person" : `trigger ${trigger}`,
  at: realClock.now(),
});

/** All of it where the log's file is at hand; through the door otherwise. */
const verify = async ({ data }: RolloutOptions, { operator }: Ports): Promise<{ ok: boolean; says: string }> => {
  if (!existsSync(join(data, LOG_FILE))) return verifyByReading(operator);
  const { path, keys } = logIn(data);
  const verdict = await verifyLog(path, { keys });
  return verdict.ok
    ? {
        ok: true,
        says: `${verdict.events} events verify, root ${Buffer.from(verdict.root).toString("hex").slice(0, 16)}…, ${verdict.checkpoints} signed checkpoints`,
      }
    : { ok: false, says: `position ${verdict.position}: ${verdict.what}` };
};

/** Both files whole or not at all, and read back: what is not on disk was not published. */
const publish = (folder: string, report: IncidentReport): { digest: string; place: string } => {
  mkdirSync(folder, { recursive: true });
  const place = join(folder, `${report.incident_id}.json`);
  const text = `${JSON.stringify(report, null, 2)}\n`;
  for (const [path, content] of [
    [place, text],
    [join(folder, `${report.incident_id}.md`), reportMarkdown(report)],
  ] as const) {
    writeFileSync(`${path}.tmp`, content, { flush: true });
    renameSync(`${path}.tmp`, path);
  }
  const written = readFileSync(place, "utf8");
  if (written !== text) throw new Error(`${place} does not say what was written`);
  return { digest: createHash("sha256").update(written).digest("base64url"), place };
};

const seconds = (ms: number): number => Math.floor(ms / 1_000);

const newsLine = (news: object): string => {
  const { what, step, state, durationMs, says } = news as Partial<Record<string, string>>;
  if (what !== undefined) return what;
  switch (state) {
    case "begins":
      return `  ${step} …`;
    case "failed":
      return `  ${step} failed after ${durationMs} ms: ${says}`;
    default:
      return `  ${step} done in ${durationMs} ms: ${says}`;
  }
};
