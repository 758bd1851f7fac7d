import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { decodeRecord } from "../../src/bridge/log/record.ts";
import { openSource } from "../../src/bridge/log/sqlite/source.ts";
import { verifyLog } from "../../src/bridge/log/verify.ts";
import { LOG_FILE } from "../../src/cli/data-folder.ts";
import type { Credential, TokenCredential } from "../../src/client/credential.ts";
import { connect, enrol } from "../../src/client/index.ts";
import { startBridge } from "./bridge-process.ts";
import { type Counts, type Ledger, ledger } from "./ledger.ts";
import { startLoad } from "./load.ts";
import { rollBack } from "./rolling-back.ts";
import { startSwitching } from "./switching.ts";

/**
 * Kills the real bridge (`kill -9`) in the middle of its work, again and again. After each restart the log must verify,
 * and everything that agents were ever told must be in it, once. `kill -9` says nothing about power; the power cuts of
 * the log's own tests and of the simulation do.
 */
export interface CrashPlan {
  readonly rounds: number;
  /** What runs the bridge: `lighthouse serve`, or one with a bug seeded in. */
  readonly script?: string;
  readonly say?: (text: string) => void;
}

export interface CrashReport extends Counts {
  readonly rounds: number;
  readonly logEvents: number;
  /** Questions that were put from one way of delivery into the other, and those that left a mailbox. */
  readonly rerouted: number;
  readonly handedOut: number;
  /** Emergency rollbacks that came to their end, how often they had to be started, and what they could not find again. */
  readonly rollbacks: number;
  readonly rollbackStarts: number;
  readonly lostByRollbacks: number;
  readonly broken: readonly string[];
}

const AGENTS = 8;
/** A round is not worth its kill before so much was acknowledged in it; then it comes within so many milliseconds. */
const ACKNOWLEDGED_MIN = 200;
const WORK_MS_MAX = 200;
const APPEND_MS_MAX = 60_000;
/** In every such round, the fifth first, the arm is withdrawn by the seven steps instead. */
const ROLLBACK_EVERY = 10;
/** A prime, so that the moments of the kills are spread out and the same each time. */
const SPREAD = 7_919;

export const crashLoop = async ({ rounds, script, say = () => undefined }: CrashPlan): Promise<CrashReport> => {
  const data = mkdtempSync(join(tmpdir(), "lighthouse-crash-"));
  // A disk that is slow for a while is no reason to take no work here.
  writeFileSync(join(data, "limits.json"), JSON.stringify({ limits: { emergencyAppendP99MsMax: APPEND_MS_MAX } }));
  const book = ledger();
  const stored = storedEvents(join(data, LOG_FILE), book);
  let bridge = await startBridge(data, 0, script);
  const { port } = bridge;
  const abandon = async (): Promise<void> => {
    await bridge.kill();
    rmSync(data, { recursive: true, force: true });
  };
  const begun = await registerAll(data)
    .then(async (credentials) => ({
      load: await startLoad(credentials, book),
      switching: await startSwitching(operatorOf(data)),
    }))
    .catch(async (cause: unknown) => {
      await abandon();
      throw cause;
    });
  const { load, switching } = begun;
  const withdrawn = { rollbacks: 0, rollbackStarts: 0, lostByRollbacks: 0 };
  const withdraw = async (): Promise<void> => {
    await switching.pushAll();
    const { starts, lost } = await rollBack(data, join(data, "incidents"));
    withdrawn.rollbacks++;
    withdrawn.rollbackStarts += starts;
    withdrawn.lostByRollbacks += lost;
  };
  const report = (round: number, broken: readonly string[]): CrashReport => ({
    rounds: round,
    ...book.counts(),
    ...stored.counts(),
    ...withdrawn,
    logEvents: stored.read(),
    broken,
  });
  try {
    for (let round = 1; round <= rounds; round++) {
      await load.progress(ACKNOWLEDGED_MIN);
      // In the middle of the round, so that some kills come into it.
      const isRollback = round % ROLLBACK_EVERY === ROLLBACK_EVERY / 2;
      const turn = isRollback ? withdraw() : switching.next(round);
      turn.catch(() => undefined);
      await pause((round * SPREAD) % WORK_MS_MAX);
      await bridge.kill();
      bridge = await startBridge(data, port, script);
      await turn;
      // All of the log is read after each crash: what is asked meanwhile would only make the next reading longer.
      const letGo = load.hold();
      const broken = await stored.check();
      letGo();
      if (broken.length > 0) return report(round, broken);
      if (round % 10 === 0) say(`${round} of ${rounds} rounds: nothing lost, nothing doubled, the log verifies`);
    }
    await load.finish();
    return report(rounds, await stored.check());
  } finally {
    load.close();
    switching.close();
    await abandon();
  }
};

