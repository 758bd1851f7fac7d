import type { KeyObject } from "node:crypto";
import { encodeRecord } from "../../src/bridge/log/record.ts";
import { answerCore, answerTyp, offerOf } from "../../src/domain/answer.ts";
import type { Draft, EventData, Fact } from "../../src/domain/event.ts";
import { signOffLine } from "../../src/domain/sign-off.ts";
import { coreOf, type Inputs } from "../../src/review/certificate/assemble.ts";
import { type Issuing, issueCertificate, signRun } from "../../src/review/certificate/issue.ts";
import type { LogFacts } from "../../src/review/certificate/statement.ts";
import type { ProbeRun, Subject } from "../../src/review/check.ts";
import { momentOf, sha256Of } from "../../src/review/digest.ts";
import type { ResourceDescriptor } from "../../src/review/evidence/descriptor.ts";
import type { Policy } from "../../src/review/policy.ts";
import { readTrust, type Trust, type TrustFile } from "../../src/review/verify/trust.ts";
import { canonical } from "../../src/signing/canonical.ts";
import { signCheckpoint } from "../../src/signing/checkpoint.ts";
import { signJws } from "../../src/signing/jws.ts";
import { ed25519FromSeed, publicJwk, thumbprint } from "../../src/signing/keys.ts";
import { compactRange, leafHash } from "../../src/signing/merkle.ts";
import { inclusionProof } from "../../src/signing/proof.ts";

/** A whole review without a bridge: real keys, a real Merkle tree, real raw evidence. What a liar starts from. */

export const T0 = Date.parse("2026-03-01T12:00:00.000Z");
const HOUR = 3_600_000;
export const DAY = 24 * HOUR;
const origin = "lighthouse.example/prod-1";

const keyOf = (n: number): KeyObject => ed25519FromSeed(new Uint8Array(32).fill(n));
const signer = (key: KeyObject) => ({ keyid: thumbprint(publicJwk(key)), privateKey: key });
export const keys = {
  issuer: signer(keyOf(1)),
  prober: signer(keyOf(2)),
  dev: signer(keyOf(3)),
  sec: signer(keyOf(4)),
  log: keyOf(5),
  stranger: signer(keyOf(6)),
};

export const subject: Subject = [
  { name: "build", digest: { sha256: "1".repeat(64) } },
  { name: "config", digest: { sha256: "2".repeat(64) } },
  { name: "alert-rules", digest: { sha256: "3".repeat(64) } },
];

export const policy: Policy = {
  version: 1,
  name: "test",
  maxAgeMs: 7 * DAY,
  waiverMsMax: 14 * DAY,
  conditionalCapPercent: 25,
  checks: [
    {
      id: "performance.p99",
      title: "P99 under load",
      section: "performance",
      severity: "blocker",
      probe: { id: "load", versionMin: 1 },
      ttlMs: DAY,
      measures: [
        {
          name: "p99",
          unit: "ms",
          how: {
            kind: "percentile",
            rows: { file: "load.json", zip: ["/ms", "/ended"] },
            of: { at: "/0" },
            q: 0.99,
            confidence: 0.95,
            only: [[{ at: "/1" }, "eq", { is: "accepted" }]],
          },
          tolerance: { max: 300 },
          atLeast: 1_000,
        },
      ],
    },
    {
      id: "security.attacks",
      title: "Every attack is refused",
      section: "security",
      severity: "blocker",
      probe: { id: "attacks", versionMin: 1 },
      ttlMs: DAY,
      selfTest: true,
      measures: [
        {
          name: "refused",
          unit: "all",
          how: {
            kind: "all",
            rows: { file: "attacks.json", each: "/attacks" },
            that: [
              [{ at: "/status" }, "in", { is: [401, 403] }],
              [{ at: "/control" }, "eq", { is: 200 }],
            ],
          },
          tolerance: { is: true },
          atLeast: 3,
        },
      ],
    },
    {
      id: "alerting.delivered",
      title: "A test alert arrives on every channel",
      section: "alerting",
      severity: "major",
      probe: { id: "channels", versionMin: 1 },
      ttlMs: DAY,
      measures: [
        {
          name: "delivered",
          unit: "share",
          how: {
            kind: "ratio",
            rows: { file: "channels.json", each: "" },
            that: [[{ at: "/arrived" }, "eq", { is: true }]],
          },
          tolerance: { min: 1 },
        },
      ],
    },
  ],
  signOff: {
    roles: [
      { role: "devops-engineer", approvals: 1 },
      { role: "security-architect", approvals: 1 },
    ],
    quorum: 2,
    ttlMs: 7 * DAY,
  },
};

export interface Wishes {
  readonly policy?: Policy;
  readonly subject?: Subject;
  /** Whether the test alerts arrive. */
  readonly alerts?: boolean;
  readonly run?: (run: ProbeRun) => ProbeRun;
  readonly decisions?: Readonly<Partial<Record<"dev" | "sec", EventData<"elicitation.accepted">["answer"] | string>>>;
  /** Whether the condition was taken on, claimed and closed. */
  readonly condition?: "none" | "open" | "owned" | "claimed" | "closed" | "waived";
  readonly issuedAt?: number;
  readonly issuer?: typeof keys.issuer;
  readonly prober?: typeof keys.prober;
  /** Last chance to change what is signed. */
  readonly inputs?: (inputs: Omit<Inputs, "events" | "runs">) => Omit<Inputs, "events" | "runs">;
  readonly samples?: number;
}

