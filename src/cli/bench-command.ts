import { type Command, InvalidArgumentError, Option } from "commander";
import { connect, type Lighthouse, type TokenCredential } from "../client/index.ts";
import { type Act, act, command } from "./command.ts";
import { type ConnectionOptions, connecting, credentialOf, withClient } from "./connection.ts";
import { parseDuration } from "./duration.ts";
import type { Exit } from "./exit.ts";
import { Failure } from "./failure.ts";
import { realClock, realRng } from "./world.ts";

interface Options extends ConnectionOptions {
  readonly json?: boolean;
  readonly time: number;
  readonly pairs: number;
  readonly outstanding: number;
}

/** A bench is a load: it ends by itself, and is never one for somebody else's machine. */
const TIME_MS_MAX = 60_000;
const PAIRS_MAX = 100;
const OUTSTANDING_MAX = 100;
/** What the first round trips cost is not what a running bridge costs, in milliseconds. */
const WARM_UP_MS = 500;

/** `lighthouse bench`: what this bridge does on this machine now. */
export const benchCommand = (): Command =>
  connecting(
    command(
      "bench",
      "Measure a running bridge on this machine: agents ask each other and answer, signed, over WebSocket, one after another.",
      {
        examples: `
        lighthouse bench
        lighthouse bench --time 10s --pairs 20 --outstanding 8 --json`,
        endsWith: ["refused", "unreachable"],
      },
    ),
  )
    .addOption(
      new Option("--time <duration>", "how long to measure, at most 60s").default(5_000, "5s").argParser(parseTime),
    )
    .option("--pairs <n>", "askers, each with an agent of its own that answers", parseCount(PAIRS_MAX), 4)
    .option("--outstanding <n>", "questions that each asker has open at once", parseCount(OUTSTANDING_MAX), 4)
    .addHelpText("after", "\nIt registers agents and revokes them after; all that they said stays in the log.")
    .action((options: Options) =>
      act(options, async (doing) => {
        onThisMachine(credentialOf(options).url);
        return withClient(options, doing, (operator) => bench(operator, options, doing));
      }),
    );

const onThisMachine = (url: string): void => {
  const { hostname } = new URL(url);
  if (/^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)) return;
  throw new Failure("usage", `${hostname} is another machine.`, {
    remedy: "A bench is run beside its bridge: on that machine, with a URL of 127.0.0.1.",
  });
};

const bench = async (operator: Lighthouse, options: Options, { terminal, signal }: Act): Promise<Exit> => {
  const { url } = credentialOf(options);
  const run = Array.from(realRng().bytes(4), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const names = Array.from({ length: options.pairs }, (_, n) => [
    `bench-${run}-asks-${n}`,
    `bench-${run}-answers-${n}`,
  ]);
  const clients: Lighthouse[] = [];
  const enter = async (name: string): Promise<Lighthouse> => {
    // The one role whose rate is made for machines.
    const credential: TokenCredential = await operator.agents.add({ name, kind: "service", roles: ["system"] });
    const client = await connect({ credential: { ...credential, url } });
    clients.push(client);
    return client;
  };
  try {
    const askers: { readonly asker: Lighthouse; readonly to: string }[] = [];
    for (const [asks = "", answers = ""] of names) {
      const target = await enter(answers);
      void target.answerWith((question) => ({ approve: question.message !== "" }), { concurrency: OUTSTANDING_MAX });
      askers.push({ asker: await enter(asks), to: answers });
    }
    terminal.note(`${askers.length} pairs, ${options.outstanding} questions open each, ${options.time / 1_000} s …`);
    const measured = await load(askers, options, signal);
    terminal.result(measured, () => lines(measured));
    return "ok";
  } finally {
    for (const client of clients) client.close();
    for (const name of names.flat()) await operator.agents.revoke(name, "its bench is over").catch(() => undefined);
  }
};

interface Measured {
  readonly pairs: number;
  readonly outstanding: number;
  readonly seconds: number;
  /** Questions asked, answered with a signature, verified, on disk, and their outcome back with the asker. */
  readonly roundTrips: number;
  readonly roundTripsPerSecond: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

const load = async (
  askers: readonly { readonly asker: Lighthouse; readonly to: string }[],
  { time, outstanding, pairs }: Options,
  signal: AbortSignal,
): Promise<Measured> => {
  const samples: number[] = [];
  const begins = realClock.monotonic() + WARM_UP_MS;
  const ends = begins + time;
  const lane = async (asker: Lighthouse, to: string): Promise<void> => {
    while (!signal.aborted) {
      const asked = realClock.monotonic();
      if (asked >= ends) return;
      await asker.ask({ to, message: "May I deploy revision 4f1c to production?", schema });
      const now = realClock.monotonic();
      if (asked >= begins && now <= ends) samples.push(now - asked);
    }
  };
  await Promise.all(askers.flatMap(({ asker, to }) => Array.from({ length: outstanding }, () => lane(asker, to))));
  samples.sort((a, b) => a - b);
  const at = (share: number): number =>
    Math.round((samples[Math.min(samples.length - 1, Math.floor(samples.length * share))] ?? 0) * 100) / 100;
  return {
    ...{ pairs, outstanding, seconds: time / 1_000, roundTrips: samples.length },
    roundTripsPerSecond: Math.round(samples.length / (time / 1_000)),
    ...{ p50Ms: at(0.5), p90Ms: at(0.9), p99Ms: at(0.99), maxMs: at(1) },
  };
};

const schema = { type: "object", properties: { approve: { type: "boolean" } }, required: ["approve"] } as const;

const lines = ({ roundTrips, roundTripsPerSecond, p50Ms, p90Ms, p99Ms, maxMs }: Measured): readonly string[] => [
  `${roundTripsPerSecond} round trips/s (${roundTrips} in all)`,
  `ask to outcome: p50 ${p50Ms} ms, p90 ${p90Ms} ms, p99 ${p99Ms} ms, longest ${maxMs} ms`,
  "The load ran in one process on the same machine, and took its share of it.",
];

function parseTime(text: string): number {
  const ms = parseDuration(text);
  if (ms < 1_000 || ms > TIME_MS_MAX) throw new InvalidArgumentError("From 1s to 60s.");
  return ms;
}

function parseCount(max: number): (text: string) => number {
  return (text) => {
    const count = Number(text);
    if (!Number.isInteger(count) || count < 1 || count > max) throw new InvalidArgumentError(`From 1 to ${max}.`);
    return count;
  };
}
