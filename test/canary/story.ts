import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { WebSocket } from "ws";
import { enrolmentRequest, ownKey, signedLogin, signedRotation } from "../../src/client/proof.ts";
import { answerCore, answerTyp, type Offer } from "../../src/domain/answer.ts";
import { base64url, fromBase64url } from "../../src/signing/digest.ts";
import { signJws } from "../../src/signing/jws.ts";
import { ed25519FromSeed, privateKeyToPem } from "../../src/signing/keys.ts";
import { folder } from "../support/processes.ts";
import type { Canary, Surface } from "./plant.ts";

/** Keys of providers, as an operator has them in the environment of the bridge. */
const providerKeys = ["DATADOG_API_KEY", "ELASTIC_API_KEY", "GITHUB_TOKEN", "SLACK_BOT_TOKEN", "PAGERDUTY_API_KEY"];

/**
 * Lives a story of a bridge with telemetry on, in which every kind of secret is made, used, misused and sent to where it
 * does not belong; gives back the secrets, and everything that anybody could read afterwards without being their owner.
 */
export const liveStory = async (
  env: Readonly<Record<string, string>>,
): Promise<{ readonly canaries: readonly Canary[]; readonly surfaces: readonly Surface[] }> => {
  const canaries: Canary[] = [];
  const surfaces: Surface[] = [];
  const plant = (what: string, secret: string): string => {
    canaries.push({ what, secret });
    return secret;
  };
  const see = (where: string, text: string): void => void surfaces.push({ where, text });

  const keys = Object.fromEntries(
    providerKeys.map((name, i) => [name, plant(name, `canary${i}${base64url(new Uint8Array(24).fill(40 + i))}`)]),
  );
  const collector = await collect(see);
  const home = folder({ ...env, ...keys });
  try {
    mkdirSync(home.data, { mode: 0o700 });
    const master = plant("master secret", base64url(new Uint8Array(32).map((_, i) => i * 7 + 3)));
    writeFileSync(join(home.data, "master.key"), `${master}\n`, { mode: 0o600 });
    const logKey = privateKeyToPem(ed25519FromSeed(new Uint8Array(32).fill(77)));
    plant("log's signing key", logKey.split("\n")[1] ?? "");
    writeFileSync(join(home.data, "log.key"), logKey, { mode: 0o600 });
    const monitoring = join(home.cwd, "monitoring.yaml");
    writeFileSync(monitoring, monitoringWith(collector.port));

    const serving = home.start("serve", "--port", "0", "--monitoring", monitoring);
    const url = /listens on (\S+)/.exec(await serving.printed(/listens on \S+\n/))?.[1] ?? "";
    see("/proc/PID/cmdline", commandLine(serving.child.pid));
    const operator = JSON.parse(readFileSync(join(home.data, "operator.json"), "utf8")) as Handed;
    plant("operator's token", operator.token);
    plant("operator's MAC key", operator.macSecret);

    /** Calls, and keeps what came back: whole if it is a refusal, and never from who is given a secret by it. */
    const call = async <T>(
      path: string,
      token: string | undefined,
      body?: unknown,
      givesSecret = false,
    ): Promise<T> => {
      const reply = await fetch(`${url}${path}`, {
        ...(body === undefined ? {} : { method: "POST", body: typeof body === "string" ? body : JSON.stringify(body) }),
        headers: {
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          accept: "application/json, text/event-stream",
        },
      });
      const text = await reply.text();
      if (reply.status >= 400 || !givesSecret) see(`reply to ${path.split("?")[0]} (${reply.status})`, text);
      return (text.startsWith("{") ? JSON.parse(text) : {}) as T;
    };
    const add = async (name: string): Promise<Handed> => {
      const added = await call<Handed>("/v1/agents", operator.token, { name, roles: ["expert"] }, true);
      plant(`token of ${name}`, added.token);
      plant(`MAC key of ${name}`, added.macSecret);
      return added;
    };

    const [alice, bob] = [await add("alice"), await add("bob")];

    // An agent with a key of its own: invitation, key, login, rotation.
    const invited = await call<Handed>("/v1/invitations", operator.token, { name: "carol", roles: ["expert"] }, true);
    plant("invitation", invited.token);
    const seed = new Uint8Array(32).fill(11);
    plant("agent's own key", base64url(seed));
    const [own, next] = [ed25519FromSeed(seed), ed25519FromSeed(new Uint8Array(32).fill(12))];
    const stamp = async () => ({
      agent: "carol",
      challenge: (await call<{ readonly challenge: string }>("/v1/challenges", undefined, {})).challenge,
      iat: Math.floor(Date.now() / 1000),
    });
    const audience = invited.audience;
    const enrolment = enrolmentRequest(audience, invited.token, own, await stamp());
    const enrolled = await call<Handed>("/v1/enrolments", invited.token, enrolment, true);
    plant("MAC key of carol", enrolled.macSecret);
    await call("/v1/enrolments", invited.token, enrolment);
    const login = signedLogin(audience, own, await stamp());
    const session = await call<Handed>("/v1/sessions", undefined, { login }, true);
    plant("token of a login", session.token);
    await call("/v1/sessions", undefined, { login });
    await call("/v1/keys/rotate", session.token, {
      rotation: signedRotation(audience, [ownKey(own), ownKey(next)], next, await stamp()),
    });

    // A webhook and its secret; a URL with a password is refused.
    const hook = await call<{ readonly secret?: string }>(
      "/v1/webhook",
      bob.token,
      { url: "https://1.1.1.1/hook" },
      true,
    );
    plant("webhook secret", hook.secret ?? "");
    const password = plant("password in a URL", "hunter2hunter2hunter2");
    await call("/v1/webhook", bob.token, { url: `https://bob:${password}@example.com/` });
    await fetch(`${url}/v1/webhook`, { method: "DELETE", headers: { authorization: `Bearer ${bob.token}` } });

    // Questions: answered, declined, refused for every reason that looks at a secret.
    const ask = async (): Promise<Offer> => {
      const { id } = await call<{ readonly id: string }>("/v1/elicitations", alice.token, {
        to: "bob",
        message: "Which one?",
      });
      const { items } = await call<{ readonly items: readonly { readonly offer: Offer }[] }>("/v1/inbox", bob.token);
      return items.find(({ offer }) => offer.id === id)?.offer as Offer;
    };
    let seq = 0;
    const signed = (offer: Offer, by: Handed, reply: Parameters<typeof answerCore>[1]) => {
      const secret = fromBase64url(by.macSecret) ?? new Uint8Array();
      const core = answerCore(offer, reply, ++seq, Math.floor(Date.now() / 1000));
      return signJws(core, [{ alg: "HS256", kid: by.macKid, secret }], answerTyp);
    };
    const first = await ask();
    const answerAt = `/v1/elicitations/${first.id}/answer`;
    await call(answerAt, bob.token, { answer: signed(first, alice, { action: "accept", content: 1 }) });
    await call(answerAt, alice.token, { answer: signed(first, bob, { action: "accept", content: 1 }) });
    await call(answerAt, bob.token, {
      answer: { payload: bob.token, signatures: [{ protected: bob.token, signature: bob.macSecret }] },
    });
    await call(answerAt, bob.token, { answer: signed(first, bob, { action: "accept", content: 1 }) });
    const second = await ask();
    const form = await call<{ readonly path: string }>(`/v1/elicitations/${second.id}/form`, bob.token, {}, true);
    plant("token of a form", form.path.split("#")[1] ?? "");
    await call(`/v1/elicitations/${second.id}/form`, alice.token, {});
    await call(`/v1/elicitations/${second.id}/answer`, bob.token, {
      answer: signed(second, bob, { action: "decline", reason: "no" }),
    });

    // Secrets in the wrong place, and wrong secrets in the right one.
    const wrong = plant("somebody's other token", `lht_${base64url(new Uint8Array(32).fill(90))}`);
    for (const path of ["/v1/inbox", "/v1/agents", "/mcp"]) await call(path, wrong);
    await call(
      "/v1/enrolments",
      plant("a guessed invitation", `lhe_${base64url(new Uint8Array(32).fill(91))}`),
      enrolment,
    );
    await call(`/v1/inbox?token=${alice.token}`, alice.token);
    await call(`/v1/inbox?access_token=${alice.token}`, undefined);
    await call("/v1/elicitations", alice.token, { to: "bob", message: "m", token: alice.token });
    await call("/v1/elicitations", alice.token, { to: "bob", message: 1, macSecret: alice.macSecret });
    await call("/v1/elicitations", alice.token, `{"token": "${alice.token}"`);
    await call("/v1/agents", alice.token, { name: "mallory", roles: ["admin"] });
    await call("/mcp", alice.token, { jsonrpc: "2.0", id: 1, method: "nothing", params: { token: alice.token } });
    await refusedSocket(url, wrong);

    // What agents and operators read.
    for (const tool of ["lighthouse_inbox", "lighthouse_agents", "lighthouse_events", "lighthouse_receipt"]) {
      await call("/mcp", alice.token, mcpCall(tool, tool === "lighthouse_receipt" ? { id: first.id } : {}));
    }
    for (const path of ["/v1/agents", "/v1/agents/carol", "/v1/agents/bob", "/health", "/metrics", "/openapi.json"]) {
      await call(path, operator.token);
    }
    for (let after: number | null = 0; after !== null; ) {
      const page: { readonly next: number | null } = await call(`/v1/events?limit=1000&after=${after}`, operator.token);
      after = page.next;
    }
    await call(`/v1/agents/bob/suspend`, operator.token, { reason: "probe" });
    await call("/v1/inbox", bob.token);
    await call(`/v1/agents/bob/revoke`, operator.token, { reason: "probe" });
    await call("/v1/inbox", bob.token);

    // Other processes: what they are started with, and what they print.
    for (const args of [
      ["events", "query", "--all", "--json"],
      ["agent", "list"],
      ["agent", "show", "carol"],
      ["doctor"],
      ["log", "verify"],
      ["monitoring", "render", "--file", monitoring, "--out", join(home.cwd, "rendered")],
      ["ask", "nobody", "?", "--as", join(home.data, "operator.json")],
    ]) {
      const running = home.start(...args).child;
      see("/proc/PID/cmdline", commandLine(running.pid));
      const ended = await home.run(...args);
      see(`output of ${args.slice(0, 2).join(" ")}`, `${ended.out}${ended.err}`);
    }

    serving.child.kill("SIGTERM");
    const { out, err } = await serving.ended;
    see("standard output of the bridge", out);
    see("standard error of the bridge", err);
    for (const [path, text] of filesBelow(join(home.cwd, "rendered"))) see(`rendered ${path}`, text);
    // Whoever reads a backup of the log has no secret by it; the files that hold secrets say so by their mode.
    for (const [path, text] of filesBelow(home.data)) {
      if (!/^(master\.key|log\.key|operator\.json)$/.test(path)) see(`data folder: ${path}`, text);
    }
    return { canaries: canaries.filter(({ secret }) => secret !== ""), surfaces };
  } finally {
    await home.cleanUp();
    collector.close();
  }
};