export interface Scene {
  readonly bundle: Uint8Array;
  readonly evidence: Map<string, Uint8Array>;
  readonly trust: Trust;
  readonly trustFile: TrustFile;
  readonly policy: Policy;
  readonly now: number;
  readonly issued: Extract<Issuing, { ok: true }>;
  readonly inputs: Omit<Inputs, "events" | "runs">;
  readonly run: ProbeRun;
}

export const reviewed = (wishes: Wishes = {}): Scene => {
  const about = wishes.subject ?? subject;
  const judgedBy = wishes.policy ?? policy;
  const evidence = new Map<string, Uint8Array>();
  const file = (name: string, value: unknown, at = T0): ResourceDescriptor => {
    const bytes = Buffer.from(JSON.stringify(value));
    const sha256 = sha256Of(bytes);
    evidence.set(sha256, bytes);
    const annotations = { bytes: bytes.byteLength, collectedAt: momentOf(at) };
    return { name, digest: { sha256 }, mediaType: "application/json", annotations };
  };
  const ran = { startedAt: momentOf(T0 - 1_000), endedAt: momentOf(T0) };
  const n = wishes.samples ?? 1_200;
  const latencies = Array.from({ length: n }, (_, i) => 2 + ((i * 7_919) % 997) / 50);
  const attacks = (status: number) => ({
    attacks: ["forged", "replay", "none"].map((name) => ({ name, status, control: 200 })),
  });
  const made: ProbeRun = {
    review: "rv-2",
    prober: "prober-1",
    profile: "staging",
    startedAt: momentOf(T0 - 2_000),
    endedAt: momentOf(T0 + 1_000),
    results: [
      {
        ...ran,
        check: "performance.p99",
        probe: { id: "load", version: 1 },
        state: "ran",
        evidence: [file("load.json", { ms: latencies, ended: latencies.map(() => "accepted") })],
      },
      {
        ...ran,
        check: "security.attacks",
        probe: { id: "attacks", version: 1 },
        state: "ran",
        evidence: [file("attacks.json", attacks(401))],
        selfTest: { sabotage: "signatures are not checked", evidence: [file("attacks.json", attacks(200))] },
      },
      {
        ...ran,
        check: "alerting.delivered",
        probe: { id: "channels", version: 1 },
        state: "ran",
        evidence: [file("channels.json", [{ to: "slack", arrived: wishes.alerts ?? true }])],
      },
    ],
  };
  const run = wishes.run?.(made) ?? made;
  const line = signRun(about, run, wishes.prober ?? keys.prober);
  const core = coreOf({
    review: "rv-2",
    subject: about,
    policy: judgedBy,
    runs: [{ name: "run-1", sha256: line.sha256, run }],
  });
  const log = logOf(wishes, core, line.sha256);
  const issuedAt = wishes.issuedAt ?? T0 + 600_000;
  const asked: Omit<Inputs, "events" | "runs"> = {
    id: "LH-READY-20260301",
    review: "rv-2",
    title: "Lighthouse on prod-1",
    issuer: "issuer-1",
    profile: "staging",
    subject: about,
    policy: judgedBy,
    evidence,
    log,
    reviewers: [],
    issuedAt,
  };
  const trustFile = trustFor(judgedBy);
  const read = readTrust(trustFile);
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  const reviewers = read.trust.keys
    .filter(({ role }) => role === "reviewer")
    .map((key) => ({ ...key, agent: key.name }));
  const withReviewers = { ...asked, reviewers };
  const inputs = wishes.inputs?.(withReviewers) ?? withReviewers;
  const issued = issueCertificate(inputs, [{ name: "run-1", line, run }], read.trust.logs, [
    wishes.issuer ?? keys.issuer,
  ]);
  if (!issued.ok) throw new Error(issued.problems.join("; "));
  evidence.set(issued.predicate.policy.digest.sha256, Buffer.from(canonical(judgedBy)));
  return {
    bundle: Buffer.from(issued.bundle),
    evidence,
    trust: read.trust,
    trustFile,
    policy: judgedBy,
    now: issuedAt + 60_000,
    issued,
    inputs,
    run,
  };
};

const trustFor = (judgedBy: Policy): TrustFile => ({
  version: 1,
  keys: [
    { role: "issuer", name: "issuer-1", jwk: publicJwk(keys.issuer.privateKey) },
    { role: "prober", name: "prober-1", jwk: publicJwk(keys.prober.privateKey) },
    { role: "reviewer", name: "dev", jwk: publicJwk(keys.dev.privateKey), roles: ["devops-engineer"] },
    { role: "reviewer", name: "sec", jwk: publicJwk(keys.sec.privateKey), roles: ["security-architect"] },
  ],
  logs: [{ origin, jwk: publicJwk(keys.log) }],
  policies: [sha256Of(canonical(judgedBy))],
});

