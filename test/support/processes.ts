import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../..");
const bin = join(root, "bin/lighthouse.js");

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
  /** Standard output as one JSON document. */
  readonly json: <T = never>() => T;
}

/** A running `lighthouse …`, as a user would run it. */
export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves once this has been printed on either stream; rejects when the process ends before. */
  readonly printed: (text: string | RegExp) => Promise<string>;
  readonly type: (text: string) => void;
}

export interface Folder {
  /** The bridge's data folder. */
  readonly data: string;
  /** Where commands run. */
  readonly cwd: string;
  readonly start: (...args: string[]) => Running;
  readonly run: (...args: string[]) => Promise<Ended>;
  /** The same with standard input. */
  readonly runWith: (input: string, ...args: string[]) => Promise<Ended>;
  /** Starts a bridge on a free port, or the given one; resolves when it says that it is ready. */
  readonly serve: (port?: number) => Promise<Serving>;
  /** Ends every process that was started here, and takes the folder away. */
  readonly cleanUp: () => Promise<void>;
}

export interface Serving {
  readonly url: string;
  readonly port: number;
  readonly running: Running;
  /** `kill -9`: nothing is said, nothing is finished. */
  readonly crash: () => Promise<void>;
  readonly stop: () => Promise<Ended>;
}

/** A folder of its own with the real command line in it. `env`: what every process gets besides. */
export const folder = (env: Readonly<Record<string, string>> = {}): Folder => {
  const cwd = mkdtempSync(join(tmpdir(), "lighthouse-"));
  const data = join(cwd, "data");
  const all = new Set<Running>();
  const start = (...args: string[]): Running => {
    const running = launch(args, cwd, { LIGHTHOUSE_DATA: data, ...env });
    all.add(running);
    return running;
  };
  const runWith = async (input: string, ...args: string[]): Promise<Ended> => {
    const running = start(...args);
    running.child.stdin?.end(input);
    return running.ended;
  };
  return {
    data,
    cwd,
    start,
    runWith,
    run: (...args) => runWith("", ...args),
    serve: async (port = 0) => {
      const running = start("serve", "--port", String(port), "--json");
      const url = /"url":"([^"]+)"/.exec(await running.printed(/"url":"[^"]+"/))?.[1] as string;
      return {
        url,
        port: Number(new URL(url).port),
        running,
        crash: async () => {
          running.child.kill("SIGKILL");
          await running.ended;
        },
        stop: () => {
          running.child.kill("SIGTERM");
          return running.ended;
        },
      };
    },
    cleanUp: async () => {
      for (const { child } of all) if (child.exitCode === null) child.kill("SIGKILL");
      await Promise.all([...all].map(({ ended }) => ended));
      rmSync(cwd, { recursive: true, force: true });
    },
  };
};

const launch = (args: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Running => {
  const { LIGHTHOUSE_CREDENTIAL: _, LIGHTHOUSE_URL: __, ...inherited } = process.env;
  const child = spawn(process.execPath, [bin, ...args], { cwd, env: { ...inherited, NO_COLOR: "1", ...env } });
  let [out, err] = ["", ""];
  const listeners = new Set<() => void>();
  const heard = (): void => {
    for (const listener of listeners) listener();
  };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
    heard();
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    err += text;
    heard();
  });
  // Whoever types into a process that has ended hears of it by its end.
  child.stdin.on("error", () => undefined);
  const ended = new Promise<Ended>((resolveEnd) => {
    child.once("close", (code, signal) => {
      const json = <T>(): T => JSON.parse(out) as T;
      resolveEnd({ code, signal, out, err, json });
    });
  });
  return {
    child,
    ended,
    type: (text) => void child.stdin.write(text),
    printed: (wanted) =>
      new Promise((resolvePrinted, reject) => {
        const look = (): void => {
          const all = out + err;
          if (typeof wanted === "string" ? !all.includes(wanted) : !wanted.test(all)) return;
          listeners.delete(look);
          resolvePrinted(all);
        };
        listeners.add(look);
        ended.then(() => reject(new Error(`${args.join(" ")} ended without printing ${wanted}:\n${out}${err}`)));
        look();
      }),
  };
};
