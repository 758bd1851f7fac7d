import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Check } from "../src/client/exchange.ts";
import type { Exchange } from "../src/domain/exchange.ts";
import { type Folder, folder } from "./support/processes.ts";

const root = resolve(import.meta.dirname, "..");
const page = readFileSync(join(root, "docs/verify.md"), "utf8");
const blocks = [...page.matchAll(/^```(sh|js|python)\n([\s\S]+?)^```$/gm)].map(([, language = "", text = ""]) => ({
  language,
  text,
}));

let f: Folder;
let file: string;
let exchange: Exchange;
const bobsKid = (): string => exchange.keys.find(({ agent, alg }) => agent === "bob" && alg === "Ed25519")?.kid ?? "";

beforeAll(async () => {
  f = folder();
  await f.serve();
  for (const name of ["alice", "bob"]) {
    const { out } = await f.run("agent", "invite", name);
    const enrolled = await f.runWith(out, "agent", "enrol", name);
    expect([enrolled.code, enrolled.err]).toEqual([0, enrolled.err]);
  }
  const schema = '{"type":"object","properties":{"port":{"type":"integer"}},"required":["port"]}';
  const asked = await f.run("ask", "bob", "Which pört?", "--schema", schema, "--as", "alice", "--no-wait");
  const id = asked.out.trim();
  const answered = await f.run("answer", id, "--content", '{"port":8765}', "--as", "bob");
  expect([answered.code, answered.err]).toEqual([0, answered.err]);
  file = join(f.cwd, "exchange.json");
  const verified = await f.run("verify", id, "--as", "alice", "--export", file, "--json");
  expect(verified.code).toBe(0);
  expect(verified.json<{ checks: readonly Check[] }>().checks.map(({ verdict }) => verdict)).not.toContain("fails");
  exchange = JSON.parse(readFileSync(file, "utf8")) as Exchange;
});
afterAll(() => f.cleanUp());

/** Runs the page's blocks in order, all `sh` blocks in one shell, and says how each ended. */
const followPage = (
  given: Exchange,
): readonly { readonly language: string; readonly ok: boolean; readonly out: string }[] => {
  const cwd = mkdtempSync(join(tmpdir(), "lighthouse-verify-"));
  try {
    symlinkSync(join(root, "node_modules"), join(cwd, "node_modules"));
    writeFileSync(join(cwd, "exchange.json"), JSON.stringify(given));
    let shell = "set -e\n";
    return blocks.map(({ language, text }) => {
      if (language === "sh") shell += text;
      writeFileSync(join(cwd, "block.mjs"), text);
      writeFileSync(join(cwd, "block.py"), text);
      const [program, args] =
        language === "sh"
          ? ["bash", ["-c", shell]]
          : language === "js"
            ? [process.execPath, ["block.mjs"]]
            : ["python3", ["block.py"]];
      try {
        return { language, ok: true, out: execFileSync(program, args, { cwd, encoding: "utf8", stdio: "pipe" }) };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") throw error;
        const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
        return { language, ok: false, out: stdout + stderr };
      }
    });
  } finally {
    rmSync(cwd, { recursive: true });
  }
};

