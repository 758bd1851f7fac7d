import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Conducted } from "../../src/cli/review/conduct.ts";
import { patient } from "./patient.ts";
import { everyPort, type Monitoring, openScene, type Scene, verified } from "./scene.ts";
import { conditionsOf, takeOn } from "./town.ts";

/** A bridge as people start it, the real Prometheus and Alertmanager beside it, reviewers with keys of their own. */
let scene: Scene;
let monitoring: Monitoring;
const folder = mkdtempSync(join(tmpdir(), "lighthouse-review-"));

const PATIENCE_MS = 180_000;
/** Looks like nothing that an attack would send. */
const PAGERDUTY_KEY = "9c4e17d20b8f4a63b5d1e0f7a2864c3b";

beforeAll(async () => {
  scene = await openScene(folder, (policy) => ({ ...policy, checks: policy.checks.map(patient) }));
}, PATIENCE_MS);
afterAll(async () => {
  await scene?.close();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

const evidenceIn = (path: string): ReadonlyMap<string, Uint8Array> =>
  new Map(readdirSync(path).map((name) => [name, readFileSync(join(path, name))]));

const short = ({ predicate }: Conducted): readonly string[] =>
  predicate.checks.filter(({ state }) => state !== "pass").map(({ id }) => id);

/** For whoever reads that `security.attacks` fell short: which attack, and what it says. */
const attacksLeft = ({ evidence }: Conducted): string =>
  [...evidenceIn(evidence).values()]
    .map((bytes) => Buffer.from(bytes).toString("utf8"))
    .filter((text) => text.includes('"tries"'))
    .flatMap((text) => (JSON.parse(text) as { results: { id: string; state: string; says: string }[] }).results)
    .filter(({ state }) => state !== "refused")
    .map(({ id, state, says }) => `${id} ${state}: ${says}`)
    .join("\n");

const holds = async (conducted: Conducted): Promise<void> => {
  const { status, findings } = await verified(scene, conducted, evidenceIn(conducted.evidence));
  expect(findings).toEqual([]);
  expect(status).toBe("valid");
};

describe("a bare system", () => {
  it(
    "is NO-GO, and says what is missing",
    async () => {
      const conducted = await scene.review("bare");
      expect(conducted.predicate.verdict).toBe("NO-GO");
      expect(short(conducted)).toContain("monitoring.scraping");
      expect(short(conducted)).toContain("alerting.channels");
      expect(conducted.left).toEqual([]);
      await holds(conducted);
    },
    PATIENCE_MS,
  );

  it("opened a condition for each, and asked nobody for a signature that would change nothing", async () => {
    const open = await conditionsOf(scene.town.operator);
    expect(open.map(({ check }) => check)).toContain("operations.rollback");
    expect(scene.town.shown).toEqual([]);
  });
});

describe("the same system, set up and not yet tried", () => {
  it(
    "is CONDITIONAL once somebody has taken on what is left",
    async () => {
      // A key that nobody has set yet: it stands where the key goes, and PagerDuty does not take it.
      monitoring = await scene.monitor({
        PAGERDUTY_ROUTING_KEY: "changeme",
        SLACK_WEBHOOK_URL: `${scene.receivers.url}/slack/default`,
      });
      await takeOn(scene.town);
      const conducted = await scene.review("set-up", {
        monitoring: monitoring.file,
        rendered: monitoring.stack.folder,
        channels: ["on-call"],
      });
      expect(short(conducted).toSorted(), attacksLeft(conducted)).toEqual([
        "alerting.channels",
        "alerting.drill",
        "integrity.restart",
        "operations.rollback",
        "operations.secrets",
        "secrets.pagerduty-events",
        "security.attacks-all",
      ]);
      expect(conducted.predicate.reasons.filter(({ code }) => !/^(shortfall|condition-open)$/.test(code))).toEqual([]);
      expect(conducted.predicate.verdict).toBe("CONDITIONAL");
      expect(conducted.predicate.rolloutPercent).toBe(25);
      await holds(conducted);
    },
    PATIENCE_MS,
  );

  it("closed the conditions whose checks pass now, by a run of somebody else than their owner", async () => {
    const all = await conditionsOf(scene.town.operator);
    expect(all.find(({ check }) => check === "monitoring.scraping")?.standing).toBe("closed");
    expect(all.find(({ check }) => check === "operations.rollback")?.standing).toBe("acknowledged");
  });

  it("showed every reviewer the numbers", () => {
    expect(scene.town.shown).toHaveLength(4);
    expect(scene.town.shown[0]).toContain("performance.p99: p99-upper-bound");
  });
});

describe("the same system, with everything tried", () => {
  let ready: Conducted;

  it(
    "is GO",
    async () => {
      monitoring.setSecret("PAGERDUTY_ROUTING_KEY", PAGERDUTY_KEY);
      await monitoring.drill();
      ready = await scene.review("ready", {
        ...everyPort(scene),
        monitoring: monitoring.file,
        rendered: monitoring.stack.folder,
      });
      expect(short(ready), attacksLeft(ready)).toEqual([]);
      expect(ready.predicate.reasons).toEqual([]);
      expect(ready.predicate.verdict).toBe("GO");
      expect(ready.predicate.signOffs.map(({ decision }) => decision)).toEqual(new Array(4).fill("approve"));
      await holds(ready);
    },
    PATIENCE_MS,
  );

  it("tells the story of every condition, to its end", () => {
    expect(ready.predicate.conditions.length).toBeGreaterThan(8);
    for (const { standing, story } of ready.predicate.conditions) {
      expect(standing).toBe("closed");
      expect(story.map(({ event }) => event)).toEqual(["opened", "acknowledged", "closed"]);
    }
  });

  it("is in the log, with the digest of its certificate", async () => {
    const { events } = await scene.town.operator.events.query({
      name: "lighthouse.review.finished",
      direction: "backward",
      limit: 1,
    });
    expect(events[0]?.data).toMatchObject({ payload: { verdict: "GO", certificate: ready.sha256 } });
  });

  it("holds no secret in any file of its evidence", () => {
    const secrets = [PAGERDUTY_KEY, scene.bridge.token(), scene.town.credential.macSecret];
    for (const [name, bytes] of evidenceIn(ready.evidence))
      for (const secret of secrets) expect(Buffer.from(bytes).includes(secret), name).toBe(false);
  });
});

describe("reviewers", () => {
  /** As little as can be reviewed, so that a review takes a second. */
  const small = () => ({
    ...scene.policy,
    name: "small",
    checks: scene.policy.checks.filter(({ id }) => id === "operations.health" || id === "events.custom"),
  });

  it(
    "stop it with an objection, whatever the probes say",
    async () => {
      scene.town.says["security-architect"] = "object";
      const { predicate } = await scene.review("objected", { policy: small });
      expect(predicate.verdict).toBe("NO-GO");
      expect(predicate.checks.map(({ state }) => state)).toEqual(["pass", "pass"]);
      expect(predicate.reasons.map(({ code, about }) => [code, about])).toContainEqual([
        "objection",
        "the-security-architect",
      ]);
    },
    PATIENCE_MS,
  );

  it(
    "who are silent have not consented",
    async () => {
      scene.town.says["security-architect"] = "nothing";
      const { predicate } = await scene.review("silent", { policy: small, signOffMs: 2_000 });
      expect(predicate.verdict).toBe("NO-GO");
      expect(predicate.reasons.map(({ code, about }) => [code, about])).toEqual([
        ["sign-off-missing", "security-architect"],
        ["sign-off-missing", "quorum"],
      ]);
    },
    PATIENCE_MS,
  );
});

describe("a review that is cut off", () => {
  it(
    "is no certificate, and leaves no agent behind",
    async () => {
      const stop = new AbortController();
      const cut = scene.review("cut", {
        signal: stop.signal,
        onProbe: ({ probe, step }) => probe === "load" && step === "goes on" && stop.abort(new Error("cut off")),
      });
      await expect(cut).rejects.toThrow("cut off");
      expect(readdirSync(join(folder, "cut"))).toEqual(["evidence"]);
      const agents = await scene.town.operator.agents.list();
      expect(agents.filter(({ name, status }) => name.startsWith("review-") && status === "active")).toEqual([]);
    },
    PATIENCE_MS,
  );
});
