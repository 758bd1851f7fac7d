/**
 * A fleet of agents that are asked all the time: what a rollout needs to see something. One process, one connection
 * each, all of it over the bridge's own doors.
 *
 *     node fleet.ts <folder of credentials> <questions a second> <milliseconds to answer> [deaf]
 *
 * `deaf` is a real fault, of the kind that a canary is for: these agents' program reads its mailbox and does not listen
 * to what is pushed to it. As long as questions come by the mailbox nobody notices. It starts deaf or, by the line
 * `deaf` on standard input, becomes so.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { connect, type Lighthouse, readCredential } from "../../src/client/index.ts";
import type { Mail } from "../../src/client/wire.ts";

const [folder = ".", rate = "100", timeoutMs = "10000", mode = ""] = process.argv.slice(2);

const credentialOf = (file: string) => {
  const read = readCredential(readFileSync(join(folder, file), "utf8"));
  if (!read.ok) throw new Error(`${file}: ${JSON.stringify(read)}`);
  return read.credential;
};

const counts = { asked: 0, answered: 0, expired: 0, failed: 0 };

/** Answers whatever comes, by whichever way: the client sees to both. */
const listen = async (agent: Lighthouse, signal: AbortSignal): Promise<void> => {
  for await (const question of agent.questions({ signal })) question.accept(true).catch(() => undefined);
};

/** Takes what is in the mailbox, and knows of nothing else. */
const readMailbox = async (agent: Lighthouse): Promise<void> => {
  for (;;) {
    const { messages } = await agent.operate<Mail>("messages.wait", { waitMs: 20_000, acknowledged: true });
    const ids = messages.map(({ offer }) => offer.id);
    if (ids.length > 0) await agent.operate("messages.ack", { ids });
    for (const { offer } of messages)
      agent
        .questionOf(offer)
        .accept(true)
        .catch(() => undefined);
  }
};

/** The new release of their program, with its fault. */
const becomeDeaf = (): void => {
  hearing.abort();
  for (const agent of agents) readMailbox(agent).catch(() => undefined);
};

const files = readdirSync(folder).filter((file) => file.endsWith(".json"));
const askers = files.filter((file) => file.startsWith("asker"));
const workers = files.filter((file) => !file.startsWith("asker"));
const agents = await Promise.all(workers.map((file) => connect({ credential: credentialOf(file), patient: true })));
const asking = await Promise.all(askers.map((file) => connect({ credential: credentialOf(file), patient: true })));
const hearing = new AbortController();
if (mode === "deaf") becomeDeaf();
else for (const agent of agents) listen(agent, hearing.signal).catch(() => undefined);
createInterface({ input: process.stdin }).on("line", (line) => {
  if (line === "deaf") becomeDeaf();
});
console.log(JSON.stringify({ ready: agents.length }));

let n = 0;
const ask = (): void => {
  const asker = asking[n % asking.length];
  const target = agents[n % agents.length];
  n++;
  if (asker === undefined || target === undefined) return;
  counts.asked++;
  asker
    .ask({ to: target.agent, message: `question ${n}`, schema: { type: "boolean" }, timeoutMs: Number(timeoutMs) })
    .then(
      ({ status }) => {
        if (status === "accepted") counts.answered++;
        else counts.expired++;
      },
      () => {
        counts.failed++;
      },
    );
};
/** A timer cannot be relied on for less. */
const TICK_MS = 20;
let due = 0;
const timer = setInterval(() => {
  due += (Number(rate) * TICK_MS) / 1_000;
  for (; due >= 1; due--) ask();
}, TICK_MS);

process.on("SIGTERM", () => {
  clearInterval(timer);
  console.log(JSON.stringify(counts));
  process.exit(0);
});
