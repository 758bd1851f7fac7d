import { spawn } from "node:child_process";
import { type ClientName, clientNames, NotOurs, TOKEN_VARIABLE } from "../connect/client.ts";
import { placeHere, readText } from "../connect/disk.ts";
import { filesOf } from "../connect/files.ts";
import { version } from "../version.ts";
import { realScheduler } from "../world.ts";
import { type Finding, notRun, ok, problem } from "./finding.ts";

const TRY_MS = 15_000;

/** Starts what each connected client would start, exactly as its files say, and makes one call through it. */
export const connectedClients = async (): Promise<readonly Finding[]> => {
  const findings: Finding[] = [];
  for (const client of clientNames) {
    for (const file of filesOf(client, placeHere())) {
      const text = readText(file.path);
      if (text === null) continue;
      findings.push(...(await tried(client, file.path, text, file.read)));
    }
  }
  return findings.length > 0
    ? findings
    : [
        notRun(
          "clients",
          "none is connected in this folder; `lighthouse connect claude-code --as <agent>` connects one",
        ),
      ];
};

const tried = async (
  client: ClientName,
  path: string,
  text: string,
  read: ReturnType<typeof filesOf>[number]["read"],
): Promise<readonly Finding[]> => {
  const again = `\`lighthouse connect ${client} --as <agent>\` writes it anew.`;
  let configured: ReturnType<typeof read>;
  try {
    configured = read(text);
  } catch (error) {
    const why = error instanceof NotOurs ? error.message : "it cannot be read";
    return [problem(client, "usage", `${path}: ${why}`, "Mend the file; its client cannot read it either.")];
  }
  const { server, hooks = {}, posts = {} } = configured;
  const findings: Finding[] = [];
  if (server !== undefined) {
    const said = await throughServer(server);
    findings.push(
      said.ok
        ? ok(client, `${path}: its tools answer, and it is ${said.agent}`)
        : problem(client, "fault", `${path}: ${said.why}`, again),
    );
  }
  for (const [event, command] of Object.entries(hooks)) {
    const why = await throughShell(command);
    if (why !== undefined) findings.push(problem(client, "fault", `${path}: the hook ${event} ${why}`, again));
  }
  const count = Object.keys(hooks).length;
  if (count > 0 && findings.length === 0) findings.push(ok(client, `${path}: ${count} hooks run`));
  const urls = [...new Set(Object.values(posts))];
  for (const url of urls) findings.push(await throughPost(client, path, url, again));
  return findings;
};

/** Posts an event that nothing is said at, so that nothing is offered. */
const throughPost = async (client: ClientName, path: string, url: string, again: string): Promise<Finding> => {
  const token = process.env[TOKEN_VARIABLE];
  if (token === undefined)
    return notRun(client, `${path}: its posted hooks, because ${TOKEN_VARIABLE} is not set here`);
  try {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const body = JSON.stringify({ hook_event_name: "Doctor" });
    const { status } = await fetch(url, { method: "POST", headers, body, signal: AbortSignal.timeout(TRY_MS) });
    return status === 200
      ? ok(client, `${path}: posted hooks are answered`)
      : problem(client, "fault", `${path}: the bridge answers a posted hook with ${status}`, again);
  } catch (error) {
    return problem(client, "unreachable", `${path}: ${url} cannot be reached (${(error as Error).message})`, again);
  }
};

type Said = { readonly ok: true; readonly agent: string } | { readonly ok: false; readonly why: string };

/** The handshake that every client can, then one tool that only looks. */
const throughServer = ([command = "", ...args]: readonly string[]): Promise<Said> =>
  new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"] });
    let [out, err] = ["", ""];
    const end = (said: Said): void => {
      cancel();
      child.kill();
      resolve(said);
    };
    const cancel = realScheduler.after(TRY_MS, () => end({ ok: false, why: `says nothing in ${TRY_MS / 1_000} s` }));
    const send = (message: object): void =>
      void child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
    child.stdin.on("error", () => undefined);
    child.on("error", (error) => end({ ok: false, why: `cannot be started (${error.message})` }));
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      err += text;
    });
    child.on("close", (code) => end({ ok: false, why: `ended with ${code}: ${err.trim().split("\n").at(-1) ?? ""}` }));
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      out += text;
      for (const line of out.split("\n").slice(0, -1)) {
        const { id, result } = JSON.parse(line) as Reply;
        if (id === 1) {
          send({ method: "notifications/initialized" });
          send({ id: 2, method: "tools/call", params: { name: "lighthouse_agents", arguments: {} } });
        }
        if (id === 2) {
          const { you, error } = result?.structuredContent ?? {};
          end(you === undefined ? { ok: false, why: `${error?.title} ${error?.detail}` } : { ok: true, agent: you });
        }
      }
      out = out.slice(out.lastIndexOf("\n") + 1);
    });
    const clientInfo = { name: "lighthouse-doctor", version };
    send({ id: 1, method: "initialize", params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo } });
  });

interface Reply {
  readonly id?: number;
  readonly result?: {
    readonly structuredContent?: {
      readonly you?: string;
      readonly error?: { readonly title: string; readonly detail: string };
    };
  };
}

/** A hook is silent about what is wrong with it unless it is told to speak. Its output goes nowhere, so it offers nothing. */
const throughShell = (command: string): Promise<string | undefined> =>
  new Promise((resolve) => {
    const env = { ...process.env, LIGHTHOUSE_DEBUG: "1", LIGHTHOUSE_HOOK_DRY: "1" };
    const child = spawn(command, { shell: true, stdio: ["pipe", "ignore", "pipe"], env });
    let err = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      err += text;
    });
    child.stdin.on("error", () => undefined).end("{}");
    const cancel = realScheduler.after(TRY_MS, () => child.kill());
    child.on("error", (error) => resolve(`cannot be started (${error.message})`));
    child.on("close", (code) => {
      cancel();
      resolve(code === 0 && err === "" ? undefined : `fails (${code ?? "no end"}): ${err.trim()}`);
    });
  });
