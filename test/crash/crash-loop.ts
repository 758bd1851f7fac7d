import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { WebSocket } from "ws";
import { openSqliteLog } from "../../src/bridge/log/sqlite.ts";
import { verifyLog } from "../../src/bridge/log/verify.ts";
import { realClock, realScheduler } from "../../src/cli/world.ts";
import { answerCore, answerTyp, type Offer } from "../../src/domain/answer.ts";
import { signJws } from "../../src/signing/jws.ts";
import type { HmacKey } from "../../src/signing/keys.ts";
import { type Ledger, ledger } from "./ledger.ts";

/**
 * Kills the real bridge (`kill -9`) in the middle of its work, again and again, and holds every acknowledgement that
 * its agents got against the log. `kill -9` says nothing about power; the log's own power-cut tests do.
 */
export interface CrashPlan {
  readonly rounds: number;
  /** What runs the bridge: `lighthouse serve`, or one with a bug seeded in. */
  readonly script?: string;
  readonly say?: (text: string) => void;
}

export interface CrashReport {
  readonly rounds: number;
  readonly asks: number;
  readonly answers: number;
  readonly events: number;
  /** Questions in the log: some were on disk and their acknowledgement never arrived. */
  readonly inLog: number;
  readonly broken: readonly string[];
}

const AGENTS = 12;
/** Questions that an agent keeps in the air. */
const OUTSTANDING = 4;
const WORK_MS_MIN = 150;
const WORK_MS_MAX = 450;
const repository = resolve(import.meta.dirname, "../..");

interface Agent {
  readonly name: string;
  readonly token: string;
  readonly key: HmacKey;
}

export const crashLoop = async ({ rounds, script, say = () => undefined }: CrashPlan): Promise<CrashReport> => {
  const data = mkdtempSync(join(tmpdir(), "lighthouse-crash-"));
  const book = ledger();
  const unanswered = new Map<string, { readonly from: string; readonly to: string }>();
  let agents: readonly Agent[] = [];
  let serial = 0;
  let read = 0;
  try {
    for (let round = 1; round <= rounds; round++) {
      const bridge = await start(data, script);
      if (agents.length === 0) agents = await registerAll(bridge.url, data);
      const stop = await work(bridge.url, agents, book, unanswered, () => ++serial);
      await pause(WORK_MS_MIN + ((round * 7919) % (WORK_MS_MAX - WORK_MS_MIN)));
      const died = new Promise((done) => bridge.child.once("exit", done));
      bridge.child.kill("SIGKILL");
      await died;
      stop();
      read = await readOn(data, read, book);
      const broken = book.broken();
      if (broken.length > 0) return { rounds: round, ...book.counts(), broken };
      if (round % 10 === 0)
        say(`${round} of ${rounds} rounds: ${JSON.stringify(book.counts())}, nothing lost, nothing doubled`);
    }
    const verdict = await verifyLog(join(data, "events.db"));
    return { rounds, ...book.counts(), broken: verdict.ok ? [] : [`the log does not verify: ${verdict.what}`] };
  } finally {
    rmSync(data, { recursive: true, force: true });
  }
};

