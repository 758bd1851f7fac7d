import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type Credential, connect } from "../../src/client/index.ts";

const root = resolve(import.meta.dirname, "../..");

/** A process on the stage: everything it says is kept, and can be waited for. */
export interface Player {
  readonly process: ChildProcess;
  readonly says: (text: string) => Promise<void>;
  readonly output: () => string;
  /** Exit code; null when it was killed. */
  readonly left: Promise<number | null>;
}

/** How long anybody on the stage is waited for. */
const PATIENCE_MS = 15_000;

/** A folder of its own, and real processes in it, all of which leave when the curtain falls. */
export const stage = () => {
  const folder = mkdtempSync(join(tmpdir(), "lighthouse-demo-"));
  const data = join(folder, "data");
  const players = new Set<Player>();

  const enter = (name: string, script: string, args: readonly string[], stdin = ""): Player => {
    const child = spawn(process.execPath, [join(root, script), ...args], {
      cwd: folder,
      env: { ...process.env, LIGHTHOUSE_DATA: data, NO_COLOR: "1" },
    });
    let said = "";
    let heard: () => void = () => undefined;
    const hear = (text: Buffer): void => {
      said += text.toString();
      heard();
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.stdin.on("error", () => undefined).end(stdin);
    const left = new Promise<number | null>((resolveLeft) => child.once("close", resolveLeft));
    const player: Player = {
      process: child,
      left,
      output: () => said,
      says: (text) =>
        new Promise((resolveSaid, reject) => {
          const fail = (why: string): void =>
            reject(new Error(`${name} ${why} saying ${JSON.stringify(text)}:\n${said}`));
          const late = setTimeout(() => fail(`waited ${PATIENCE_MS} ms without`), PATIENCE_MS);
          left.then(() => fail("left without"));
          heard = () => {
            if (!said.includes(text)) return;
            clearTimeout(late);
            resolveSaid();
          };
          heard();
        }),
    };
    players.add(player);
    return player;
  };

  return {
    /** `lighthouse …`, as a person types it. */
    lighthouse: (args: readonly string[], stdin = ""): Player =>
      enter(`lighthouse ${args[0]}`, "bin/lighthouse.js", args, stdin),
    /** One of the agents beside this folder, with the credential of that name. */
    agent: (name: string): Player => enter(name, `examples/agents/${name}.ts`, [join(data, "agents", `${name}.json`)]),
    /** What `lighthouse agent add` does, for all of them over one connection. */
    register: async (agents: readonly { readonly name: string; readonly kind: "ai" | "human" }[]): Promise<void> => {
      const operator = JSON.parse(readFileSync(join(data, "operator.json"), "utf8")) as Credential;
      await using client = await connect({ credential: operator });
      mkdirSync(join(data, "agents"), { mode: 0o700 });
      for (const agent of agents) {
        const credential = await client.agents.add(agent);
        writeFileSync(join(data, "agents", `${agent.name}.json`), JSON.stringify(credential), { mode: 0o600 });
      }
    },
    fall: async (): Promise<void> => {
      for (const { process: child } of players) if (child.exitCode === null) child.kill("SIGKILL");
      await Promise.all([...players].map(({ left }) => left));
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

export type Stage = ReturnType<typeof stage>;
