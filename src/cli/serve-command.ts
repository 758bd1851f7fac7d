import { existsSync } from "node:fs";
import { flushCompileCache } from "node:module";
import { join } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import { command } from "./command.ts";
import { OPERATOR_FILE } from "./credential-file.ts";
import { defaultDataFolder } from "./data-folder.ts";
import { exits } from "./exit.ts";
import { explain, Failure } from "./failure.ts";
import type { ServeOptions } from "./serve.ts";
import { terminal } from "./terminal.ts";
import { version } from "./version.ts";

const DEFAULT_PORT = 8765;

/** `lighthouse serve`: runs a bridge until it is told to stop. */
export const serveCommand = (): Command =>
  command(
    "serve",
    "Run a bridge on its embedded log until Ctrl-C. What is under way then finishes, and it ends with 0.",
    {
      examples: `
      lighthouse serve
      lighthouse serve --port 0 --data ./scratch --json     # a free port; one line of JSON when it is ready
      lighthouse serve --host 0.0.0.0 --tls-cert bridge.pem --tls-key bridge.key`,
      endsWith: ["unverified"],
    },
  )
    .addOption(
      new Option("--data <folder>", "where the log and the secrets live")
        .env("LIGHTHOUSE_DATA")
        .default(defaultDataFolder),
    )
    .addOption(
      new Option("--port <port>", "port for HTTP and WebSocket; 0 takes a free one")
        .env("LIGHTHOUSE_PORT")
        .default(DEFAULT_PORT)
        .argParser(parsePort),
    )
    .addOption(new Option("--host <address>", "address to listen on").env("LIGHTHOUSE_HOST").default("127.0.0.1"))
    .addOption(
      new Option(
        "--tls-cert <file>",
        "certificate with its chain, PEM; needed to listen beyond loopback; read again on SIGHUP",
      ).env("LIGHTHOUSE_TLS_CERT"),
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
    .action(async (options: ServeOptions) => {
      const io = terminal(options.json === true);
      const say = (text: string): void => void process.stderr.write(`${text}\n`);
      const isNew = !existsSync(join(options.data, OPERATOR_FILE));
      try {
        // The other commands should not pay 200 ms for a whole bridge that they do not start.
        const { serve } = await import("./serve.ts");
        const running = await serve(options, version, say);
        io.result({ ready: true, url: running.url, data: options.data }, () => []);
        io.note(`Lighthouse ${version} listens on ${running.url}\nOperator credential: ${running.operatorFile}`);
        if (isNew) io.note("Next, in another terminal: `lighthouse agent add alice`. Ctrl-C here stops the bridge.");
        // Killed, it still leaves what it compiled to the next start, which then takes two thirds of the work.
        flushCompileCache();
        const { renewTls } = running;
        if (renewTls !== undefined) process.on("SIGHUP", renewTls);
        await untilToldToStop();
        say("stopping: no new work, finishing what is under way (Ctrl-C again to leave at once)");
        await running.stop();
      } catch (problem) {
        const explanation = explain(inWords(problem, options));
        io.failed(explanation);
        if (process.env["LIGHTHOUSE_DEBUG"] === "1") console.error(problem);
        process.exit(exits[explanation.exit].code);
      }
    });

/** What only a bridge that starts can run into, and what to do about it. */
const inWords = (problem: unknown, { host, port, data }: ServeOptions): unknown => {
  if (!(problem instanceof Error)) return problem;
  if (problem.name === "PolicyProblem")
    return new Failure("usage", `${data}/policy.cedar cannot be used, so nothing would be allowed: ${problem.message}`);
  if (problem.name === "WrongMaster") return new Failure("usage", `${data}: ${problem.message}`);
  const { code, syscall } = problem as NodeJS.ErrnoException;
  if (syscall === "listen") {
    return new Failure(
      "usage",
      code === "EADDRINUSE" ? `Port ${port} on ${host} is taken.` : `Cannot listen on ${host}:${port} (${code}).`,
      { remedy: "Stop what holds it, or choose another with --port and --host." },
    );
  }
  return problem;
};

const parsePort = (text: string): number => {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError("A port is a whole number from 0 to 65535.");
  return port;
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