/** Reads the log's file beside the bridge that writes it, from where it stopped the last time. */
const storedEvents = (path: string, book: Ledger) => {
  let read = 0;
  let rerouted = 0;
  let handedOut = 0;
  const readOn = (): void => {
    const source = openSource(path);
    try {
      for (let rows = source.rows(read, ROWS); rows.length > 0; rows = source.rows(read, ROWS)) {
        for (const { position, revision, record } of rows) {
          const event = decodeRecord(record, position, revision);
          book.found(event);
          if (event.type === "elicitation.rerouted") rerouted++;
          if (event.type === "elicitation.offered" && event.data.until !== undefined) handedOut++;
          read = position;
        }
      }
    } finally {
      source.close();
    }
  };
  return {
    read: () => read,
    counts: () => ({ rerouted, handedOut }),
    /** Every promise that is broken now. */
    check: async (): Promise<readonly string[]> => {
      const verdict = await verifyLog(path);
      // In one turn with the comparison: what is told after the log was read must not seem to be missing from it.
      readOn();
      return [...(verdict.ok ? [] : [`the log does not verify: ${verdict.what}`]), ...book.broken()];
    },
  };
};

const ROWS = 1_000;

/** Every second one has a key of its own: it signs in again after each crash, and signs what it asks and answers. */
const registerAll = async (data: string): Promise<readonly Credential[]> => {
  const { url } = operatorOf(data);
  await using operator = await connect({ credential: operatorOf(data) });
  const names = Array.from({ length: AGENTS }, (_, i) => `a${i}`);
  const register = async (name: string, i: number): Promise<Credential> => {
    // The role `system` is not slowed down by rates that protect from agents.
    const agent = { name, kind: "service", roles: ["system"] } as const;
    if (i % 2 === 0) return operator.agents.add(agent);
    const { token: invitation } = await operator.agents.invite(agent);
    return enrol({ url, agent: name, invitation });
  };
  return await Promise.all(names.map(register));
};

const operatorOf = (data: string): TokenCredential =>
  JSON.parse(readFileSync(join(data, "operator.json"), "utf8")) as TokenCredential;

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

const table = ({ rounds, logEvents, broken, ...counts }: CrashReport, seconds: number): string =>
  [
    [rounds, "times kill -9, restarted and verified"],
    [counts.asks, "asks acknowledged"],
    [counts.answers, "answers acknowledged"],
    [counts.outcomes, "outcomes told"],
    [counts.events, "custom events acknowledged"],
    [counts.foundAgain, "asks repeated after a crash that were on disk already"],
    [counts.inDoubt, "custom events whose acknowledgement a crash swallowed"],
    [counts.handedOut, "questions handed out of mailboxes"],
    [counts.rerouted, "questions put from one way of delivery into the other while they were open"],
    [counts.rollbacks, "emergency rollbacks with a kill in the middle of them"],
    [counts.rollbackStarts, "starts of `lighthouse rollback` until all of them had come to their end"],
    [counts.lostByRollbacks, "questions lost by their own accounts"],
    [logEvents, "events in the log, all of them verified"],
    [broken.length, "promises broken"],
    [seconds, "seconds"],
  ]
    .map(([n, what]) => `${String(n).padStart(8)}  ${what}`)
    .join("\n");

if (import.meta.main) {
  const { values } = parseArgs({ options: { rounds: { type: "string", default: "50" }, script: { type: "string" } } });
  const began = performance.now();
  const { script } = values;
  const report = await crashLoop({
    rounds: Number(values.rounds),
    say: console.log,
    ...(script === undefined ? {} : { script }),
  });
  console.log(table(report, Math.round((performance.now() - began) / 1000)));
  for (const line of report.broken.slice(0, 20)) console.log(line);
  process.exitCode = report.broken.length === 0 && report.lostByRollbacks === 0 ? 0 : 1;
}