describe("docs/verify.md, followed with openssl, jq, python3 and jose", () => {
  test("accepts an exchange as it was exported", () => {
    const told = followPage(exchange);
    expect(told.map(({ ok, out }) => (ok ? "ok" : out))).toEqual(blocks.map(() => "ok"));
    const all = told.map(({ out }) => out).join("\n");
    expect(all).toContain("the key is the one of that id");
    expect(all).toContain("Signature Verified Successfully");
    expect(all).toContain('bob says to alice: accept {"port":8765}');
    expect(all).toContain("it answers this question");
    expect(all).toContain("elicitation.accepted is in the log of lighthouse://");
  });

  const payloadOf = (change: object): string => {
    const core = JSON.parse(Buffer.from(exchange.answer?.payload ?? "", "base64url").toString("utf8")) as object;
    return Buffer.from(JSON.stringify({ ...core, ...change })).toString("base64url");
  };
  const tampered: Readonly<Record<string, () => Exchange>> = {
    "another content": () =>
      ({
        ...exchange,
        answer: { ...exchange.answer, payload: payloadOf({ content: 1 }) },
      }) as Exchange,
    "another question": () => JSON.parse(JSON.stringify(exchange).replaceAll("Which pört?", "Which door?")) as Exchange,
    "another key under the same id": () =>
      ({
        ...exchange,
        keys: exchange.keys.map((key) =>
          key.kid === bobsKid()
            ? { ...key, jwk: exchange.keys.find(({ agent, jwk }) => agent === "alice" && jwk)?.jwk }
            : key,
        ),
      }) as Exchange,
    "another place in the log": () =>
      ({
        ...exchange,
        log: {
          ...exchange.log,
          events: exchange.log?.events.map((event) => ({ ...event, position: event.position - 1 })),
        },
      }) as Exchange,
    "a checkpoint of another root": () =>
      ({
        ...exchange,
        log: {
          ...exchange.log,
          events: exchange.log?.events.map((event) => {
            const [origin, size, , ...rest] = event.checkpoint.split("\n");
            return { ...event, checkpoint: [origin, size, Buffer.alloc(32).toString("base64"), ...rest].join("\n") };
          }),
        },
      }) as Exchange,
    "a key that was revoked before": () =>
      ({
        ...exchange,
        keys: exchange.keys.map((key) =>
          key.kid === bobsKid() ? { ...key, revoked: { position: 1, time: 1, reason: "stolen" } } : key,
        ),
      }) as Exchange,
  };

  test.each(Object.entries(tampered))("refuses %s, and so does lighthouse verify --file", async (_name, make) => {
    const forged = make();
    expect(followPage(forged).some(({ ok }) => !ok)).toBe(true);
    const forgedFile = join(f.cwd, "forged.json");
    writeFileSync(forgedFile, JSON.stringify(forged));
    const judged = await f.run("verify", "--file", forgedFile, "--json");
    expect([judged.code, judged.json<{ ok: boolean }>().ok]).toEqual([7, false]);
  });
});

describe("lighthouse verify --file", () => {
  test("needs no bridge, no data folder and no secret, and says what it did not run", async () => {
    const alone = folder();
    copyFileSync(file, join(alone.cwd, "x.json"));
    const judged = await alone.run("verify", "--file", join(alone.cwd, "x.json"), "--json");
    const { checks } = judged.json<{ checks: readonly Check[] }>();
    expect(judged.code).toBe(0);
    expect(checks.filter(({ verdict }) => verdict === "not run").map(({ name }) => name)).toEqual([
      "question: HS256 by alice#mac1",
      "answer: HS256 by bob#mac1",
    ]);
    await alone.cleanUp();
  });

  test("holds keys and the log against those that the reader has from elsewhere", async () => {
    const kids = exchange.keys.filter(({ jwk }) => jwk !== undefined).map(({ kid }) => kid);
    const logKey = await f.run("keys", "log-key");
    expect(logKey.out.trim()).toBe(exchange.log?.key);
    const trusting = await f.run("verify", "--file", file, "--log-key", logKey.out.trim(), "--trust", ...kids);
    expect([trusting.code, trusting.err]).toEqual([0, ""]);
    const doubting = await f.run("verify", "--file", file, "--trust", "A".repeat(43));
    expect([doubting.code, doubting.out]).toEqual([7, expect.stringContaining("is not among the keys you trust")]);
    const otherLog = "lighthouse://other+00000000+AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    expect((await f.run("verify", "--file", file, "--log-key", otherLog)).code).toBe(7);
  });

  test.each(["[]", "null", '{"v":1,"typ":"lighthouse.exchange"}', '"x"'])("takes %s for what it is", async (text) => {
    const junk = join(f.cwd, "junk.json");
    writeFileSync(junk, text);
    expect((await f.run("verify", "--file", junk)).code).toBe(7);
  });
});
