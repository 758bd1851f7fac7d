import { payloadType, svrType } from "../../src/review/certificate/statement.ts";
import { momentOf, sha256Of } from "../../src/review/digest.ts";
import type { FindingCode } from "../../src/review/verify/finding.ts";
import { canonical } from "../../src/signing/canonical.ts";
import { signDsse } from "../../src/signing/dsse.ts";
import { DAY, keys, policy, reviewed, type Scene, signOff, subject, T0, writtenLog } from "./review-scene.ts";

/**
 * Lies told by whoever holds the issuer's key: each signs again, properly. What is rejected, and under which name, is
 * the whole point of a certificate.
 */

type Loose = { [name: string]: Loose } & Loose[] & (string | number | boolean) & null;
export interface Parts {
  statement: { subject: Loose; predicate: Loose; predicateType: string };
  lines: string[];
  evidence: Map<string, Uint8Array>;
}

export const partsOf = (scene: Scene): Parts => {
  const [first = "", ...lines] = Buffer.from(scene.bundle).toString("utf8").trimEnd().split("\n");
  const { payload } = JSON.parse(first) as { readonly payload: string };
  return { statement: JSON.parse(Buffer.from(payload, "base64").toString()), lines, evidence: new Map(scene.evidence) };
};

export const bundleOf = ({ statement, lines }: Parts, signers = [keys.issuer]): Uint8Array =>
  Buffer.from(
    [canonical(signDsse(payloadType, canonical(statement), signers)), ...lines].map((l) => `${l}\n`).join(""),
  );

/** The bundle as the liar signs it, and the evidence that goes with it. */
export const toldLie = (scene: Scene, lie: (parts: Parts) => void, signers = [keys.issuer]) => {
  const parts = partsOf(scene);
  lie(parts);
  return { bundle: bundleOf(parts, signers), evidence: parts.evidence };
};

export const go = reviewed();
const conditional = reviewed({ alerts: false, condition: "owned" });
const noGo = reviewed({ alerts: false, condition: "open" });
const waived = reviewed({ alerts: false, condition: "waived" });
const objected = reviewed({ decisions: { sec: "object" } });

export type Lie = readonly [
  what: string,
  on: Scene,
  lie: (parts: Parts) => void,
  code: FindingCode,
  /** The place that is named. */
  pointer: RegExp,
];

const p = ({ statement }: Parts) => statement.predicate;
const check = (parts: Parts, n: number) => p(parts)["checks"]?.[n] as Loose;
const measured = (parts: Parts, n: number) => check(parts, n)["measurements"]?.[0] as Loose;
const set = (target: Loose | undefined, name: string, value: unknown): void => {
  (target as unknown as { [member: string]: unknown })[name] = value;
};
const drop = (target: Loose | undefined, n: number): void => void (target as unknown as unknown[]).splice(n, 1);
const runOf = (parts: Parts) =>
  JSON.parse(
    Buffer.from((JSON.parse(parts.lines[0] as string) as { payload: string }).payload, "base64").toString(),
  ) as { subject: Loose; predicate: Loose };
/** The liar holds the prober's key too. */
const resignRun = (parts: Parts, change: (run: { subject: Loose; predicate: Loose }) => void): void => {
  const run = runOf(parts);
  change(run);
  const line = canonical(signDsse(payloadType, canonical(run), [keys.prober]));
  parts.lines[0] = line;
  set(p(parts)["inputs"]?.[0]?.["digest"], "sha256", sha256Of(line));
};
const put = (parts: Parts, value: unknown): { sha256: string; bytes: number } => {
  const bytes = Buffer.from(JSON.stringify(value));
  const sha256 = sha256Of(bytes);
  parts.evidence.set(sha256, bytes);
  return { sha256, bytes: bytes.byteLength };
};
const other = (scene: Scene, wish: Parameters<typeof reviewed>[0]): Parts =>
  partsOf(reviewed(wish ?? { issuedAt: scene.now }));
const record = (parts: Parts, has: string): Loose => {
  const records = p(parts)["log"]?.["records"] as unknown as Loose[];
  return records.find((one) => String(one["record"]).includes(has)) as Loose;
};
const dropRecord = (parts: Parts, has: string): void => {
  const records = p(parts)["log"]?.["records"] as unknown as Loose[];
  records.splice(
    records.findIndex((one) => String(one["record"]).includes(has)),
    1,
  );
};
const asGo = (parts: Parts): void => {
  set(p(parts), "verdict", "GO");
  set(p(parts), "rolloutPercent", 100);
  set(p(parts), "reasons", []);
};

