import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { Command } from "commander";
import { type Check, verifyExchange } from "../client/exchange.ts";
import type { Exchange } from "../domain/exchange.ts";
import { fromBase64url } from "../signing/digest.ts";
import { type Act, act, command } from "./command.ts";
import { type ConnectionOptions, connecting, credentialOf, withClient } from "./connection.ts";
import type { Exit } from "./exit.ts";
import { Failure } from "./failure.ts";
import { printableLine } from "./printable.ts";
import { readJson } from "./read-json.ts";

interface Options extends ConnectionOptions {
  readonly json?: boolean;
  readonly file?: string;
  readonly export?: string;
  readonly logKey?: string;
  readonly trust?: readonly string[];
}

/** `lighthouse verify`: a question and its answer, checked without believing the bridge. */
export const verifyCommand = (): Command =>
  connecting(
    command(
      "verify",
      "Check a question and its answer: every signature, what the keys were worth then, that the answer is one to this very " +
        "question, and that all of it stands in the log. With --file, offline and without any secret.",
      {
        examples: `
        lighthouse verify el_01ke5q86009dvk0thzvwqqcan9 --as alice
        lighthouse verify el_01ke5q86009dvk0thzvwqqcan9 --export exchange.json      # for somebody who has no part in it
        lighthouse verify --file exchange.json
        lighthouse verify --file exchange.json --log-key "$(cat log.vkey)" --trust khd1JzpgTh8P6c3kNMc4NzBodtcKqSII0L4SX-ETegc`,
        endsWith: ["refused", "unreachable", "unverified"],
      },
    ),
  )
    .argument("[id]", "the elicitation, on the bridge")
    .option("--file <file>", "an exported exchange instead; needs no bridge")
    .option(
      "--export <file>",
      "also write the exchange there: envelopes, public keys, log proofs; nothing secret but the words",
    )
    .option(
      "--log-key <key>",
      "the log's key (or a file with it), had from elsewhere: `lighthouse keys log-key` prints it to its operator",
    )
    .option("--trust <kid...>", "ids of the keys that you know to be the agents', had from them")
    .action((id: string | undefined, options: Options) =>
      act(options, (doing) => {
        if (options.file !== undefined) return Promise.resolve(judge(fromFile(options.file), [], options, doing));
        if (id === undefined) {
          throw new Failure("usage", "There is nothing to verify.", {
            remedy: "Name an elicitation, or give an exported exchange with --file.",
          });
        }
        return withClient(options, doing, async (client) => {
          const exchange = await client.exchange(id);
          const { macKid: kid, macSecret } = credentialOf(options);
          const secret = fromBase64url(macSecret);
          if (options.export !== undefined) write(options.export, exchange, doing);
          return judge(exchange, secret === undefined ? [] : [{ kid, secret }], options, doing);
        });
      }),
    );

const fromFile = (file: string): unknown => {
  if (!existsSync(file)) throw new Failure("usage", `There is no file ${file}.`, { remedy: "Check the path." });
  return readJson(file, "--file");
};

const write = (file: string, exchange: Exchange, { terminal }: Act): void => {
  writeFileSync(file, `${JSON.stringify(exchange, null, 2)}\n`, { flag: "wx", mode: 0o600 });
  terminal.note(
    `Wrote ${file}. \`lighthouse verify --file ${file}\` checks it offline, docs/verify.md with public tools.`,
  );
};

const judge = (
  exchange: unknown,
  macs: readonly { readonly kid: string; readonly secret: Uint8Array }[],
  { logKey, trust: kids }: Options,
  { terminal }: Act,
): Exit => {
  const checks = verifyExchange(exchange, {
    macs,
    ...(logKey === undefined ? {} : { logKey: readKey(logKey) }),
    ...(kids === undefined ? {} : { kids }),
  });
  const failed = checks.filter(({ verdict }) => verdict === "fails").length;
  const { elicitation = null } = (exchange ?? {}) as Partial<Exchange>;
  terminal.result({ elicitation, ok: failed === 0, checks }, () => [
    ...checks.map((check) => line(check, terminal.style)),
    failed === 0 ? summary(checks) : `DOES NOT VERIFY: ${failed} of ${checks.length} checks fail.`,
  ]);
  return failed === 0 ? "ok" : "unverified";
};

/** Written out, or in a file. */
const readKey = (given: string): string => (existsSync(given) ? readFileSync(given, "utf8") : given).trim();

const marks = { holds: ["green", "holds  "], fails: ["red", "FAILS  "], "not run": ["yellow", "not run"] } as const;

const line = ({ name, verdict, says }: Check, style: Act["terminal"]["style"]): string => {
  const [colour, mark] = marks[verdict];
  return `${style(colour, mark)}  ${printableLine(name)}: ${printableLine(says, 200)}`;
};

const summary = (checks: readonly Check[]): string => {
  const open = checks.filter(({ verdict }) => verdict === "not run").length;
  const isProven = checks.some(({ name, verdict }) => verdict === "holds" && name.startsWith("answer: Ed25519"));
  const rest = open === 0 ? "" : ` ${open} could not be run.`;
  return isProven
    ? `Nothing fails.${rest} The answer is proven to whoever knows that the key is its agent's.`
    : `Nothing fails.${rest} No own key has signed an answer, so this convinces only those who trust the bridge.`;
};
