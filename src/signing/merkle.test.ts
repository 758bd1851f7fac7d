import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compactRange, leafHash, nodeHash } from "./merkle.ts";

/** The leaves and heads of the reference tests of RFC 6962 implementations. */
const LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
const HEADS = [
  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
  "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

describe("a tree's head", () => {
  it("is the one of RFC 6962 for 0 to 8 leaves", () => {
    const range = compactRange();
    const heads = [hex(range.root())];
    for (const leaf of LEAVES) {
      range.append(leafHash(Buffer.from(leaf, "hex")));
      heads.push(hex(range.root()));
    }
    expect(heads).toEqual(HEADS);
    expect(range.size()).toBe(8);
  });

  it("is what the recursive definition gives, at every size", () => {
    const range = compactRange();
    const leaves: Uint8Array[] = [];
    for (let size = 1; size <= 130; size++) {
      leaves.push(leafHash(`entry ${size}`));
      range.append(leaves.at(-1) as Uint8Array);
      expect(hex(range.root())).toBe(hex(definedHead(leaves)));
    }
  });

  it("goes on from a saved state as if nothing had happened", () => {
    fc.assert(
      fc.property(fc.nat({ max: 70 }), fc.nat({ max: 70 }), (before, after) => {
        const whole = compactRange();
        for (let i = 0; i < before; i++) whole.append(leafHash(`${i}`));
        const resumed = compactRange(JSON.parse(JSON.stringify(whole.state())));
        for (let i = before; i < before + after; i++)
          for (const range of [whole, resumed]) range.append(leafHash(`${i}`));
        expect(resumed.state()).toEqual(whole.state());
        expect(hex(resumed.root())).toBe(hex(whole.root()));
      }),
    );
  });

  it("keeps no more hashes than its size has binary digits", () => {
    const range = compactRange();
    for (let i = 0; i < 1_000; i++) range.append(leafHash(`${i}`));
    expect(range.state().peaks).toHaveLength(6);
  });

  it("refuses a state that no tree can have", () => {
    const [peak] = compactRange().state().peaks;
    expect(peak).toBeUndefined();
    const hash = Buffer.alloc(32).toString("base64url");
    for (const state of [
      { size: 1, peaks: [] },
      { size: 2, peaks: [hash, hash] },
      { size: -1, peaks: [] },
      { size: 1.5, peaks: [hash] },
      { size: 1, peaks: [hash.slice(1)] },
      { size: 1, peaks: ["not base64url!"] },
    ])
      expect(() => compactRange(state)).toThrow(TypeError);
  });
});

describe("append", () => {
  it("tells of every complete subtree once, with its true hash", () => {
    const told = new Map<string, Uint8Array>();
    const leaves = Array.from({ length: 77 }, (_, i) => leafHash(`${i}`));
    const range = compactRange();
    for (const leaf of leaves)
      range.append(leaf, (level, index, hash) => {
        expect(told.has(`${level}/${index}`)).toBe(false);
        told.set(`${level}/${index}`, hash);
      });
    expect(told.size).toBe(77 + 38 + 19 + 9 + 4 + 2 + 1);
    for (const [place, hash] of told) {
      const [level = 0, index = 0] = place.split("/").map(Number);
      expect(hex(hash)).toBe(hex(definedHead(leaves.slice(index * 2 ** level, (index + 1) * 2 ** level))));
    }
  });

  it("does not change hashes that it has handed out", () => {
    const range = compactRange();
    const seen: { hash: Uint8Array; then: string }[] = [];
    for (let i = 0; i < 40; i++) range.append(leafHash(`${i}`), (_l, _i, hash) => seen.push({ hash, then: hex(hash) }));
    for (const { hash, then } of seen) expect(hex(hash)).toBe(then);
  });
});

describe("a hash", () => {
  it("is marked as a leaf's or a node's, so that one cannot be passed off as the other", () => {
    const [a, b] = [leafHash("a"), leafHash("b")];
    expect(hex(nodeHash(a, b))).not.toBe(hex(leafHash(Buffer.concat([a, b]))));
    const byHand = (...parts: (Uint8Array | string)[]) => {
      const hash = createHash("sha256");
      for (const part of parts) hash.update(part);
      return hash.digest("hex");
    };
    expect(hex(leafHash("é"))).toBe(byHand("\0", "é"));
    expect(hex(nodeHash(a, b))).toBe(byHand("\u0001", a, b));
  });

  it("of a text is the hash of its UTF-8, at any length", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 3_000 }), (text) => {
        expect(hex(leafHash(text))).toBe(hex(leafHash(Buffer.from(text))));
      }),
    );
    expect(() => leafHash("\ud800")).toThrow(TypeError);
  });
});

/** RFC 6962 section 2.1, word for word in code: slow, and independent of what is tested. */
const definedHead = (leaves: readonly Uint8Array[]): Uint8Array => {
  const [only] = leaves;
  if (only === undefined) return createHash("sha256").digest();
  if (leaves.length === 1) return only;
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  const [left, right] = [definedHead(leaves.slice(0, k)), definedHead(leaves.slice(k))];
  return createHash("sha256").update("\u0001").update(left).update(right).digest();
};
