import { Worker } from "node:worker_threads";
import { WebSocket } from "ws";
import { answerCore, answerTyp, type Offer } from "../src/domain/answer.ts";
import { signJws } from "../src/signing/jws.ts";
import { runHttpLoad } from "./http-load.ts";
import type { LoadAgent, LoadPlan, LoadResult } from "./load-plan.ts";

interface Peer {
  readonly agent: LoadAgent;
  readonly socket: WebSocket;
  seq: number;
  nextId: number;
  /** rpc id → intended start, until the ask is acknowledged */
  readonly asked: Map<number, number>;
}

const schema = {
  type: "object",
  properties: { approve: { type: "boolean" }, note: { type: "string", maxLength: 200 } },
  required: ["approve"],
};
/** The beginning of a frame, in which everything is that is looked for. */
const START_BYTES = 128;
const endedFrame = /^\{"jsonrpc":"2\.0","method":"ended","params":\{"elicitation":\{"id":"([^"]+)"/;
const resultFrame = /^\{"jsonrpc":"2\.0","id":(\d+),"result":\{"id":"([^"]+)"/;
const content = { approve: true, note: "looks right to me, the tests are green and the diff is small" };
const message =
  "May I deploy revision 4f1c of the payments service to production? The canary has been green for an hour.";

/**
 * A load of agents over WebSocket, each on its own connection (or several on one), each both asker and target: agent i
 * asks agent i + n/2. Open loop: questions leave on schedule whether or not earlier ones came back, and latency counts
 * from the scheduled moment, so a stall is paid for by everything it delayed (no coordinated omission).
 */
export const runLoad = async (plan: LoadPlan): Promise<LoadResult> => {
  const started = new Map<string, number>();
  const early = new Map<string, number>();
  const samples: number[] = [];
  const lags: number[] = [];
  let refused = 0;
  let total = 0;
  let measuring = false;
  let freshSchema = 0;
  let onDone: (peer: Peer) => void = () => undefined;

  const finish = (id: string, at: number, peer: Peer): void => {
    const from = started.get(id);
    if (from === undefined) {
      // The outcome overtook the acknowledgement of the ask.
      early.set(id, at);
      return;
    }
    started.delete(id);
    total++;
    if (measuring) samples.push(at - from);
    onDone(peer);
  };

  const ask = (peer: Peer, intended: number): void => {
    const id = peer.nextId++;
    peer.asked.set(id, intended);
    const to = targetOf.get(peer.agent.name) as string;
    const asked = plan.schemas === "same" ? schema : { ...schema, $comment: String(freshSchema++) };
    peer.socket.send(
      JSON.stringify({
        jsonrpc: "2.0",
        id,
        method: "elicitations.ask",
        params: { to, message, schema: asked, timeoutMs: 600_000 },
      }),
    );
  };

  const acknowledged = (peer: Peer, rpcId: number, id: string): void => {
    const intended = peer.asked.get(rpcId);
    if (intended === undefined) return;
    peer.asked.delete(rpcId);
    started.set(id, intended);
    const ended = early.get(id);
    if (ended !== undefined) {
      early.delete(id);
      finish(id, ended, peer);
    }
  };

  const receive = (peer: Peer, data: Buffer): void => {
    const now = performance.now();
    // Of these two it needs an id and no more: what the load spends of the machine, nobody measured has.
    const start = data.toString("latin1", 0, START_BYTES);
    const ended = endedFrame.exec(start);
    if (ended !== null) return finish(ended[1] as string, now, peer);
    const result = resultFrame.exec(start);
    if (result !== null) return acknowledged(peer, Number(result[1]), result[2] as string);

    const m = JSON.parse(data.toString());
    if (m.method === "offer") {
      const offer = m.params.offer as Offer;
      const core = answerCore(offer, { action: "accept", content }, peer.seq++, Math.floor(Date.now() / 1000));
      const answer = plan.peer === "relay" ? core : signJws(core, [peer.agent.key], answerTyp);
      peer.socket.send(
        JSON.stringify({
          jsonrpc: "2.0",
          id: peer.nextId++,
          method: "elicitations.answer",
          params: { id: offer.id, answer },
        }),
      );
    } else if (m.error !== undefined) {
      if (refused++ === 0) console.error(JSON.stringify(m.error));
      const intended = peer.asked.get(m.id);
      peer.asked.delete(m.id);
      if (intended !== undefined) onDone(peer);
    }
  };

  const n = plan.agents.length;
  const targetOf = new Map(plan.agents.map((a, i) => [a.name, plan.agents[(i + n / 2) % n]?.name]));
  const peers: Peer[] = [];
  for (let i = 0; i < n; i += 50) {
    peers.push(...(await Promise.all(plan.agents.slice(i, i + 50).map((agent) => connect(plan.url, agent, receive)))));
  }

  const stopAt = performance.now() + plan.warmupMs + plan.measureMs;
  setTimeout(() => {
    measuring = true;
  }, plan.warmupMs);

  if (plan.rate === "closed") {
    onDone = (peer) => performance.now() < stopAt && ask(peer, performance.now());
    for (const peer of peers) for (let k = 0; k < plan.outstanding; k++) ask(peer, performance.now());
    await new Promise((r) => setTimeout(r, stopAt - performance.now()));
  } else {
    const gap = 1000 / plan.rate;
    let next = performance.now();
    let turn = 0;
    const metronome = new Worker(new URL("metronome.ts", import.meta.url), { workerData: gap });
    metronome.on("message", () => {
      for (const now = performance.now(); next <= now; next += gap) {
        if (measuring) lags.push(now - next);
        ask(peers[turn++ % n] as Peer, next);
      }
    });
    await new Promise((r) => setTimeout(r, stopAt - performance.now()));
    await metronome.terminate();
  }
  measuring = false;
  const measured = samples.slice().sort((a, b) => a - b);
  for (const { socket } of peers) socket.terminate();
  lags.sort((a, b) => a - b);
  return {
    roundTripsPerSecond: Math.round(measured.length / (plan.measureMs / 1000)),
    completed: measured.length,
    total,
    refused,
    p50Ms: at(measured, 0.5),
    p90Ms: at(measured, 0.9),
    p99Ms: at(measured, 0.99),
    maxMs: at(measured, 1),
    generatorLagP99Ms: at(lags, 0.99),
  };
};

const connect = (url: string, agent: LoadAgent, receive: (peer: Peer, data: Buffer) => void): Promise<Peer> =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(url, {
      headers: { authorization: `Bearer ${agent.token}`, "x-agent": agent.name },
      perMessageDeflate: false,
    });
    // Above every number that an earlier load used with the same key.
    const peer: Peer = { agent, socket, seq: Date.now() * 1_000, nextId: 1, asked: new Map() };
    socket.once("open", () => {
      socket.send(
        JSON.stringify({ jsonrpc: "2.0", id: 0, method: "session.open", params: { inbox: true, outcomes: true } }),
      );
    });
    socket.once("message", () => {
      socket.on("message", (data) => receive(peer, data as Buffer));
      resolve(peer);
    });
    socket.once("error", reject);
  });

const at = (sorted: readonly number[], quantile: number): number =>
  Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * quantile))] ?? Number.NaN) * 1000) / 1000;

// As a child process: the plan comes over the message channel, the result goes back the same way.
process.on("message", async (plan: LoadPlan) => {
  const agents = plan.agents.map((a) => ({
    ...a,
    key: { ...a.key, secret: Buffer.from(a.key.secret as never as string, "base64url") },
  }));
  process.send?.(await (plan.peer === "http" ? runHttpLoad : runLoad)({ ...plan, agents }));
  process.disconnect();
});
