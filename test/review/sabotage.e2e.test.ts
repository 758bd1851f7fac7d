import { spawn } from "node:child_process";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { sabotaged } from "../sabotage/sabotage.ts";
import { type Folder, folder, type Serving } from "../support/processes.ts";
import type { Looked } from "./look.ts";
import { disabled } from "./sabotages.ts";

/** Everything but the load, and, in builds that touch no control of an attack, but those seventy. */
const QUIET = "health,custom-events,log-integrity,backup-restore,restart";
const WITHOUT_LOAD = `${QUIET},attacks`;
const root = resolve(import.meta.dirname, "../..");

let f: Folder | undefined;
afterEach(async () => {
  // The bridge that the restart has begun is nobody's child.
  const pid = f === undefined ? "" : join(f.cwd, "pid");
  if (existsSync(pid)) process.kill(Number(readFileSync(pid, "utf8")), "SIGKILL");
  await f?.cleanUp();
});

/** Starts a bridge under `env`, looks at it under the same, and gives what each check came to. */
const look = async (probes: string, env: Readonly<Record<string, string>>): Promise<readonly Looked[]> => {
  f = folder(env);
  const serving = await f.serve();
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, "look.ts"), serving.url, f.data, probes, restartScript(f, serving)],
    { cwd: root, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] },
  );
  const [out, err] = await Promise.all([textOf(child.stdout), textOf(child.stderr)]);
  if (out === "") throw new Error(err);
  return JSON.parse(out) as readonly Looked[];
};

const textOf = async (stream: NodeJS.ReadableStream): Promise<string> => {
  let text = "";
  for await (const chunk of stream.setEncoding("utf8")) text += chunk;
  return text;
};

/** `kill -9` and a new start on the same port, as whoever runs the bridge would write it down. */
const restartScript = ({ cwd, data }: Folder, { running, port }: Serving): string => {
  const script = join(cwd, "restart.sh");
  const serve = `"${process.execPath}" "${join(root, "bin/lighthouse.js")}" serve --port ${port} --data "${data}"`;
  writeFileSync(
    script,
    `kill -9 ${running.child.pid}\n${serve} >/dev/null 2>&1 </dev/null &\necho $! > "${join(cwd, "pid")}"\n`,
  );
  chmodSync(script, 0o700);
  return `sh "${script}"`;
};

const red = (looked: readonly Looked[]): readonly string[] =>
  looked.filter(({ state }) => state !== "pass").map(({ check }) => check);

/** Not one of them can be tried on a running bridge without tools of its operator (see `attacks-all`). */
const always = ["security.attacks-all"];

describe("probes on a bridge", () => {
  it("are green when every control is on", async () => {
    const looked = await look(`${WITHOUT_LOAD},load`, {});
    expect(red(looked), JSON.stringify(looked, null, 1)).toEqual(always);
  });

  it.each(disabled)("without $control: exactly $reddens", async ({ sabotage, underLoad, afterAttacks, reddens }) => {
    const isAttacked = afterAttacks === true || reddens.includes("security.attacks");
    const looked = await look(underLoad === true ? "load" : isAttacked ? WITHOUT_LOAD : QUIET, sabotaged(sabotage));
    const expected = isAttacked ? [...reddens, ...always] : reddens;
    expect(red(looked).toSorted(), JSON.stringify(looked, null, 1)).toEqual(expected.toSorted());
  });
});
