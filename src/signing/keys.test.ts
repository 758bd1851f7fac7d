import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import fc from "fast-check";
import { calculateJwkThumbprint } from "jose";
import { describe, expect, it } from "vitest";
import {
  ed25519FromSeed,
  generateEd25519,
  hmacKeyOf,
  macKey,
  macKeyInfo,
  macKid,
  newToken,
  privateKeyFromPem,
  privateKeyToPem,
  publicJwk,
  publicKeyFromJwk,
  publicKeyFromPem,
  publicKeyToPem,
  thumbprint,
  tokenHash,
} from "./keys.ts";

const master = new Uint8Array(32).fill(9);
/** Names made of the very characters that could blur where one part ends. */
const trickyName = fc.string({ unit: fc.constantFrom("|", "=", "a", "1", "e", "epoch=", "|epoch=1", ":", "\0", "é") });
const epoch = fc.nat({ max: 2 ** 31 });

describe("an agent's MAC key", () => {
  it("differs for every other agent and epoch, whatever separators their names hold", () => {
    fc.assert(
      fc.property(trickyName, epoch, trickyName, epoch, (a, m, b, n) => {
        fc.pre(a !== b || m !== n);
        expect(macKeyInfo(a, m)).not.toBe(macKeyInfo(b, n));
      }),
      { numRuns: 2_000 },
    );
  });

  it("comes from an info text that can be read back in one way only", () => {
    fc.assert(
      fc.property(trickyName, epoch, (agent, n) => {
        const [, name, last] = /^lighthouse\/v1\/answer-mac\|(.*)\|epoch=(\d+)$/su.exec(macKeyInfo(agent, n)) ?? [];
        expect([name, Number(last)]).toEqual([agent, n]);
      }),
    );
  });

  it("is 32 bytes, the same every time, and another under another master", () => {
    expect(macKey(master, "bob", 1)).toEqual(macKey(master, "bob", 1));
    expect(macKey(master, "bob", 1)).toHaveLength(32);
    expect(macKey(new Uint8Array(32).fill(8), "bob", 1)).not.toEqual(macKey(master, "bob", 1));
    expect(Buffer.from(macKey(master, "bob", 1)).toString("hex")).toBe(GOLDEN_BOB_1);
  });

  it("is refused for a short master, a name UTF-8 cannot carry, and an epoch that is no count", () => {
    expect(() => macKey(new Uint8Array(31), "bob", 1)).toThrow(RangeError);
    expect(() => macKey(master, "\ud800", 1)).toThrow(RangeError);
    for (const bad of [-1, 1.5, Number.NaN, 2 ** 53]) expect(() => macKey(master, "bob", bad)).toThrow(RangeError);
  });

  it("goes by its agent and epoch", () => {
    expect(hmacKeyOf(master, "bob", 3)).toEqual({ alg: "HS256", kid: "bob#mac3", secret: macKey(master, "bob", 3) });
    expect(macKid("bob", 3)).toBe("bob#mac3");
  });
});

/** openssl kdf -keylen 32 -kdfopt digest:SHA256 -kdfopt hexkey:09…09 -kdfopt info:… HKDF */
const GOLDEN_BOB_1 = "3fe4109f45caba4cd4c3e49570858b409cb2372da5d495901942b06c62a9f8fc";

describe("Ed25519 keys", () => {
  const seed = Buffer.from("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", "hex");
  const point = Buffer.from("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "hex");

  it("follow from a seed as RFC 8032 section 7.1 says", () => {
    expect(publicJwk(ed25519FromSeed(seed)).x).toBe(point.toString("base64url"));
  });

  it("have the RFC 7638 thumbprint of RFC 8037 appendix A.3", () => {
    expect(thumbprint(publicJwk(ed25519FromSeed(seed)))).toBe("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
  });

  it("have the thumbprint that jose computes", async () => {
    const { kid, publicKey } = generateEd25519();
    expect(await calculateJwkThumbprint(publicJwk(publicKey))).toBe(kid);
  });

  it("survive PEM and JWK", () => {
    const { privateKey, publicKey } = generateEd25519();
    expect(privateKeyFromPem(privateKeyToPem(privateKey)).equals(privateKey)).toBe(true);
    expect(publicKeyFromPem(publicKeyToPem(publicKey)).equals(publicKey)).toBe(true);
    expect(publicKeyFromJwk(publicJwk(privateKey))?.equals(publicKey)).toBe(true);
  });

  it("never give their private half away as a JWK", () => {
    expect(Object.keys(publicJwk(ed25519FromSeed(seed)))).toEqual(["kty", "crv", "x"]);
  });

  it("are not read from a JWK that is anything else", () => {
    const good = publicJwk(ed25519FromSeed(seed));
    const d = createPrivateKey(privateKeyToPem(ed25519FromSeed(seed))).export({ format: "jwk" }).d;
    const bad = [
      null,
      1,
      {},
      { ...good, crv: "X25519" },
      { ...good, kty: "EC" },
      { ...good, x: "" },
      { ...good, x: 1 },
    ];
    for (const jwk of [...bad, { ...good, d }, { ...good, x: `${good.x}=` }, { ...good, x: `${good.x}A` }])
      expect(publicKeyFromJwk(jwk)).toBeUndefined();
    fc.assert(fc.property(fc.anything(), (jwk) => publicKeyFromJwk(jwk) === undefined));
  });

  it("are not read from PEM of another kind, and the complaint does not repeat the text", () => {
    const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
    expect(() => privateKeyFromPem(rsa.export({ format: "pem", type: "pkcs8" }).toString())).toThrow(TypeError);
    expect(() => privateKeyFromPem("hunter2")).toThrow(/^not an Ed25519 private key in PEM$/);
  });
});

describe("a token", () => {
  it("carries its prefix and 256 bits", () => {
    expect(newToken("lhe_", new Uint8Array(32).fill(255))).toBe(`lhe_${"_".repeat(42)}8`);
    expect(() => newToken("lhe_", new Uint8Array(31))).toThrow(RangeError);
  });

  it("is stored as its SHA-256", () => {
    expect(tokenHash("abc")).toBe("ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
  });
});
