import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Dsse, MAX_DSSE_SIGNATURES, pae, signDsse, verifyDsse } from "./dsse.ts";
import { ed25519FromSeed, publicKeyOf } from "./keys.ts";

const TYPE = "application/vnd.in-toto+json";
const key = (fill: number) => ed25519FromSeed(new Uint8Array(32).fill(fill));
const [alice, bob] = [
  { keyid: "alice", privateKey: key(1) },
  { keyid: "bob", privateKey: key(2) },
];
const trust = new Map([alice, bob].map((signer) => [signer.keyid, publicKeyOf(signer.privateKey)]));
const keyOf = (keyid: string) => trust.get(keyid);
const payload = JSON.stringify({ verdict: "GO", note: "ça" });
const envelope = signDsse(TYPE, payload, [alice, bob]);

describe("the bytes that DSSE signs", () => {
  it("are those of the specification's example", () => {
    const bytes = pae("http://example.com/HelloWorld", Buffer.from("hello world"));
    expect(Buffer.from(bytes).toString()).toBe("DSSEv1 29 http://example.com/HelloWorld 11 hello world");
  });

  it("count bytes and not characters", () => {
    expect(Buffer.from(pae("é", Buffer.from("🗼"))).toString()).toBe("DSSEv1 2 é 4 🗼");
  });

  it("differ for every other split of type and body", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), fc.string(), (t, b, u, c) => {
        fc.pre(t !== u || b !== c);
        expect(pae(t, Buffer.from(b))).not.toEqual(pae(u, Buffer.from(c)));
      }),
    );
  });
});

describe("a DSSE envelope", () => {
  it("is verified for every trusted key that signed, and gives the bytes that were signed", () => {
    const verified = verifyDsse(envelope, keyOf);
    expect(verified).toMatchObject({ ok: true, payloadType: TYPE, verified: ["alice", "bob"] });
    expect(verified.ok && Buffer.from(verified.payload).toString()).toBe(payload);
  });

  it("passes over keys that are not trusted, unless there is no other", () => {
    const onlyBob = (keyid: string) => (keyid === "bob" ? trust.get("bob") : undefined);
    expect(verifyDsse(envelope, onlyBob)).toMatchObject({ ok: true, verified: ["bob"] });
    expect(verifyDsse(envelope, () => undefined)).toMatchObject({ ok: false, code: "unknown_key" });
  });

  it("is read in standard and in URL-safe base64", () => {
    const urlSafe = (text: string) => Buffer.from(text, "base64").toString("base64url");
    const other = {
      payload: urlSafe(envelope.payload),
      payloadType: TYPE,
      signatures: envelope.signatures.map(({ keyid, sig }) => ({ keyid, sig: urlSafe(sig) })),
    };
    expect(verifyDsse(other, keyOf)).toMatchObject({ ok: true, verified: ["alice", "bob"] });
  });

  it("counts a key once, however often it signed", () => {
    const twice = { ...envelope, signatures: [...envelope.signatures, ...envelope.signatures] };
    expect(verifyDsse(twice, keyOf)).toMatchObject({ verified: ["alice", "bob"] });
  });

  it("is refused when a trusted key's signature does not hold", () => {
    const [first, second] = envelope.signatures as [Dsse["signatures"][0], Dsse["signatures"][0]];
    const swapped = { ...envelope, signatures: [{ ...first, sig: second.sig }, second] };
    expect(verifyDsse(swapped, keyOf)).toMatchObject({ ok: false, code: "signature_invalid" });
    expect(verifyDsse({ ...envelope, payloadType: "text/plain" }, keyOf)).toMatchObject({ code: "signature_invalid" });
    const short = { ...envelope, signatures: [{ ...first, sig: first.sig.slice(0, 40) }] };
    expect(verifyDsse(short, keyOf)).toMatchObject({ code: "signature_invalid" });
  });

  it("is refused after any flipped bit of payload or signature", () => {
    const flipEach = (base64: string, check: (flipped: string) => void) => {
      const bytes = Buffer.from(base64, "base64");
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        const flipped = Buffer.from(bytes);
        flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
        check(flipped.toString("base64"));
      }
    };
    flipEach(envelope.payload, (changed) =>
      expect(verifyDsse({ ...envelope, payload: changed }, keyOf).ok).toBe(false),
    );
    const [first] = envelope.signatures as [Dsse["signatures"][0]];
    flipEach(first.sig, (sig) =>
      expect(verifyDsse({ ...envelope, signatures: [{ ...first, sig }] }, keyOf).ok).toBe(false),
    );
  });

  it("is malformed when it is not an envelope", () => {
    const many = Array.from({ length: MAX_DSSE_SIGNATURES + 1 }, () => ({ keyid: "x", sig: "" }));
    for (const value of [
      null,
      1,
      "x",
      {},
      { ...envelope, payload: 1 },
      { ...envelope, payload: "%%%" },
      { ...envelope, signatures: [null] },
      { ...envelope, signatures: [{ keyid: 1, sig: 2 }] },
      { ...envelope, signatures: many },
    ])
      expect(verifyDsse(value, keyOf)).toMatchObject({ ok: false, code: "malformed" });
    expect(verifyDsse({ ...envelope, signatures: [] }, keyOf)).toMatchObject({ code: "unknown_key" });
    expect(verifyDsse({ ...envelope, signatures: [{ sig: "AA==" }] }, keyOf)).toMatchObject({ code: "unknown_key" });
  });

  it("never makes the verifier throw", () => {
    const signature = fc.record({ keyid: fc.constantFrom("alice", "x"), sig: fc.string() });
    const near = fc.record({ payload: fc.string(), payloadType: fc.string(), signatures: fc.array(signature) });
    fc.assert(fc.property(fc.oneof(fc.anything(), near), (value) => !verifyDsse(value, keyOf).ok));
  });

  it("needs a signer", () => {
    expect(() => signDsse(TYPE, payload, [])).toThrow(RangeError);
  });
});