interface Handed {
  readonly token: string;
  readonly macKid: string;
  readonly macSecret: string;
  readonly audience: string;
}

/** Takes whatever telemetry is sent to it; what it got is a surface like any other. */
const collect = async (see: (where: string, text: string) => void) => {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      see(`telemetry at ${request.url}`, Buffer.concat(chunks).toString("latin1"));
      response.writeHead(200, { "content-type": "application/json" }).end("{}");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { port: (server.address() as AddressInfo).port, close: () => server.close() };
};

/** Log lines on standard output, traces and logs to a collector, and references to secrets of products that are only rendered for. */
const monitoringWith = (port: number): string => `
environment: test
logging:
  elasticsearch: { endpoint: "http://127.0.0.1:${port}", api_key: "\${ELASTIC_API_KEY}" }
tracing:
  jaeger: { endpoint: "http://127.0.0.1:${port}", sampler_type: always }
alerting:
  slack: { bot_token: "\${SLACK_BOT_TOKEN}" }
  pagerduty: { api_key: "\${PAGERDUTY_API_KEY}" }
`;

const commandLine = (pid: number | undefined): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return "";
  }
};

/** A WebSocket that offers a credential as a browser does, and is turned away. */
const refusedSocket = (url: string, token: string): Promise<void> =>
  new Promise((resolve) => {
    const socket = new WebSocket(`${url.replace("http", "ws")}/ws`, ["lighthouse.v1", `bearer.${token}`]);
    socket.on("error", () => resolve());
    socket.on("open", () => socket.close());
    socket.on("close", () => resolve());
  });

const mcpCall = (name: string, args: object) => ({
  jsonrpc: "2.0",
  id: 1,
  method: "tools/call",
  params: { name, arguments: args },
});

const filesBelow = (folderPath: string): readonly (readonly [string, string])[] =>
  readdirSync(folderPath, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(folderPath.length + 1), readFileSync(path, "latin1")] as const;
    });
