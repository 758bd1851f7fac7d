import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Credential, connect } from "../src/client/index.ts";
import { row, startBridge } from "./support.ts";

/**
 * What an emergency rollback takes: a real bridge in its own process with so many agents, of which some are connected,
 * and so many questions pending in the push arm; then `lighthouse rollback`, the command as people type it. Prints the
 * seven durations as they are recorded in the log, and checks the incident's report.
 *
 *   node bench/rollback.ts [--agents 1000] [--pending 10000] [--connected 200] [--runs 1]
 */
const { values } = parseArgs({
  options: {
    agents: { type: "string", default: "1000" },
    pending: { type: "string", default: "10000" },
    connected: { type: "string", default: "200" },
    runs: { type: "string", default: "1" },
  },
});
const [agents, pending, connected, runs] = [
  Number(values.agents),
  Number(values.pending),
  Number(values.connected),
  Number(values.runs),
];
const repository = new URL("..", import.meta.url).pathname;

interface RolledBack {
  readonly durationMs: number;
  readonly lost: number;
  readonly steps: readonly { readonly step: string; readonly durationMs: number; readonly found: string }[];
}

const one = async (): Promise<{
  readonly result: RolledBack;
  readonly totalMs: number;
  readonly statement: string;
}> => {
  // Ten questions for each agent from one asker would be over what one asker may have open.
  const bridge = await startBridge({ agents });
  try {
    const operator = JSON.parse(readFileSync(join(bridge.data, "operator.json"), "utf8")) as Credential;
    const credentialOf = (agent: (typeof bridge.agents)[number]): Credential => ({
      url: bridge.url,
      audience: operator.audience,
      agent: agent.name,
      token: agent.token,
      macKid: agent.key.kid,
      macSecret: Buffer.from(agent.key.secret as Uint8Array).toString("base64url"),
    });
    const asked = await ask(bridge, pending);
    // Connected, pushed to, and silent: their questions are offered and stay open.
    const listeners = await Promise.all(
      bridge.agents.slice(0, connected).map(async (agent) => {
        const client = await connect({ credential: credentialOf(agent) });
        void (async () => {
          for await (const _question of client.questions()) if (pending < 0) break;
        })().catch(() => undefined);
        return client;
      }),
    );
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const began = performance.now();
    const result = await rollback(bridge.data);
    const totalMs = performance.now() - began;
    for (const client of listeners) client.close();
    const folder = join(bridge.data, "incidents");
    const file = readdirSync(folder).find((name) => name.endsWith(".json")) ?? "";
    const { data_loss } = JSON.parse(readFileSync(join(folder, file), "utf8")) as {
      readonly data_loss: { readonly statement: string; readonly inFlight: number };
    };
    if (data_loss.inFlight < asked) throw new Error(`${asked} were pending, the report knows ${data_loss.inFlight}`);
    return { result, totalMs, statement: data_loss.statement };
  } finally {
    await bridge.stop();
  }
};

/** Spread evenly over askers and targets, many at once. */
const ask = async (bridge: Awaited<ReturnType<typeof startBridge>>, count: number): Promise<number> => {
  const AT_ONCE = 64;
  let n = 0;
  const worker = async (): Promise<void> => {
    while (n < count) {
      const i = n++;
      const from = bridge.agents[i % bridge.agents.length];
      const to = bridge.agents[(i + 1) % bridge.agents.length];
      const reply = await fetch(`${bridge.url}/v1/elicitations`, {
        method: "POST",
        headers: { authorization: `Bearer ${from?.token}`, "content-type": "application/json" },
        body: JSON.stringify({
          to: to?.name,
          message: `question ${i}`,
          schema: { type: "boolean" },
          timeoutMs: 3_600_000,
        }),
      });
      if (reply.status !== 201) throw new Error(`asking: ${reply.status} ${await reply.text()}`);
      await reply.arrayBuffer();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return count;
};

const rollback = (data: string): Promise<RolledBack> =>
  new Promise((resolve, reject) => {
    const args = [join(repository, "bin/lighthouse.js"), "rollback", "--reason", "bench", "--json"];
    const child = spawn(process.execPath, args, {
      env: { ...process.env, LIGHTHOUSE_DATA: data },
      stdio: ["ignore", "pipe", "inherit"],
    });
    let out = "";
    child.stdout.on("data", (text: Buffer) => {
      out += text.toString();
    });
    child.once("close", (code) => {
      if (code === 0) resolve(JSON.parse(out) as RolledBack);
      else reject(new Error(`lighthouse rollback ended with ${code}: ${out}`));
    });
  });

console.log(`${agents} agents, ${connected} of them connected, ${pending} questions pending in the push arm`);
for (let run = 1; run <= runs; run++) {
  const { result, totalMs, statement } = await one();
  console.log(`\nrun ${run}`);
  for (const [i, { step, durationMs, found }] of result.steps.entries()) {
    row(`${i + 1} ${step}`, `${durationMs} ms`);
    if (step === "drain" || step === "verify_log") console.log(`    ${found}`);
  }
  row("first event to last step, from the log", `${result.durationMs} ms`);
  row("the whole command, its start included", `${Math.round(totalMs)} ms`);
  console.log(statement);
  if (result.lost > 0) process.exitCode = 1;
}
