import { Redis } from "ioredis";
import pg from "pg";

/**
 * The hand-written way to ask and answer over a store: agent i sends a question to agent i + n/2, which sends the
 * answer back. Every message is on disk before it is seen: a stream for each agent in Redis, a row and a NOTIFY in
 * PostgreSQL. Runs as a child process, like our own load.
 */
export interface PeerPlan {
  readonly kind: "redis" | "postgres";
  /** Connections of its own for each agent (in Redis two, since one waits), or two for all of them together. */
  readonly connections: "each" | "one";
  readonly port: number;
  readonly agents: number;
  readonly outstanding: number;
  readonly warmupMs: number;
  readonly measureMs: number;
}

export interface PeerResult {
  readonly roundTripsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

interface Message {
  readonly id: string;
  readonly kind: "question" | "answer";
  /** The asker. */
  readonly from: number;
  /** Who sends this message. */
  readonly by: number;
  readonly body: string;
}

type Send = (to: number, message: Message) => void;
type Transport = (receive: (at: number, message: Message) => void) => Promise<{ readonly send: Send }>;

const question = JSON.stringify({
  message: "May I deploy revision 4f1c of the payments service to production? The canary has been green for an hour.",
  schema: { type: "object", properties: { approve: { type: "boolean" }, note: { type: "string" } } },
});
const answer = JSON.stringify({ approve: true, note: "looks right to me, the tests are green and the diff is small" });

const overRedis =
  ({ port, agents, connections }: PeerPlan): Transport =>
  async (receive) => {
    const open = (): Redis => new Redis({ port, host: "127.0.0.1", maxRetriesPerRequest: null });
    const cleaner = open();
    await cleaner.flushall();
    await cleaner.quit();
    const writers = Array.from({ length: connections === "each" ? agents : 1 }, open);
    const names = Array.from({ length: agents }, (_, i) => `agent:${i}`);
    const read = async (of: readonly number[]): Promise<void> => {
      const connection = open();
      const last = new Map(of.map((i) => [i, "0"]));
      for (;;) {
        const ids = of.map((i) => last.get(i) as string);
        const keys = of.map((i) => names[i] as string);
        const got = await connection.xread("COUNT", 500, "BLOCK", 0, "STREAMS", ...keys, ...ids);
        for (const [name, entries] of got ?? []) {
          const at = Number(String(name).slice("agent:".length));
          for (const [id, fields] of entries) {
            last.set(at, String(id));
            receive(at, JSON.parse(String(fields[1])) as Message);
          }
        }
      }
    };
    if (connections === "each") for (let i = 0; i < agents; i++) void read([i]);
    else void read(names.map((_, i) => i));
    await new Promise((done) => setTimeout(done, 500));
    return {
      send: (to, message) => {
        const writer = writers[connections === "each" ? message.by : 0] as Redis;
        void writer.xadd(names[to] as string, "MAXLEN", "~", 10_000, "*", "m", JSON.stringify(message));
      },
    };
  };

const overPostgres =
  ({ port, agents, connections }: PeerPlan): Transport =>
  async (receive) => {
    const open = async (): Promise<pg.Client> => {
      const client = new pg.Client({ host: "127.0.0.1", port, user: "bench", database: "postgres" });
      await client.connect();
      return client;
    };
    const setUp = await open();
    await setUp.query("DROP TABLE IF EXISTS message");
    await setUp.query("CREATE TABLE message (id bigserial PRIMARY KEY, addressee int NOT NULL, body jsonb NOT NULL)");
    await setUp.query("CREATE INDEX ON message (addressee, id)");
    await setUp.end();

    const listen = async (client: pg.Client, channel: string, of: readonly number[]): Promise<void> => {
      let last = "0";
      const read = single(async () => {
        const got = await client.query({
          name: "read",
          text: "SELECT id, addressee, body FROM message WHERE addressee = ANY($1::int[]) AND id > $2 ORDER BY id",
          values: [of, last],
        });
        for (const { id, addressee, body } of got.rows) {
          last = id;
          receive(addressee, body as Message);
        }
      });
      client.on("notification", read);
      await client.query(`LISTEN ${channel}`);
    };

    /** Sends what has gathered while the last batch was written, in one statement and one NOTIFY for each addressee. */
    const sender = (client: pg.Client, channelOf: (to: number) => string) => {
      let waiting: { readonly to: number; readonly message: Message }[] = [];
      const flush = single(async () => {
        const batch = waiting;
        waiting = [];
        if (batch.length === 0) return;
        await client.query({
          name: "send",
          text: `WITH m AS (INSERT INTO message (addressee, body) SELECT * FROM unnest($1::int[], $2::jsonb[]) RETURNING 1)
                 SELECT pg_notify(c, '') FROM unnest($3::text[]) AS c, (SELECT count(*) FROM m) AS written`,
          values: [
            batch.map((b) => b.to),
            batch.map((b) => JSON.stringify(b.message)),
            [...new Set(batch.map((b) => channelOf(b.to)))],
          ],
        });
      });
      return (to: number, message: Message): void => {
        waiting.push({ to, message });
        flush();
      };
    };

    const everyone = Array.from({ length: agents }, (_, i) => i);
    if (connections === "one") {
      await listen(await open(), "everyone", everyone);
      return { send: sender(await open(), () => "everyone") };
    }
    const senders: Send[] = [];
    for (const i of everyone) {
      const client = await open();
      await listen(client, `agent_${i}`, [i]);
      senders.push(sender(client, (to) => `agent_${to}`));
    }
    return { send: (to, message) => senders[message.by]?.(to, message) };
  };

/** Runs it once at a time, and once more if it was asked for meanwhile. */
const single = (work: () => Promise<void>): (() => void) => {
  let isRunning = false;
  let isWanted = false;
  const run = async (): Promise<void> => {
    isRunning = true;
    while (isWanted) {
      isWanted = false;
      await work();
    }
    isRunning = false;
  };
  return () => {
    isWanted = true;
    if (!isRunning) void run();
  };
};

const run = async (plan: PeerPlan): Promise<PeerResult> => {
  const { agents, outstanding, warmupMs, measureMs } = plan;
  const begun = new Map<string, number>();
  const samples: number[] = [];
  let isMeasuring = false;
  let serial = 0;
  const ask = (from: number): void => {
    const id = `${serial++}`;
    begun.set(id, performance.now());
    send((from + agents / 2) % agents, { id, kind: "question", from, by: from, body: question });
  };
  const transport = plan.kind === "redis" ? overRedis(plan) : overPostgres(plan);
  const { send } = await transport((at, message) => {
    if (message.kind === "question") {
      send(message.from, { id: message.id, kind: "answer", from: message.from, by: at, body: answer });
      return;
    }
    const from = begun.get(message.id);
    if (from === undefined) return;
    begun.delete(message.id);
    if (isMeasuring) samples.push(performance.now() - from);
    ask(at);
  });
  for (let i = 0; i < agents; i++) for (let k = 0; k < outstanding; k++) ask(i);
  await new Promise((done) => setTimeout(done, warmupMs));
  isMeasuring = true;
  await new Promise((done) => setTimeout(done, measureMs));
  isMeasuring = false;
  samples.sort((a, b) => a - b);
  const at = (q: number): number => samples[Math.floor((samples.length - 1) * q)] ?? Number.NaN;
  return { roundTripsPerSecond: Math.round(samples.length / (measureMs / 1000)), p50Ms: at(0.5), p99Ms: at(0.99) };
};

process.on("message", async (plan: PeerPlan) => {
  process.send?.(await run(plan), () => process.exit(0));
});
