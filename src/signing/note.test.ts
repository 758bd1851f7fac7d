import { createPublicKey } from "node:crypto";
import { describe, expect, it } from "vitest";
import { ed25519FromSeed, publicKeyFromJwk, publicKeyOf } from "./keys.ts";
import { keyId, signNote, verifierKey, verifyNote } from "./note.ts";

describe("a verifier key", () => {
  it("is spelled as in the vector that the format's implementations share", () => {
    const vkey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const x = Buffer.from(vkey.split("+").slice(2).join("+"), "base64").subarray(1).toString("base64url");
    const key = publicKeyFromJwk({ kty: "OKP", crv: "Ed25519", x });
    expect(key && keyId("PeterNeumann", key)).toBe(0xc74f20a3);
    expect(key && verifierKey("PeterNeumann", key)).toBe(vkey);
  });

  it("has an id that depends on name and key", () => {
    const key = (fill: number) => publicKeyOf(ed25519FromSeed(new Uint8Array(32).fill(fill)));
    expect(new Set([keyId("a", key(1)), keyId("b", key(1)), keyId("a", key(2))]).size).toBe(3);
  });
});

describe("a note", () => {
  const privateKey = ed25519FromSeed(new Uint8Array(32).fill(1));
  const publicKey = createPublicKey(privateKey);

  it("may hold empty lines: only the last one begins the signatures", () => {
    const text = "one\n\ntwo\n";
    expect(verifyNote(signNote(text, [{ name: "n", privateKey }]), [{ name: "n", publicKey }])).toEqual({
      ok: true,
      text,
      verified: ["n"],
    });
  });

  it("is not made of text without a final newline, with control characters, or that UTF-8 cannot carry", () => {
    for (const text of ["", "a", "a\tb\n", "a\r\n", "\u0000\n", "\ud800\n"])
      expect(() => signNote(text, [{ name: "n", privateKey }])).toThrow(TypeError);
  });
});
