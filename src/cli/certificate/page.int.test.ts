import { createHash, randomBytes } from "node:crypto";
import { runInNewContext } from "node:vm";
import { beforeAll, describe, expect, test } from "vitest";
import { reviewed, type Scene } from "../../../test/support/review-scene.ts";
import { PageBuffer } from "../../review/page/buffer.ts";
import { link } from "../../review/page/link.ts";
import { sha256Bytes } from "../../review/page/sha256.ts";
import { bodyOf } from "../../review/render/body.ts";
import { readUnverified } from "../../review/verify/read.ts";
import { verifyCertificate } from "../../review/verify/verify.ts";
import { pageScript } from "./page-script.ts";

let script = "";
beforeAll(() => {
  script = pageScript();
});

interface Opened {
  readonly outcome: string;
  readonly said: readonly string[];
}

/** As much of a browser as the page's script uses: WebCrypto is real. A real one is in test/browser. */
const opened = async (
  scene: Scene,
  more: { bundle?: string; shown?: string; trust?: object; evidence?: Scene["evidence"]; now?: number } = {},
): Promise<Opened> => {
  const said: string[] = [];
  const { bundle = Buffer.from(scene.bundle).toString(), trust = scene.trustFile, evidence = scene.evidence } = more;
  const read = readUnverified(scene.bundle);
  if (!read.ok) throw new Error(read.why);
  const file = (bytes: Uint8Array) => ({ arrayBuffer: async () => Uint8Array.from(bytes).buffer });
  let change: (() => void) | undefined;
  const outcome = { textContent: "", className: "" };
  const input = (files: readonly object[]) => ({
    files,
    addEventListener: (_: string, then: () => void) => (change = then),
  });
  const elements: Readonly<Record<string, object>> = {
    bundle: { textContent: bundle },
    document: { innerHTML: more.shown ?? bodyOf({ ...read, policy: scene.policy }) },
    said: {
      append: ({ textContent }: { textContent: string }) => said.push(textContent),
      replaceChildren: () => undefined,
    },
    outcome,
    trust: input([file(Buffer.from(JSON.stringify(trust)))]),
    evidence: input([...evidence.values()].map(file)),
  };
  class RealDate extends Date {
    static override now = () => more.now ?? scene.now;
  }
  runInNewContext(script, {
    ...{
      crypto,
      TextEncoder,
      TextDecoder,
      Uint8Array,
      Int32Array,
      Float64Array,
      DataView,
      ArrayBuffer,
      Array,
      Map,
      Set,
    },
    ...{ atob, btoa, DOMException, Date: RealDate },
    document: { getElementById: (id: string) => elements[id] ?? null, createElement: () => ({ innerHTML: "" }) },
  });
  change?.();
  await expect.poll(() => outcome.textContent, { timeout: 20_000 }).not.toBe("");
  return { outcome: `${outcome.textContent} [${outcome.className}]`, said };
};

const go = reviewed();

describe("a certificate's page, on its own", () => {
  test("says that it holds, and from how much, as the command does", async () => {
    const { outcome, said } = await opened(go);
    expect(said).toEqual([]);
    expect(outcome).toMatch(/^It holds, and says GO until .* 3 numbers of 3 checks made again.*\[outcome pass\]$/);
  });

  test("names what is wrong, and where, in the words of the command", async () => {
    const changed = new Map(go.evidence);
    const [sha256 = ""] = changed.keys();
    changed.set(sha256, Buffer.from("{}"));
    const { outcome, said } = await opened(go, { evidence: changed });
    expect(outcome).toBe("It does not hold. [outcome fail]");
    // A file is known by its digest alone, so that a changed one is one that is missing.
    changed.delete(sha256);
    const { findings } = verifyCertificate(go.bundle, { trust: go.trust, evidence: changed, now: go.now });
    expect(findings.length).toBeGreaterThan(3);
    expect(said).toEqual(findings.map((f) => `${f.code} ${f.where}#${f.pointer}: ${f.detail}`));
  });

  test("does not believe a signature that does not hold, or strangers", async () => {
    const bundle = Buffer.from(go.bundle).toString();
    const at = bundle.indexOf('"sig":"') + 10;
    const forged = `${bundle.slice(0, at)}${bundle[at] === "A" ? "B" : "A"}${bundle.slice(at + 1)}`;
    expect((await opened(go, { bundle: forged })).said.join("\n")).toMatch(/^signature line 1#\/signatures: /m);
    const strangers = await opened(go, { trust: { ...go.trustFile, keys: [] } });
    expect(strangers.said.join("\n")).toContain("signature line 1");
    expect((await opened(go, { trust: {} })).outcome).toBe("That is no trust file. [outcome fail]");
  });

  test("says when it has expired, and when something else is shown than was signed", async () => {
    expect((await opened(go, { now: Date.parse(go.issued.predicate.validUntil) })).outcome).toMatch(
      /^It held, and is not good any more \(expired\)/,
    );
    const { outcome, said } = await opened(go, { shown: "<p>100 of 100 checks passed</p>" });
    expect(outcome).toMatch(/\[outcome fail\]$/);
    expect(said).toEqual(["altered page: what stands above is not what the certificate in this page says"]);
  });
});

test("the page hashes and encodes as Node does", () => {
  for (const size of [0, 1, 55, 56, 63, 64, 65, 119, 1_000, 70_000]) {
    const bytes = randomBytes(size);
    expect(Buffer.from(sha256Bytes(bytes))).toEqual(createHash("sha256").update(bytes).digest());
    for (const encoding of ["hex", "base64", "base64url"] as const) {
      const text = bytes.toString(encoding);
      expect(PageBuffer.from(bytes).toString(encoding)).toBe(text);
      expect([...PageBuffer.from(text, encoding)]).toEqual([...bytes]);
    }
  }
});

test("what the linker does not know, it refuses", () => {
  const linked = (text: string): string => link("a", { read: () => text, resolve: (specifier) => specifier });
  expect(linked("export const a = 1;")).toContain("return { a };");
  for (const odd of ['import x from "y";', "export default 1;", 'export * from "y";', 'import { b } from "a";'])
    expect(() => linked(odd)).toThrow(/cannot link|imports itself/);
});
