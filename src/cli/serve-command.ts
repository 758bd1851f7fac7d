import { Command, InvalidArgumentError, Option } from "commander";
import { LogCorrupt, LogUnavailable } from "../bridge/log/log.ts";
import { defaultDataFolder, FolderProblem } from "./data-folder.ts";
import type { ServeOptions } from "./serve.ts";
import { version } from "./version.ts";

const DEFAULT_PORT = 8765;

/** `lighthouse serve`: runs a bridge until it is told to stop. */
export const serveCommand = (): Command =>
  new Command("serve")
    .description("Run a bridge on its embedded log until Ctrl-C.")
    .addOption(
      new Option("--data <folder>", "where the log and the secrets live")
        .env("LIGHTHOUSE_DATA")
        .default(defaultDataFolder),
    )
    .addOption(
      new Option("--port <port>", "port for HTTP and WebSocket; 0 takes a free one")
        .env("LIGHTHOUSE_PORT")
        .default(DEFAULT_PORT)
        .argParser(Number),
    )
    .addOption(new Option("--host <address>", "address to listen on").env("LIGHTHOUSE_HOST").default("127.0.0.1"))
    .addOption(
      new Option("--tls-cert <file>", "certificate with its chain, PEM; needed to listen beyond loopback").env(
        "LIGHTHOUSE_TLS_CERT",
      ),
    )
    .addOption(
      new Option("--tls-key <file>", "its private key, PEM, readable by its owner alone").env("LIGHTHOUSE_TLS_KEY"),
    )
    .option("--behind-proxy", "instead of a certificate: say that a proxy in front ends TLS")
    .addOption(
      new Option(
        "--master-file <file>",
        "where the master secret is (default: master.key in the data folder, made by the first start; " +
          "LIGHTHOUSE_MASTER_SECRET gives the secret itself)",
      ).env("LIGHTHOUSE_MASTER_FILE"),
    )
    .option("--name <uri>", "this bridge's name in everything that is signed (only when the folder is new)")
    .option("--allow-private-webhooks", "let agents' webhooks lead to loopback and private networks")
    .option(
      "--allow-origin <origin...>",
      "let pages of this origin call the bridge, as https://app.example",
      parseOrigin,
    )
    .option("--monitoring <file>", "a monitoring.yaml (default: the one in the data folder, if there is one)")
    .option("--json", "print one JSON line when ready, instead of sentences")
    .addHelpText(
      "after",
      "\nExit codes: 0 stopped when told to, 1 a fault, 2 something to put right first (it says what).",
    )
    .action(async (options: ServeOptions & { readonly json?: true }) => {
      const say = (text: string): void => void process.stderr.write(`${text}\n`);
      try {
        // The other commands should not pay 200 ms for a whole bridge that they do not start.
        const { serve } = await import("./serve.ts");
        const running = await serve(options, version, say);
        if (options.json === true)
          process.stdout.write(`${JSON.stringify({ ready: true, url: running.url, data: options.data })}\n`);
        else say(`Lighthouse listens on ${running.url}\nOperator credential: ${running.operatorFile}`);
        await untilToldToStop();
        say("stopping: no new work, finishing what is under way (Ctrl-C again to leave at once)");
        await running.stop();
      } catch (problem) {
        const words = inWords(problem, options);
        if (words === undefined) throw problem;
        say(`lighthouse: ${words}`);
        process.exit(2);
      }
    });

/** What a person can put right, and how; undefined for a fault of ours. */
const inWords = (problem: unknown, { host, port, data }: ServeOptions): string | undefined => {
  if (problem instanceof FolderProblem || problem instanceof LogUnavailable) return problem.message;
  if (problem instanceof Error && problem.name === "PolicyProblem")
    return `${data}/policy.cedar cannot be used, so nothing would be allowed: ${problem.message}`;
  if (problem instanceof Error && problem.name === "WrongMaster") return `${data}: ${problem.message}`;
  if (problem instanceof LogCorrupt) {
    return `the log in ${data} was changed from outside (${problem.message}). Run \`lighthouse log verify\` and restore a backup with \`lighthouse log restore\`; nothing was written.`;
  }
  const { code } = problem as NodeJS.ErrnoException;
  if (code === "EADDRINUSE")
    return `port ${port} on ${host} is taken: stop what holds it, or choose another with --port`;
  if (code === "EACCES" || code === "EADDRNOTAVAIL")
    return `cannot listen on ${host}:${port} (${code}): choose another with --host and --port`;
  return undefined;
};

const parseOrigin = (text: string, before: readonly string[] = []): readonly string[] => {
  if (URL.parse(text)?.origin !== text) throw new InvalidArgumentError("An origin is a scheme, a host and a port.");
  return [...before, text];
};

const untilToldToStop = (): Promise<void> =>
  new Promise((resolve) => {
    const stop = (): void => {
      process.once("SIGINT", () => process.exit(130));
      process.once("SIGTERM", () => process.exit(143));
      resolve();
    };
    process.once("SIGINT", stop);
    process.once("SIGTERM", stop);
  });
