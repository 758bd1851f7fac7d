import { describe, expect, test } from "vitest";
import { bundleOf, go, lies, type Parts, partsOf, toldLie } from "../../../test/support/review-lies.ts";
import { keys, reviewed, type Scene } from "../../../test/support/review-scene.ts";
import { verifyCertificate } from "./verify.ts";

/** The lies themselves are in test/support/review-lies.ts: a second verifier hears them too (test/review). */
const told = (scene: Scene, lie: (parts: Parts) => void) =>
  verifyCertificate(toldLie(scene, lie).bundle, { ...toldLie(scene, lie), trust: scene.trust, now: scene.now });

describe("a lie told with the signing key is found, and named", () => {
  test.each(lies)("%s", (_, scene, lie, code, pointer) => {
    const { trust, evidence, now, bundle } = scene;
    const honest = verifyCertificate(bundle, { trust, evidence, now });
    expect(honest.findings.filter((one) => one.code !== "expired")).toEqual([]);
    const found = told(scene, lie);
    expect(found.status).toBe("invalid");
    expect(found.findings.some((one) => one.code === code && pointer.test(one.pointer))).toBe(true);
  });

  test("there are more than forty of them", () => {
    expect(new Set(lies.map(([what]) => what)).size).toBe(lies.length);
    expect(lies.length).toBeGreaterThanOrEqual(80);
  });

  test("signed again without a lie, the certificate is as good as before", () => {
    expect(told(go, () => undefined)).toMatchObject({ status: "valid", findings: [] });
  });

  test("signed by a stranger or by the prober, it is nobody's certificate", () => {
    const { trust, evidence, now } = go;
    const parts = partsOf(go);
    for (const [signer, code] of [
      [keys.stranger, "signature"],
      [keys.prober, "issuer"],
    ] as const) {
      const found = verifyCertificate(bundleOf(parts, [signer]), { trust, evidence, now });
      expect(found.findings.map((one) => one.code)).toContain(code);
    }
  });

  test("two issuers, where two are asked for, and not one who signs twice", () => {
    const { trust, evidence, now } = go;
    const demanding = { ...trust, issuersMin: 2 };
    const found = verifyCertificate(bundleOf(partsOf(go), [keys.issuer, keys.issuer]), {
      trust: demanding,
      evidence,
      now,
    });
    expect(found.findings.map((one) => one.code)).toContain("issuer");
  });

  test("what was fabricated before it was signed is not found: this is the limit, and the documentation says so", () => {
    const honest = reviewed({ alerts: false, condition: "closed" });
    expect(honest.issued.predicate.verdict).toBe("NO-GO");
    const fabricated = reviewed({ alerts: true, condition: "closed" });
    const { trust, evidence, now, bundle } = fabricated;
    expect(verifyCertificate(bundle, { trust, evidence, now }).status).toBe("valid");
  });
});
