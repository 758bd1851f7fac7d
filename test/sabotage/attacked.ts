import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { clock, scheduler } from "../../src/client/world.ts";
import type { Attack } from "../../src/review/attack/attack.ts";
import type { Hooks, Noticed } from "../../src/review/attack/result.ts";
import { type AttackReport, runAttacks } from "../../src/review/attack/run.ts";
import { type Folder, folder, type Serving } from "../support/processes.ts";
import { type Sabotage, sabotaged } from "./sabotage.ts";

/** How long an invitation lives on these bridges, in milliseconds: short enough to see one expire. */
const INVITATION_MS = 1_000;
/** A disk that is slow for a while must not put these bridges into an emergency, in which they refuse the positive controls. */
const APPEND_MS_MAX = 60_000;

/** Starts a real bridge with its sources so altered, attacks it with everything a host can lend, and takes it away. */
export const attacked = async (
  attacks: readonly Attack[],
  sabotage: readonly Sabotage[],
  patienceMs: number,
): Promise<AttackReport> => {
  const home = folder(sabotage.length === 0 ? {} : sabotaged(...sabotage));
  try {
    mkdirSync(home.data, { mode: 0o700 });
    const limits = { invitationMs: INVITATION_MS, emergencyAppendP99MsMax: APPEND_MS_MAX };
    writeFileSync(join(home.data, "limits.json"), JSON.stringify({ limits }));
    const serving = await home.serve();
    const { token } = JSON.parse(readFileSync(join(home.data, "operator.json"), "utf8")) as { readonly token: string };
    return await runAttacks({
      target: { url: serving.url, token },
      attacks,
      patienceMs,
      clock,
      scheduler,
      rng: { bytes: (size) => randomBytes(size) },
      hooks: lent(home, serving, attacks, sabotage),
    });
  } finally {
    await home.cleanUp();
  }
};

const lent = (home: Folder, first: Serving, attacks: readonly Attack[], sabotage: readonly Sabotage[]): Hooks => {
  let serving = first;
  const hooks: Hooks = {
    restart: async () => {
      await serving.crash();
      serving = await home.serve();
      return serving.url;
    },
    tell: async ({ subject, position }) => {
      const page = ["--after", String(position - 1), "--limit", "1", "--stream", subject];
      const told = await home.run("events", "query", ...page);
      // Under its day.
      return told.out.trimEnd().split("\n").at(-1) ?? "";
    },
    storeEvidence: async (name) => storedUnder(home, name, sabotage),
  };
  // Without the bridge that it stops, nothing can be cleaned up: lent only where it is used.
  if (!attacks.some(({ needs }) => needs === "editLog")) return hooks;
  return { ...hooks, editLog: () => edited(home, serving) };
};

/** Lets the review's own folder store something under this name, in a process that is altered as the bridge is. */
const storedUnder = (home: Folder, name: string, sabotage: readonly Sabotage[]): Noticed => {
  const script = new URL("store-evidence.ts", import.meta.url).pathname;
  const env = { ...process.env, ...(sabotage.length === 0 ? {} : sabotaged(...sabotage)) };
  const { status, stderr } = spawnSync(process.execPath, [script, home.cwd, JSON.stringify(name)], { env });
  return { noticed: status === 3, says: status === 0 ? "stored" : stderr.toString().trim() };
};

/** Puts other words into a stored question, in the database file itself. */
const edited = async (home: Folder, serving: Serving): Promise<Noticed> => {
  await serving.stop();
  const file = new DatabaseSync(join(home.data, "events.db"));
  const { changes } = file
    .prepare(
      "UPDATE event SET record = replace(record, 'Which one?', 'Which two?') WHERE position = " +
        "(SELECT max(position) FROM event WHERE type = 'elicitation.asked')",
    )
    .run();
  file.close();
  if (changes !== 1) throw new Error(`${changes} events were edited`);
  const verified = await home.run("log", "verify");
  return { noticed: verified.code === 7, says: `exit ${verified.code}: ${`${verified.out}${verified.err}`.trim()}` };
};
