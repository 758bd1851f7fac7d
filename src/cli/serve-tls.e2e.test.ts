import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Folder, folder, type Running } from "../../test/support/processes.ts";
import { selfSigned } from "../../test/support/self-signed.ts";

let there: Folder;
let cert: string;
let key: string;

beforeAll(() => {
  there = folder();
  [cert, key] = [join(there.cwd, "cert.pem"), join(there.cwd, "key.pem")];
  selfSigned(cert, key, { name: "lighthouse-test", for: "127.0.0.1" });
});
afterAll(() => there.cleanUp());

const serving = async (...args: string[]): Promise<{ readonly url: string; readonly running: Running }> => {
  const running = there.start("serve", "--port", "0", "--json", ...args);
  const line = await running.printed(/\{"ready".*\}/);
  const { url } = JSON.parse(/\{"ready".*\}/.exec(line)?.[0] ?? "{}") as { url: string };
  return { url, running };
};

const stop = async ({ child, ended }: Running): Promise<void> => {
  child.kill("SIGTERM");
  await ended;
};

describe("a bridge with a certificate", () => {
  test("is reached by https and wss by whoever trusts it: operators, agents with a token, agents that enrol", async () => {
    const { url, running } = await serving("--tls-cert", cert, "--tls-key", key);
    expect(url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);

    const untrusting = await there.run("agent", "list");
    expect([untrusting.code, untrusting.err]).toEqual([6, expect.stringMatching(/SELF_SIGNED|self-signed/)]);

    const invited = await there.run("agent", "invite", "bob", "--ca", cert, "--json");
    const { token } = invited.json<{ token: string }>();
    const enrolled = await there.runWith(`${token}\n`, "agent", "enrol", "bob", "--url", url, "--ca", cert);
    expect([enrolled.code, enrolled.err]).toEqual([0, expect.not.stringContaining(token)]);
    await there.run("agent", "add", "alice", "--ca", cert);

    const asked = await there.run("ask", "bob", "Ship it?", "--as", "alice", "--ca", cert, "--no-wait");
    const answered = await there.run("answer", asked.out.trim(), "--as", "bob", "--content", "true", "--ca", cert);
    expect([answered.code, answered.err]).toEqual([0, expect.anything()]);
    await stop(running);
  });
});

describe("a bridge that could not keep secrets", () => {
  test.each([
    ["beyond loopback without TLS", ["--host", "0.0.0.0"], "give --tls-cert and --tls-key, or put a proxy"],
    ["with half a pair", ["--tls-cert", "cert.pem"], "--tls-cert needs --tls-key"],
    ["with a key that is another's", ["--tls-cert", "cert.pem", "--tls-key", "other.key"], "is not the private key"],
    ["with a key that others can read", ["--tls-cert", "cert.pem", "--tls-key", "open.key"], "chmod 600"],
    ["with a certificate that is none", ["--tls-cert", "none.pem", "--tls-key", "key.pem"], "is not a certificate"],
  ])("does not start %s, and says what to do", async (_name, args, words) => {
    selfSigned(join(there.cwd, "other.pem"), join(there.cwd, "other.key"), { name: "other", for: "127.0.0.1" });
    writeFileSync(join(there.cwd, "open.key"), readFileSync(key), { mode: 0o600 });
    chmodSync(join(there.cwd, "open.key"), 0o644);
    writeFileSync(join(there.cwd, "none.pem"), "no");
    const ended = await there.run("serve", "--port", "0", ...args);
    expect([ended.code, ended.err]).toEqual([2, expect.stringContaining(words)]);
  });

  test("starts beyond loopback when somebody says that a proxy ends TLS", async () => {
    const { url, running } = await serving("--host", "0.0.0.0", "--behind-proxy");
    expect(url).toMatch(/^http:/);
    await stop(running);
  });
});

describe("the master secret", () => {
  test("gets a new epoch while the bridge is served, is kept for its owner alone, and old answers go on verifying", async () => {
    const { running } = await serving();
    await there.run("agent", "add", "carol");
    const rotated = await there.run("keys", "rotate-master", "--reason", "yearly", "--json");
    expect(rotated.json()).toMatchObject({ epoch: 2 });
    await stop(running);
    const lines = readFileSync(join(there.data, "master.key"), "utf8").trim().split("\n");
    expect(lines).toEqual([expect.stringMatching(/^[\w-]{43}$/), expect.stringMatching(/^2 [\w-]{43}$/)]);

    const again = await serving();
    const shown = await there.run("agent", "rotate", "--as", "carol", "--json");
    expect(shown.json()).toMatchObject({ macKid: "carol#mac2" });
    await stop(again.running);
  });

  test("can come from a file elsewhere or from the environment, and is checked wherever it comes from", async () => {
    const elsewhere = folder();
    const file = join(elsewhere.cwd, "master");
    try {
      const missing = await elsewhere.run("serve", "--port", "0", "--master-file", file);
      expect([missing.code, missing.err]).toEqual([2, expect.stringContaining("does not exist")]);
      writeFileSync(file, "short\n", { mode: 0o600 });
      const short = await elsewhere.run("serve", "--port", "0", "--master-file", file);
      expect([short.code, short.err]).toEqual([2, expect.stringMatching(/line 1, must hold at least 32 bytes/)]);
      expect(short.err).not.toContain("short");
      writeFileSync(file, `${Buffer.alloc(32, 9).toString("base64url")}\n`);
      chmodSync(file, 0o640);
      const open = await elsewhere.run("serve", "--port", "0", "--master-file", file);
      expect([open.code, open.err]).toEqual([2, expect.stringContaining("chmod 600")]);
      chmodSync(file, 0o600);

      const running = elsewhere.start("serve", "--port", "0", "--json", "--master-file", file);
      await running.printed(/"ready"/);
      expect((await elsewhere.run("keys", "rotate-master", "--json")).json()).toMatchObject({ epoch: 2 });
      await stop(running);
      expect(readFileSync(file, "utf8").trim().split("\n")).toHaveLength(2);
      expect(() => readFileSync(join(elsewhere.data, "master.key"))).toThrow("ENOENT");
      expect((await elsewhere.run("log", "verify")).code).toBe(0);

      const text = readFileSync(file, "utf8").trim().replace("\n2 ", ",2:");
      const given = folder({ LIGHTHOUSE_MASTER_SECRET: text, LIGHTHOUSE_DATA: elsewhere.data });
      const fixed = given.start("serve", "--port", "0", "--json");
      await fixed.printed(/"ready"/);
      const refused = await elsewhere.run("keys", "rotate-master");
      expect([refused.code, refused.err]).toEqual([3, expect.stringContaining("cannot write its master secret")]);
      await stop(fixed);
      await given.cleanUp();

      const other = folder({
        LIGHTHOUSE_MASTER_SECRET: Buffer.alloc(32, 1).toString("base64url"),
        LIGHTHOUSE_DATA: elsewhere.data,
      });
      const wrong = await other.run("serve", "--port", "0");
      expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining("master secret")]);
      await other.cleanUp();
    } finally {
      await elsewhere.cleanUp();
    }
  });
});
