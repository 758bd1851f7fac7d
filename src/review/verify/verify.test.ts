import { describe, expect, test } from "vitest";
import { DAY, policy, reviewed, type Scene, T0 } from "../../../test/support/review-scene.ts";
import { type Verification, type VerifyOptions, verdictOf, verifyCertificate } from "./verify.ts";

const verified = (scene: Scene, more: Partial<VerifyOptions> = {}): Verification =>
  verifyCertificate(scene.bundle, { trust: scene.trust, evidence: scene.evidence, now: scene.now, ...more });

const codes = ({ findings }: Verification) => findings.map(({ code }) => code);

describe("a review", () => {
  test("that found all well, with its condition closed by a re-run and both specialists agreed, is GO", () => {
    const found = verified(reviewed());
    expect(found.findings).toEqual([]);
    expect(verdictOf(found)).toBe("GO");
    expect(found.predicate).toMatchObject({ rolloutPercent: 100, conditions: [{ standing: "closed", owner: "olga" }] });
    expect(found.looked).toMatchObject({ evidenceFiles: 4, numbers: 3, checks: 3, signatures: 2 });
  });

  test("with a lesser shortfall that somebody owns is CONDITIONAL, with a cap", () => {
    const found = verified(reviewed({ alerts: false, condition: "owned" }));
    expect(found.findings).toEqual([]);
    expect(found.predicate).toMatchObject({ verdict: "CONDITIONAL", rolloutPercent: 25 });
    expect(found.predicate?.reasons.map(({ code }) => code)).toEqual(["shortfall", "condition-open"]);
  });

  test.each([
    ["a shortfall that nobody has taken on", { alerts: false, condition: "open" }, "condition-without-owner"],
    ["a shortfall without a condition", { alerts: false, condition: "none" }, "shortfall-without-condition"],
    ["an objection", { decisions: { sec: "object" } }, "objection"],
    ["a specialist who says nothing", { decisions: { sec: "silent" } }, "sign-off-missing"],
    ["a specialist who was asked and can still object", { decisions: { sec: "open" } }, "sign-off-open"],
    ["a count of conditions that is an hour old", { issuedAt: T0 + 3_600_000 }, "no-census"],
    ["a specialist who abstains", { decisions: { dev: "abstain" } }, "sign-off-missing"],
    ["a policy that asks for nothing", { policy: { ...policy, checks: [] } }, "nothing-asked"],
  ] as const)("with %s is NO-GO, and says so truthfully", (_, wishes, code) => {
    const found = verified(reviewed(wishes));
    expect(found.findings).toEqual([]);
    expect(found.predicate?.verdict).toBe("NO-GO");
    expect(found.predicate?.reasons.map((reason) => reason.code)).toContain(code);
  });

  test("whose shortfall is waived is CONDITIONAL, and shows what is waived", () => {
    const found = verified(reviewed({ alerts: false, condition: "waived" }));
    expect(found.findings).toEqual([]);
    expect(found.predicate?.verdict).toBe("CONDITIONAL");
    expect(found.predicate?.checks[2]).toMatchObject({ state: "waived", underlying: { state: "fail" } });
    expect(found.predicate?.validUntil).toBe(new Date(T0 + DAY).toISOString());
  });

  test("is not good for ever: it expires with the shortest-lived thing in it", () => {
    const scene = reviewed();
    expect(scene.issued.predicate.validUntil).toBe(new Date(T0 + DAY).toISOString());
    expect(verified(scene, { now: T0 + DAY })).toMatchObject({ status: "expired" });
    expect(verified(scene, { now: T0 - DAY }).status).toBe("invalid");
  });

  test("is stale when the running system differs, and not believed once it is revoked", () => {
    const scene = reviewed();
    const live = scene.inputs.subject.map((one) =>
      one.name === "config" ? { ...one, digest: { sha256: "9".repeat(64) } } : one,
    );
    expect(verified(scene, { live })).toMatchObject({
      status: "stale",
      findings: [{ code: "drift", pointer: "/subject/1/digest/sha256" }],
    });
    const trust = { ...scene.trust, revoked: [scene.issued.sha256] };
    expect(verified(scene, { trust }).status).toBe("revoked");
  });

  test("by a policy that the verifier does not accept is not believed", () => {
    const scene = reviewed();
    expect(codes(verified(scene, { trust: { ...scene.trust, policies: [] } }))).toContain("policy");
    expect(codes(verified(scene, { policy: { ...policy, maxAgeMs: 1 } }))).toContain("policy");
    expect(verified(scene, { trust: { ...scene.trust, policies: [] }, policy }).findings).toEqual([]);
  });
});
