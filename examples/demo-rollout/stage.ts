import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type Credential, connect, type Lighthouse } from "../../src/client/index.ts";

const root = resolve(import.meta.dirname, "../..");

/** A process on the stage; everything it says is kept. */
export interface Player {
  readonly process: ChildProcess;
  readonly output: () => string;
  readonly says: (text: string | RegExp) => Promise<string>;
  /** Exit code; null when it was killed. */
  readonly left: Promise<number | null>;
}

export interface Fleet {
  readonly workers: number;
  /** Questions a second, over all of them. */
  readonly rate: number;
  /** How long a question waits for its answer, in milliseconds. */
  readonly timeoutMs?: number;
  readonly deaf?: boolean;
}

const PATIENCE_MS = 120_000;

/** A folder of its own with a real bridge, a fleet of agents that are asked all the time, and the command line. */
export const rolloutStage = async (onLine: (who: string, line: string) => void = () => undefined) => {
  const folder = mkdtempSync(join(tmpdir(), "lighthouse-rollout-"));
  const data = join(folder, "data");
  const players = new Set<Player>();

  const enter = (who: string, script: string, args: readonly string[]): Player => {
    const child = spawn(process.execPath, [join(root, script), ...args], {
      cwd: folder,
      env: { ...process.env, LIGHTHOUSE_DATA: data, NO_COLOR: "1" },
    });
    let said = "";
    const listeners = new Set<() => void>();
    const hear = (text: Buffer): void => {
      said += text.toString();
      for (const line of text.toString().split("\n")) if (line.trim() !== "") onLine(who, line);
      for (const listener of listeners) listener();
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.stdin.on("error", () => undefined);
    const left = new Promise<number | null>((resolveLeft) => child.once("close", resolveLeft));
    const player: Player = {
      process: child,
      left,
      output: () => said,
      says: (text) =>
        new Promise((resolveSaid, reject) => {
          const fail = (why: string): void => reject(new Error(`${who} ${why} saying ${String(text)}:\n${said}`));
          const late = setTimeout(() => fail(`waited ${PATIENCE_MS} ms without`), PATIENCE_MS);
          const listen = (): void => {
            if (typeof text === "string" ? !said.includes(text) : !text.test(said)) return;
            clearTimeout(late);
            listeners.delete(listen);
            resolveSaid(said);
          };
          left.then(() => {
            clearTimeout(late);
            fail("left without");
          });
          listeners.add(listen);
          listen();
        }),
    };
    players.add(player);
    return player;
  };

  const lighthouse = (...args: readonly string[]): Player =>
    enter(`lighthouse ${args.slice(0, 2).join(" ")}`, "bin/lighthouse.js", args);

  let bridge = lighthouse("serve", "--port", "0", "--json");
  const url = /"url":"([^"]+)"/.exec(await bridge.says(/"url":"[^"]+"/))?.[1] ?? "";
  const operator = JSON.parse(readFileSync(join(data, "operator.json"), "utf8")) as Credential;
  const client: Lighthouse = await connect({ credential: operator, patient: true });

  return {
    folder,
    data,
    url,
    client,
    lighthouse,
    /** A file in the folder. */
    write: (name: string, text: string): string => {
      const path = join(folder, name);
      writeFileSync(path, text);
      return path;
    },
    /** Registers a fleet and lets it work. */
    fleet: async ({ workers, rate, timeoutMs = 10_000, deaf = false }: Fleet): Promise<Player> => {
      const files = join(folder, "fleet");
      mkdirSync(files, { mode: 0o700 });
      const names = [...Array.from({ length: workers }, (_, i) => `worker-${i + 1}`), "asker-1", "asker-2"];
      await Promise.all(
        names.map(async (name) => {
          // A system is not slowed down by the rates that protect others from an agent.
          const credential = await client.agents.add({ name, kind: "service", roles: ["system"] });
          writeFileSync(join(files, `${name}.json`), JSON.stringify(credential), { mode: 0o600 });
        }),
      );
      const player = enter("fleet", "examples/demo-rollout/fleet.ts", [
        files,
        String(rate),
        String(timeoutMs),
        ...(deaf ? ["deaf"] : []),
      ]);
      await player.says('"ready"');
      return player;
    },
    /** `kill -9` for the bridge, and the same bridge again. */
    restartBridge: async (): Promise<void> => {
      bridge.process.kill("SIGKILL");
      await bridge.left;
      bridge = lighthouse("serve", "--port", new URL(url).port, "--json");
      await bridge.says('"url"');
    },
    fall: async (): Promise<void> => {
      client.close();
      for (const { process: child } of players) if (child.exitCode === null) child.kill("SIGKILL");
      await Promise.all([...players].map(({ left }) => left));
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

export type RolloutStage = Awaited<ReturnType<typeof rolloutStage>>;