/** The log of such a bridge: noise, a condition's story, two sign-offs, the census. */
const logOf = (wishes: Wishes, core: string, run: string): LogFacts => {
  const log = writtenLog();
  for (let i = 0; i < 20; i++)
    log.add(`agent/a${i}`, { type: "agent.seen", data: { via: "http" } }, "bridge", T0 - 10 * DAY, false);
  const how = wishes.condition ?? "closed";
  const story: (readonly [Fact, string, number])[] = [
    [
      {
        type: "condition.opened",
        data: {
          check: "alerting.delivered",
          title: "A test alert arrives on every channel",
          severity: "major",
          review: "rv-1",
          what: "no alert arrived",
          due: T0 + 5 * DAY,
        },
      },
      "issuer-agent",
      T0 - 2 * DAY,
    ],
  ];
  if (how !== "open")
    story.push([{ type: "condition.acknowledged", data: { owner: "olga", due: T0 + 4 * DAY } }, "olga", T0 - DAY]);
  if (how === "claimed" || how === "closed")
    story.push([{ type: "condition.claimed", data: { note: "the route is set", evidence: [] } }, "olga", T0 - HOUR]);
  if (how === "closed")
    story.push([
      { type: "condition.closed", data: { digest: run, ranAt: T0 - 2_000, prober: "prober-1" } },
      "issuer-agent",
      T0 + 5_000,
    ]);
  if (how === "waived")
    story.push([
      { type: "condition.waived", data: { reason: "the vendor is on it", until: T0 + 3 * DAY } },
      "admin",
      T0,
    ]);
  if (how !== "none") for (const [fact, actor, time] of story) log.add("condition/co_1", fact, actor, time);
  const signOffs: EventData<"condition.census">["signOffs"][number][] = [];
  for (const agent of ["dev", "sec"] as const) {
    const wish = wishes.decisions?.[agent] ?? "approve";
    if (wish === "silent") continue;
    const id = `el_${agent}`;
    if (wish === "open") {
      signOffs.push({ elicitation: id, to: agent, how: "open", position: 1 });
      continue;
    }
    const answer = typeof wish === "string" ? signOff(agent, id, wish, core) : wish;
    const position = log.add(
      `elicitation/${id}`,
      { type: "elicitation.accepted", data: { answer } },
      agent,
      T0 + 60_000,
    );
    signOffs.push({ elicitation: id, to: agent, how: "accepted", position });
  }
  const conditions = how === "none" ? [] : [{ id: "co_1", revision: story.length - 1 }];
  log.add(
    "census",
    { type: "condition.census", data: { review: "rv-2", conditions, signOffs } },
    "issuer-agent",
    T0 + 90_000,
  );
  for (let i = 0; i < 9; i++)
    log.add(`agent/b${i}`, { type: "agent.seen", data: { via: "http" } }, "bridge", T0 + 100_000, false);
  return log.facts();
};

export const signOff = (agent: "dev" | "sec", id: string, decision: string, core: string, key = keys[agent]) => {
  const offer = offerOf(origin, id, {
    from: "issuer-agent",
    to: agent,
    message: signOffLine("rv-2"),
    schema: {},
    schemaHash: "s",
    requestHash: "r",
    challenge: "c",
    deadline: T0 + DAY,
  });
  const content = { decision, reason: "looked at all of it", core };
  const signed = answerCore(offer, { action: "accept", content }, 1, Math.floor(T0 / 1_000));
  return signJws(signed, [{ alg: "Ed25519", kid: key.keyid, privateKey: key.privateKey }], answerTyp);
};

/** A log in memory: real records, a real tree, a signed checkpoint. */
export const writtenLog = (key: KeyObject = keys.log, name = origin) => {
  const records: string[] = [];
  const shown: number[] = [];
  return {
    add: (stream: string, fact: Fact, actor: string, time: number, isShown = true): number => {
      const draft = {
        ...fact,
        stream,
        version: 1,
        time,
        actor,
        parties: [],
        correlation: stream,
        causation: null,
        trace: null,
      };
      records.push(encodeRecord(draft as unknown as Draft));
      if (isShown) shown.push(records.length);
      return records.length;
    },
    facts: (): LogFacts => {
      const leaves = records.map(leafHash);
      const at = (level: number, index: number): Uint8Array => {
        const tree = compactRange();
        for (const leaf of leaves.slice(index * 2 ** level, (index + 1) * 2 ** level)) tree.append(leaf);
        return tree.root();
      };
      const tree = compactRange();
      for (const leaf of leaves) tree.append(leaf);
      return {
        origin: name,
        checkpoint: signCheckpoint({ origin: name, size: leaves.length, root: tree.root() }, { name, privateKey: key }),
        records: shown.map((position) => ({
          position,
          record: records[position - 1] as string,
          path: inclusionProof(position - 1, leaves.length, at).map((hash) => Buffer.from(hash).toString("base64")),
        })),
      };
    },
  };
};