const start = async (data: string, script = join(repository, "bin/lighthouse.js")) => {
  const child: ChildProcess = spawn(process.execPath, [script, "serve", "--data", data, "--port", "0", "--json"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const line = await new Promise<string>((ready, failed) => {
    child.once("exit", (code) => failed(new Error(`the bridge ended with ${code} before it was ready`)));
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).once("line", ready);
  });
  return { child, url: (JSON.parse(line) as { readonly url: string }).url };
};

const registerAll = async (url: string, data: string): Promise<readonly Agent[]> => {
  const operator = JSON.parse(readFileSync(join(data, "operator.json"), "utf8")) as { readonly token: string };
  return Promise.all(
    Array.from({ length: AGENTS }, async (_, i) => {
      const reply = await fetch(`${url}/v1/agents`, {
        method: "POST",
        headers: { authorization: `Bearer ${operator.token}`, "content-type": "application/json" },
        body: JSON.stringify({ name: `a${i}`, kind: "service", roles: ["system"] }),
      });
      if (reply.status !== 201) throw new Error(`a${i}: ${reply.status} ${await reply.text()}`);
      const got = (await reply.json()) as {
        readonly token: string;
        readonly macKid: string;
        readonly macSecret: string;
      };
      const key = { alg: "HS256", kid: got.macKid, secret: Buffer.from(got.macSecret, "base64url") } as const;
      return { name: `a${i}`, token: got.token, key };
    }),
  );
};

/** Everybody asks, answers and notes, as fast as replies come, until the bridge is gone. */
const work = async (
  url: string,
  agents: readonly Agent[],
  book: Ledger,
  unanswered: Map<string, { readonly from: string; readonly to: string }>,
  next: () => number,
): Promise<() => void> => {
  const sockets = await Promise.all(
    agents.map(async (agent, i) => {
      const socket = new WebSocket(`${url.replace("http", "ws")}/ws`, {
        headers: { authorization: `Bearer ${agent.token}` },
      });
      socket.on("error", () => undefined);
      await new Promise((opened) => socket.once("open", opened));
      const waiting = new Map<number, (result: Record<string, unknown>) => void>();
      const call = (method: string, params: object, done: (result: Record<string, unknown>) => void): void => {
        const id = next();
        waiting.set(id, done);
        socket.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
      };
      const to = agents[(i + 1) % agents.length]?.name as string;
      const ask = (key = `${agent.name}-${next()}`): void => {
        unanswered.set(key, { from: agent.name, to });
        call(
          "elicitations.ask",
          { to, message: "again?", schema: { type: "integer" }, timeoutMs: 3_600_000, key },
          (result) => {
            book.told.asked(result["id"] as string, key);
            unanswered.delete(key);
          },
        );
      };
      const note = (): void => {
        const n = next();
        call("events.append", { name: `crash.${agent.name}`, payload: { n } }, (result) => {
          book.told.appended(result["position"] as number, String(n));
          note();
        });
      };
      let seq = next();
      socket.on("message", (bytes) => {
        const message = JSON.parse(bytes.toString());
        if (message.method === "offer") {
          const offer = message.params.offer as Offer;
          const core = answerCore(offer, { action: "accept", content: 1 }, seq++, Math.floor(Date.now() / 1000));
          call("elicitations.answer", { id: offer.id, answer: signJws(core, [agent.key], answerTyp) }, () =>
            book.told.answered(offer.id),
          );
        } else if (message.method === "ended") {
          if (message.params.elicitation.from === agent.name) ask();
        } else if (message.id !== undefined && message.error === undefined) {
          waiting.get(message.id)?.(message.result);
          waiting.delete(message.id);
        }
      });
      call("session.open", { inbox: true, outcomes: true }, () => {
        // What was asked when the bridge died is asked again under its key: it is on disk once or not at all.
        for (const [key, asked] of [...unanswered]) if (asked.from === agent.name) ask(key);
        for (let k = 0; k < OUTSTANDING; k++) ask();
        note();
      });
      return socket;
    }),
  );
  return () => {
    for (const socket of sockets) socket.terminate();
  };
};

/** Reads on from where the last round stopped. */
const readOn = async (data: string, from: number, book: Ledger): Promise<number> => {
  const log = await openSqliteLog({ path: join(data, "events.db"), clock: realClock, scheduler: realScheduler });
  let read = from;
  for (let after: number | null = from; after !== null; ) {
    const page: Awaited<ReturnType<typeof log.read>> = await log.read({ after, limit: 1_000 });
    for (const event of page.events) book.found(event);
    read = page.events.at(-1)?.position ?? read;
    after = page.next;
  }
  await log.close();
  return read;
};

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({ options: { rounds: { type: "string", default: "50" } } });
  const report = await crashLoop({ rounds: Number(values.rounds), say: console.log });
  console.log(
    `${report.rounds} rounds of kill -9: ${report.asks} asks, ${report.answers} answers and ${report.events} events were acknowledged; ` +
      `the log holds ${report.inLog} questions; ${report.broken.length === 0 ? "none lost, none doubled" : `${report.broken.length} promises broken`}`,
  );
  for (const line of report.broken.slice(0, 20)) console.log(`  ${line}`);
  process.exitCode = report.broken.length === 0 ? 0 : 1;
}
