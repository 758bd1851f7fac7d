/**
 * A bridge is reviewed three times, with the real Prometheus and Alertmanager: bare it is NO-GO, set up it is CONDITIONAL,
 * and once everything has been tried it is GO. Each certificate is checked by somebody who has nothing but a trust file,
 * and so is one in which a number was changed, and one whose raw evidence was. Ends with 0 only if everything came as it
 * should.
 *
 *     npm run demo:review                   writes into ./demo-review
 *     node examples/demo-review.ts FOLDER --patient
 *
 * `--patient`: for a machine on which others work too; latencies are then held against seconds, and the policy says so.
 */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Conducted } from "../src/cli/review/conduct.ts";
import type { ReviewStep } from "../src/review/run.ts";
import { patient } from "../test/review/patient.ts";
import { everyPort, openScene, type Scene } from "../test/review/scene.ts";
import { takeOn } from "../test/review/town.ts";

const say = (text: string): void => void process.stdout.write(`${text}\n`);

const root = resolve(import.meta.dirname, "..");
const isPatient = process.argv.includes("--patient");
const folder = resolve(process.argv.slice(2).find((word) => !word.startsWith("--")) ?? "demo-review");

/** `lighthouse …` as a stranger runs it: without the bridge, its data or any secret. Gives its exit code. */
const lighthouse = (...args: readonly string[]): number | null => {
  say(`$ lighthouse ${args.join(" ")}`);
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, "bin/lighthouse.js"), ...args], {
    cwd: folder,
    encoding: "utf8",
    env: { PATH: process.env["PATH"], NO_COLOR: "1" },
  });
  say(`${stdout}${stderr}`.trimEnd());
  say(`(exit ${status})\n`);
  return status;
};

const expected = (what: string, found: unknown, wanted: unknown): void => {
  if (found !== wanted) throw new Error(`${what}: expected ${wanted}, got ${found}`);
};

const told = (step: ReviewStep): void => {
  switch (step.step) {
    case "probed":
      return say(
        `  ${step.outcomes.filter(({ state }) => state === "pass").length} of ${step.outcomes.length} checks pass`,
      );
    case "not asking":
      return say(`  reviewers are not asked: ${step.because}`);
    case "asked":
      for (const { reviewer, came } of step.asked)
        say(`  ${reviewer.agent} ${came.how === "answered" ? "signed an answer" : came.why}`);
      return;
    case "asking":
    case "conditions":
  }
};

const reviewed = async (
  scene: Scene,
  name: string,
  verdict: Conducted["predicate"]["verdict"],
  more: Parameters<Scene["review"]>[1] = {},
): Promise<Conducted> => {
  const began = performance.now();
  const conducted = await scene.review(name, { ...more, onStep: told });
  const { predicate } = conducted;
  say(`  ${predicate.verdict} after ${((performance.now() - began) / 1000).toFixed(0)} s`);
  for (const { id, state } of predicate.checks) if (state !== "pass") say(`    ${state} ${id}`);
  writeFileSync(join(folder, "trust.json"), `${JSON.stringify(await scene.trust(), null, 2)}\n`);
  const file = `${name}/certificate.intoto.jsonl`;
  lighthouse("certificate", "show", file, "--format", "html", "--out", `${name}/certificate.html`);
  const exits = { GO: 0, CONDITIONAL: 13, "NO-GO": 14 };
  const exit = lighthouse("certificate", "verify", file, "--trust", "trust.json");
  expected(`${name} is found to be`, predicate.verdict, verdict);
  expected(`verifying ${name} ends with`, exit, exits[verdict]);
  return conducted;
};

const play = async (scene: Scene): Promise<void> => {
  say("A bridge runs, with an operator, somebody who mends things and four reviewers. Nothing watches it.");
  await reviewed(scene, "1-bare", "NO-GO");

  say(
    "Prometheus and Alertmanager are set up from one monitoring.yaml, with a placeholder for a key; Olivia takes on the rest.",
  );
  const monitoring = await scene.monitor({
    PAGERDUTY_ROUTING_KEY: "changeme",
    SLACK_WEBHOOK_URL: `${scene.receivers.url}/slack/default`,
  });
  await takeOn(scene.town);
  const watched = { monitoring: monitoring.file, rendered: monitoring.stack.folder };
  await reviewed(scene, "2-set-up", "CONDITIONAL", { ...watched, channels: ["on-call"] });

  say("The key is set, an alert is provoked and followed to a page, and the last review may restart and roll back.");
  monitoring.setSecret("PAGERDUTY_ROUTING_KEY", "9c4e17d20b8f4a63b5d1e0f7a2864c3b");
  await monitoring.drill();
  const ready = await reviewed(scene, "3-ready", "GO", { ...everyPort(scene), ...watched });

  say("What changed between the second and the third:");
  lighthouse("certificate", "diff", "2-set-up/certificate.intoto.jsonl", "3-ready/certificate.intoto.jsonl");

  say("Somebody writes a kinder number into the signed certificate:");
  cpSync(join(folder, "3-ready"), join(folder, "4-other-number"), { recursive: true });
  rewriteNumber(join(folder, "4-other-number/certificate.intoto.jsonl"));
  expected("a changed number", lighthouse(...verify("4-other-number")), 7);

  say("Somebody changes one latency in the raw evidence:");
  cpSync(join(folder, "3-ready"), join(folder, "5-other-evidence"), { recursive: true });
  const load = ready.predicate.checks.find(({ id }) => id === "performance.p99");
  const digest = load !== undefined && "evidence" in load ? (load.evidence[0]?.digest.sha256 ?? "") : "";
  const evidence = join(folder, "5-other-evidence/evidence", digest);
  writeFileSync(evidence, readFileSync(evidence, "utf8").replace(/\d(?=\n \],\n "ended")/, "0"));
  expected("changed evidence", lighthouse(...verify("5-other-evidence")), 7);
};

const verify = (name: string) =>
  ["certificate", "verify", `${name}/certificate.intoto.jsonl`, "--trust", "trust.json"] as const;

/** The number that was measured, as 100 µs; everything else, signatures included, stays as it was. */
const rewriteNumber = (path: string): void => {
  const [first = "", ...others] = readFileSync(path, "utf8").split("\n");
  const envelope = JSON.parse(first) as { readonly payload: string };
  const payload = Buffer.from(envelope.payload, "base64")
    .toString("utf8")
    .replace(/("name":"p99-upper-bound"[^}]*"value":)\d+/, "$1100");
  const line = JSON.stringify({ ...envelope, payload: Buffer.from(payload).toString("base64") });
  writeFileSync(path, [line, ...others].join("\n"));
};

if (existsSync(folder)) {
  say(`${folder} exists: name another folder, or move it away.`);
  process.exit(2);
}
for (const program of ["prometheus", "prometheus-alertmanager"]) {
  if (spawnSync(program, ["--version"]).error !== undefined) {
    say(
      `${program} is not on PATH, and nothing stands in for it here. Install it with: sh test/ops/install-servers.sh`,
    );
    process.exit(2);
  }
}
const scene = await openScene(folder, (policy) =>
  isPatient ? { ...policy, name: "patient-example", checks: policy.checks.map(patient) } : policy,
);
try {
  await play(scene);
  say(`Everything came as it should. The certificates and their pages are in ${folder}`);
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
} finally {
  await scene.close();
  rmSync(join(folder, "keys"), { recursive: true, force: true });
}
