import { spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import type { Policy } from "../../src/review/policy.ts";
import { type Folder, folder } from "../support/processes.ts";

const bin = resolve(import.meta.dirname, "../../bin/lighthouse.js");
let f: Folder;
let url = "";
beforeAll(async () => {
  f = folder();
  ({ url } = await f.serve());
});
afterAll(() => f.cleanUp());

/** A policy of some checks that asks for nobody's sign-off. */
const policyOf = async (name: string, ...checks: readonly string[]): Promise<string> => {
  const { json } = await f.run("review", "policy", "--no-sign-off", "--json");
  const policy = json<Policy>();
  const path = join(f.cwd, `${name}.json`);
  writeFileSync(
    path,
    JSON.stringify({ ...policy, name, checks: policy.checks.filter(({ id }) => checks.includes(id)) }),
  );
  return path;
};

describe("lighthouse review", () => {
  test("does not begin without keys, and says how to make them", async () => {
    const { code, err } = await f.run("review", "run", "--out", "none");
    expect(code).toBe(2);
    expect(err).toContain("`lighthouse review keys init` makes one.");
    expect(existsSync(join(f.cwd, "none"))).toBe(false);
  });

  test("makes two keys that only their owner can read, once", async () => {
    const first = await f.run("review", "keys", "init", "--json");
    expect(first.json()).toMatchObject({ made: ["prober", "issuer"] });
    const path = join(f.data, "review/prober.key");
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const key = readFileSync(path, "utf8");
    expect((await f.run("review", "keys", "init")).out).toContain("already");
    expect(readFileSync(path, "utf8")).toBe(key);
  });

  test("refuses a key that others can read", async () => {
    const path = join(f.data, "review/issuer.key");
    chmodSync(path, 0o644);
    const { code, err } = await f.run("review", "run", "--out", "open-key");
    chmodSync(path, 0o600);
    expect([code, err]).toEqual([2, expect.stringContaining("can be read by others (mode 644)")]);
  });

  test("refuses what is no policy, with every problem", async () => {
    writeFileSync(join(f.cwd, "bad.json"), '{"version":2,"name":"x","checks":[{}]}');
    const { code, err } = await f.run("review", "run", "--out", "bad", "--policy", "bad.json");
    expect(code).toBe(2);
    expect(err).toContain("/version");
    expect(err).toContain("/checks/0/id is missing");
  });

  test("ends with 0 on GO, and its certificate verifies", async () => {
    const policy = await policyOf("small", "operations.health", "events.custom", "integrity.log");
    const { code, json } = await f.run("review", "run", "--policy", policy, "--out", "go", "--json");
    expect([code, json()]).toEqual([0, expect.objectContaining({ verdict: "GO", reasons: [], left: [] })]);
    await f.run("review", "trust", "--policy", policy, "--out", "trust.json");
    const file = "go/certificate.intoto.jsonl";
    const verified = await f.run("certificate", "verify", file, "--trust", "trust.json", "--json");
    expect([verified.code, verified.json()]).toEqual([0, expect.objectContaining({ status: "valid", verdict: "GO" })]);
  });

  test("is demanded by the example of a pipeline: its steps go on with it, and stop with one that was changed", async () => {
    const job = parse(readFileSync(new URL("../../examples/ci/certificate.yml", import.meta.url), "utf8")) as {
      readonly jobs: { readonly certificate: { readonly steps: readonly { readonly run?: string }[] } };
    };
    const steps = job.jobs.certificate.steps.flatMap(({ run = [] }) => run);
    expect(steps).toHaveLength(2);
    cpSync(join(f.cwd, "go"), join(f.cwd, "review"), { recursive: true });
    mkdirSync(join(f.cwd, "ops"));
    cpSync(join(f.cwd, "trust.json"), join(f.cwd, "ops/trust.json"));
    mkdirSync(join(f.cwd, "bin"));
    const npx = `#!/bin/sh\nshift 2\nexec "${process.execPath}" "${bin}" "$@"\n`;
    writeFileSync(join(f.cwd, "bin/npx"), npx, { mode: 0o755 });
    const env = {
      PATH: `${join(f.cwd, "bin")}:${process.env["PATH"]}`,
      GITHUB_STEP_SUMMARY: join(f.cwd, "summary.md"),
    };
    const codes = (): readonly (number | null)[] =>
      steps.map((step) => {
        const script = step.replace(`\${{ vars.BRIDGE_URL }}`, url);
        return spawnSync("sh", ["-ec", script], { cwd: f.cwd, env }).status;
      });
    expect(codes()).toEqual([0, 0]);
    expect(readFileSync(env.GITHUB_STEP_SUMMARY, "utf8")).toContain("# Production Readiness Review Certificate");
    const [first = ""] = readdirSync(join(f.cwd, "review/evidence"));
    writeFileSync(join(f.cwd, "review/evidence", first), "{}");
    expect(codes()[0]).toBe(7);
  });

  test("is stale as soon as the running bridge is configured otherwise", async () => {
    const live = ["--live", url, "--live-data", f.data, "--json"];
    const verify = ["certificate", "verify", "go/certificate.intoto.jsonl", "--trust", "trust.json", ...live];
    expect((await f.run(...verify)).code).toBe(0);
    writeFileSync(join(f.data, "limits.json"), "{}");
    const { code, json } = await f.run(...verify);
    rmSync(join(f.data, "limits.json"));
    expect([code, json()]).toEqual([
      15,
      expect.objectContaining({
        status: "stale",
        findings: [expect.objectContaining({ code: "drift", where: "live", pointer: "/subject/1/digest/sha256" })],
      }),
    ]);
  });

  test("never overwrites a certificate", async () => {
    const { code, err } = await f.run("review", "run", "--out", "go");
    expect([code, err]).toEqual([2, expect.stringContaining("a certificate is never overwritten")]);
  });

  test("ends with 14 on NO-GO, and says what is missing", async () => {
    const policy = await policyOf("watched", "operations.health", "monitoring.scraping");
    const { code, out } = await f.run("review", "run", "--policy", policy, "--out", "no-go");
    expect(code).toBe(14);
    expect(out).toContain("there is no monitoring.yaml (--monitoring)");
    expect(out).toContain("monitoring.scraping is not-run, and nothing is GO without it");
  });

  test("lists what the log knows of reviews", async () => {
    const { json } = await f.run("review", "list", "--json");
    expect(json<{ reviews: { verdict: string }[] }>().reviews.map(({ verdict }) => verdict)).toEqual(["NO-GO", "GO"]);
  });

  test("shows what one of them found, and one check of it with every number", async () => {
    const { code, out } = await f.run("review", "show", "no-go");
    expect([code, out]).toEqual([0, expect.stringMatching(/^not-run +blocker +monitoring\.scraping /m)]);
    expect(out).toContain("NO-GO");
    const one = await f.run("review", "show", "no-go", "--check", "operations.health");
    expect(one.out).toMatch(/within {3}answered-200: 5 pages/);
    expect((await f.run("review", "show", "no-go", "--json")).json()).toMatchObject({ verdict: "NO-GO" });
    const none = await f.run("review", "show", "no-go", "--check", "stars");
    expect([none.code, none.err]).toEqual([2, expect.stringContaining("operations.health, monitoring.scraping")]);
  });

  test("cut off by Ctrl-C, it leaves evidence, no certificate and no agent", async () => {
    const policy = await policyOf("loaded", "operations.health", "performance.p99");
    const running = f.start("review", "run", "--profile", "quick", "--policy", policy, "--out", "cut");
    await running.printed("probed health");
    running.child.kill("SIGINT");
    const { code } = await running.ended;
    expect(code).toBe(130);
    expect(readdirSync(join(f.cwd, "cut"))).toEqual(["evidence"]);
    const agents = (await f.run("agent", "list", "--json")).json<{ agents: { name: string; status: string }[] }>();
    expect(agents.agents.filter(({ name, status }) => name.startsWith("review-") && status === "active")).toEqual([]);
  });
});