export const lies: readonly Lie[] = [
  // Numbers.
  ["P99 is 0.1 ms", go, (x) => set(measured(x, 0), "value", 0.1), "number", /checks\/0\/measurements\/0\/value$/],
  [
    "there were 100,000 samples",
    go,
    (x) => set(measured(x, 0), "n", 100_000),
    "number",
    /checks\/0\/measurements\/0\/n$/,
  ],
  ["the estimate is better than the bound", go, (x) => set(measured(x, 0), "estimate", 0.1), "number", /estimate$/],
  [
    "the picture is prettier",
    go,
    (x) => set(measured(x, 0)["quantiles"]?.[5], "value", 1),
    "number",
    /quantiles\/5\/value$/,
  ],
  [
    "a share of 0 is 1",
    conditional,
    (x) => set(measured(x, 2), "value", 1),
    "number",
    /checks\/2\/measurements\/0\/value$/,
  ],
  ["what is not within is within", conditional, (x) => set(measured(x, 2), "within", true), "number", /within$/],
  ["the number has another unit", go, (x) => set(measured(x, 0), "unit", "µs"), "number", /unit$/],
  [
    "a second, finer measurement",
    go,
    (x) =>
      (check(x, 0)["measurements"] as unknown as unknown[]).push({ ...(measured(x, 0) as object), value: 1 } as object),
    "number",
    /checks\/0\/measurements$/,
  ],
  // Checks.
  ["a failed check passed", conditional, (x) => set(check(x, 2), "state", "pass"), "outcome", /checks\/2\/state$/],
  ["a failed check is gone", conditional, (x) => drop(p(x)["checks"], 2), "checks", /checks$/],
  [
    "a check is there twice, the failed one not",
    conditional,
    (x) => set(p(x)["checks"], "2", check(x, 0)),
    "outcome",
    /checks\/2\/id$/,
  ],
  ["the probe was a newer one", go, (x) => set(check(x, 0)["probe"], "version", 9), "outcome", /probe\/version$/],
  ["a blocker is a minor matter", go, (x) => set(check(x, 1), "severity", "minor"), "outcome", /severity$/],
  ["a check has a kinder title", go, (x) => set(check(x, 0), "title", "P50 under load"), "outcome", /title$/],
  [
    "the run took longer than it did",
    go,
    (x) => set(check(x, 0), "startedAt", momentOf(T0 - DAY)),
    "outcome",
    /startedAt$/,
  ],
  [
    "a pass with another check's evidence",
    go,
    (x) => set(check(x, 2), "evidence", check(x, 0)["evidence"]),
    "outcome",
    /checks\/2\/evidence/,
  ],
  ["a pass without evidence", go, (x) => set(check(x, 0), "evidence", []), "schema", /checks\/0\/evidence$/],
  ["a pass without a number", go, (x) => set(check(x, 0), "measurements", []), "schema", /checks\/0\/measurements$/],
  ["a fifth state", go, (x) => set(check(x, 0), "state", "excellent"), "schema", /checks\/0/],
  ["a number for what was not run", go, (x) => set(check(x, 0), "state", "not-run"), "schema", /checks\/0/],
  ["five stars", go, (x) => set(check(x, 0), "stars", 5), "schema", /checks\/0\/stars$/],
  ["the sabotage self-test never was", go, (x) => set(check(x, 1), "selfTest", undefined), "outcome", /selfTest$/],
  [
    "evidence is fresher than it is",
    go,
    (x) => set(check(x, 0)["evidence"]?.[0]?.["annotations"], "collectedAt", momentOf(T0 + 1)),
    "outcome",
    /collectedAt$/,
  ],
  // Waivers.
  [
    "a waiver never ends",
    waived,
    (x) => set(check(x, 2)["waiver"], "until", "9999-12-31T00:00:00.000Z"),
    "outcome",
    /waiver\/until$/,
  ],
  ["a waiver without an end", waived, (x) => set(check(x, 2)["waiver"], "until", undefined), "schema", /checks\/2/],
  [
    "a waiver that nobody gave",
    conditional,
    (x) => {
      const { measurements, evidence, state: _, ...rest } = check(x, 2) as unknown as { [member: string]: unknown };
      const waiver = { condition: "co_1", by: "admin", reason: "fine", until: momentOf(T0 + DAY) };
      set(p(x)["checks"], "2", {
        ...rest,
        state: "waived",
        waiver,
        underlying: { state: "fail", measurements, evidence },
      });
    },
    "outcome",
    /checks\/2/,
  ],
  ["what is waived had passed", waived, (x) => set(check(x, 2)["underlying"], "state", "pass"), "schema", /checks\/2/],
  // Verdict.
  ["NO-GO is GO", noGo, asGo, "verdict", /verdict$/],
  ["CONDITIONAL is GO", conditional, asGo, "verdict", /verdict$/],
  ["CONDITIONAL may go to all", conditional, (x) => set(p(x), "rolloutPercent", 100), "verdict", /rolloutPercent$/],
  ["there was no reason", noGo, (x) => set(p(x), "reasons", []), "verdict", /reasons$/],
  ["it keeps for a year", go, (x) => set(p(x), "validUntil", momentOf(T0 + 365 * DAY)), "validity", /validUntil$/],
  ["it was issued tomorrow", go, (x) => set(p(x), "issuedAt", momentOf(T0 + 2 * DAY)), "not-yet", /issuedAt$/],
  [
    "it was issued when the evidence was fresh",
    reviewed({ issuedAt: T0 + 30 * DAY }),
    (x) => {
      asGo(x);
      set(p(x), "issuedAt", momentOf(T0 + 60_000));
    },
    "outcome",
    /checks/,
  ],
  // Policy.
  [
    "a weaker policy was meant",
    go,
    (x) => set(p(x)["policy"]?.["digest"], "sha256", sha256Of(canonical({ ...policy, checks: [] }))),
    "policy",
    /policy\/digest\/sha256$/,
  ],
  ["the policy has another name", go, (x) => set(p(x)["policy"], "name", "strict"), "policy", /policy\/name$/],
  // Build.
  [
    "it was another build",
    go,
    (x) => set((x.statement.subject as Loose)[0]?.["digest"], "sha256", "f".repeat(64)),
    "subject",
    /subject/,
  ],
  ["the configuration does not matter", go, (x) => drop(x.statement.subject, 1), "schema", /subject$/],
  [
    "the build twice, the rules not at all",
    go,
    (x) => set((x.statement.subject as Loose)[2], "name", "build"),
    "subject",
    /subject/,
  ],
  // Runs and evidence.
  [
    "the run is another, unsigned one",
    go,
    (x) => set(p(x)["inputs"]?.[0]?.["digest"], "sha256", "e".repeat(64)),
    "inputs",
    /inputs\/0$/,
  ],
  [
    "no run at all",
    go,
    (x) => {
      set(p(x), "inputs", []);
      drop(x.lines as unknown as Loose, 0);
    },
    "outcome",
    /checks\/0\/state$/,
  ],
  ["a bad run is passed over", go, (x) => void set(p(x), "inputs", []), "inputs", /^$/],
  [
    "the run of an older review",
    go,
    (x) => {
      x.lines[0] = other(go, { run: (run) => ({ ...run, review: "rv-1" }) }).lines[0] as string;
      set(p(x)["inputs"]?.[0]?.["digest"], "sha256", sha256Of(x.lines[0]));
    },
    "run",
    /review$/,
  ],
  [
    "the run of another build",
    go,
    (x) => {
      x.lines[0] = other(go, { subject: subject.map((one) => ({ ...one, digest: { sha256: "a".repeat(64) } })) })
        .lines[0] as string;
      set(p(x)["inputs"]?.[0]?.["digest"], "sha256", sha256Of(x.lines[0]));
    },
    "subject",
    /subject$/,
  ],
  [
    "the issuer measured it himself",
    go,
    (x) => {
      const line = canonical(signDsse(payloadType, canonical(runOf(x)), [keys.issuer]));
      x.lines[0] = line;
      set(p(x)["inputs"]?.[0]?.["digest"], "sha256", sha256Of(line));
    },
    "prober",
    /prober$/,
  ],
  [
    "a stranger measured it",
    go,
    (x) => {
      const line = canonical(signDsse(payloadType, canonical(runOf(x)), [keys.stranger]));
      x.lines[0] = line;
      set(p(x)["inputs"]?.[0]?.["digest"], "sha256", sha256Of(line));
    },
    "signature",
    /signatures$/,
  ],
  [
    "evidence of last week (with the prober's key)",
    go,
    (x) =>
      resignRun(x, ({ predicate }) =>
        set(predicate["results"]?.[0]?.["evidence"]?.[0]?.["annotations"], "collectedAt", momentOf(T0 - 7 * DAY)),
      ),
    "outcome",
    /checks\/0/,
  ],
  [
    "another check's evidence (with the prober's key)",
    go,
    (x) =>
      resignRun(x, ({ predicate }) =>
        set(predicate["results"]?.[1], "evidence", predicate["results"]?.[2]?.["evidence"]),
      ),
    "outcome",
    /checks\/1/,
  ],
  [
    "only one sample (with the prober's key)",
    go,
    (x) =>
      resignRun(x, ({ predicate }) => {
        const { sha256, bytes } = put(x, { ms: [1], ended: ["accepted"] });
        const file = predicate["results"]?.[0]?.["evidence"]?.[0] as Loose;
        set(file["digest"], "sha256", sha256);
        set(file["annotations"], "bytes", bytes);
      }),
    "outcome",
    /checks\/0/,
  ],
  [
    "evidence that is not kept",
    go,
    (x) => void x.evidence.delete(evidenceOf(x, 0)),
    "evidence-missing",
    /evidence\/0$/,
  ],
  [
    "evidence with one slow answer left out",
    go,
    (x) => {
      const bytes = Buffer.from(x.evidence.get(evidenceOf(x, 0)) as Uint8Array).toString();
      x.evidence.set(evidenceOf(x, 0), Buffer.from(bytes.replace("[2,", "[1,")));
    },
    "evidence-altered",
    /evidence\/0$/,
  ],
  // Conditions.
  [
    "a condition was never opened",
    noGo,
    (x) => {
      set(p(x), "conditions", []);
      asGo(x);
    },
    "condition",
    /conditions$/,
  ],
  [
    "a condition is gone from the log too",
    noGo,
    (x) => {
      set(p(x), "conditions", []);
      dropRecord(x, "condition.opened");
      asGo(x);
    },
    "verdict",
    /verdict$/,
  ],
  [
    "the census is gone",
    conditional,
    (x) => {
      dropRecord(x, "condition.census");
      asGo(x);
    },
    "verdict",
    /verdict$/,
  ],
  [
    "an open condition is closed",
    conditional,
    (x) => set(p(x)["conditions"]?.[0], "standing", "closed"),
    "condition",
    /standing$/,
  ],
  [
    "a condition has another owner",
    conditional,
    (x) => set(p(x)["conditions"]?.[0], "owner", "nobody"),
    "condition",
    /owner$/,
  ],
  [
    "a condition is due next year",
    conditional,
    (x) => set(p(x)["conditions"]?.[0], "due", momentOf(T0 + 365 * DAY)),
    "condition",
    /due$/,
  ],
  [
    "the story is a nicer one",
    go,
    (x) => set(p(x)["conditions"]?.[0]?.["story"]?.[0], "detail", "nothing happened"),
    "condition",
    /story\/0\/detail$/,
  ],
  [
    "the log says something else",
    conditional,
    (x) => {
      const r = record(x, "condition.opened");
      set(r, "record", String(r["record"]).replace('"major"', '"minor"'));
    },
    "log-proof",
    /log\/records\/\d+$/,
  ],
  [
    "an event that is not in the log",
    conditional,
    (x) => {
      const r = record(x, "condition.acknowledged");
      set(r, "record", String(r["record"]).replace("acknowledged", "closed").replace('"owner":"olga"', '"digest":"a"'));
    },
    "log-proof",
    /log\/records\/\d+$/,
  ],
  [
    "a proof from elsewhere in the tree",
    go,
    (x) => set(record(x, "condition.opened"), "path", record(x, "condition.census")["path"]),
    "log-proof",
    /log\/records\/\d+$/,
  ],
  [
    "a log of the liar's own",
    noGo,
    (x) => {
      const log = writtenLog(keys.stranger.privateKey);
      log.add(
        "census",
        { type: "condition.census", data: { review: "rv-2", conditions: [], signOffs: [] } },
        "issuer-agent",
        T0 + 90_000,
      );
      set(p(x), "log", log.facts());
      asGo(x);
    },
    "log-checkpoint",
    /log\/checkpoint$/,
  ],
  [
    "the checkpoint of another log",
    go,
    (x) => set(p(x)["log"], "origin", "elsewhere.example"),
    "log-checkpoint",
    /log/,
  ],
  // Sign-offs.
  [
    "an objection was an approval",
    objected,
    (x) => {
      set(p(x)["signOffs"]?.[1], "decision", "approve");
      asGo(x);
    },
    "sign-off",
    /signOffs\/1\/decision$/,
  ],
  [
    "an objection is left out",
    objected,
    (x) => {
      drop(p(x)["signOffs"], 1);
      asGo(x);
    },
    "sign-off",
    /signOffs$/,
  ],
  [
    "an objection is left out, in the log's records too",
    objected,
    (x) => {
      drop(p(x)["signOffs"], 1);
      dropRecord(x, '"elicitation/el_sec"');
      asGo(x);
    },
    "verdict",
    /verdict$/,
  ],
  [
    "who said nothing approved",
    reviewed({ decisions: { sec: "silent" } }),
    (x) => {
      set(p(x), "signOffs", [
        p(x)["signOffs"]?.[0],
        { ...(p(x)["signOffs"]?.[0] as object), agent: "sec", roles: ["security-architect"] },
      ]);
      asGo(x);
    },
    "sign-off",
    /signOffs$/,
  ],
  [
    "two swapped their sign-offs",
    go,
    (x) => {
      const [a, b] = [p(x)["signOffs"]?.[0]?.["agent"], p(x)["signOffs"]?.[1]?.["agent"]];
      set(p(x)["signOffs"]?.[0], "agent", b);
      set(p(x)["signOffs"]?.[1], "agent", a);
    },
    "sign-off",
    /signOffs\/0\/agent$/,
  ],
  [
    "one of them has two roles",
    go,
    (x) => set(p(x)["signOffs"]?.[0], "roles", ["devops-engineer", "security-architect"]),
    "sign-off",
    /roles$/,
  ],
  ["their reasons were others", go, (x) => set(p(x)["signOffs"]?.[0], "reason", "flawless"), "sign-off", /reason$/],
  [
    "they signed off something else",
    reviewed({ decisions: { sec: signOff("sec", "el_sec", "approve", "b".repeat(64)) } }),
    asGo,
    "verdict",
    /verdict$/,
  ],
  [
    "a colleague signed for them",
    reviewed({ decisions: { sec: signOff("sec", "el_sec", "approve", "b".repeat(64), keys.dev) } }),
    asGo,
    "verdict",
    /verdict$/,
  ],
  [
    "the answer is to another question",
    reviewed({ decisions: { sec: signOff("sec", "el_dev", "approve", "b".repeat(64)) } }),
    asGo,
    "verdict",
    /verdict$/,
  ],
  // The rest.
  ["somebody else issued it", go, (x) => set(p(x), "issuer", "the-board"), "issuer", /issuer$/],
  ["a thorough profile was run", go, (x) => set(p(x), "profile", "production"), "run", /profile$/],
  ["it is of another review", go, (x) => set(p(x), "review", "rv-9"), "run", /review$/],
  [
    "the result for other tools is kept without GO",
    conditional,
    (x) => x.lines.push(partsOf(go).lines[1] as string),
    "svr",
    /^$/,
  ],
  [
    "the result for other tools promises more",
    go,
    (x) => {
      const svr = {
        ...x.statement,
        predicateType: svrType,
        predicate: {
          verifier: { id: "me" },
          timeCreated: momentOf(T0),
          properties: ["PERFECT"],
          policies: [p(x)["policy"]],
        },
      };
      x.lines[1] = canonical(signDsse(payloadType, canonical(svr), [keys.issuer]));
    },
    "svr",
    /predicate$/,
  ],
  [
    "a second certificate stands behind the first",
    go,
    (x) => x.lines.push(canonical(signDsse(payloadType, canonical(partsOf(noGo).statement), [keys.issuer]))),
    "altered",
    /^$/,
  ],
  ["a note in the margin", go, (x) => set(p(x), "note", "trust me"), "schema", /note$/],
];

const evidenceOf = (parts: Parts, n: number): string =>
  (check(parts, n)["evidence"]?.[0]?.["digest"]?.["sha256"] as unknown as string) ?? "";
