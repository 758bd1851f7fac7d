import { createSecretKey, type KeyObject } from "node:crypto";
import fc from "fast-check";
import { flattenedVerify, type GeneralJWS, GeneralSign, generalVerify } from "jose";
import { describe, expect, it } from "vitest";
import { base64url } from "./digest.ts";
import { type Jws, MAX_SIGNATURES } from "./envelope.ts";
import { signJws, verifyJws, verifyJwsAsync } from "./jws.ts";
import {
  ed25519FromSeed,
  hmacKeyOf,
  publicJwk,
  publicKeyOf,
  type SigningKey,
  thumbprint,
  type VerifyKey,
} from "./keys.ts";
import { hmac } from "./mac.ts";

/** Any UTF-16 unit, lone surrogates included: fast-check's own "binary" takes three seconds to set up. */
const codeUnit = fc.nat({ max: 0xffff }).map((unit) => String.fromCharCode(unit));

const TYP = "lighthouse-answer+jws";
const core = {
  v: 1,
  from: "bob",
  to: "alice",
  action: "accept",
  content: { approved: true, note: "ça va 🗼" },
  seq: 17,
};

const mac = hmacKeyOf(new Uint8Array(32).fill(7), "bob", 3);
const privateKey = ed25519FromSeed(new Uint8Array(32).fill(1));
const publicKey = publicKeyOf(privateKey);
const kid = thumbprint(publicJwk(privateKey));
const own: SigningKey = { alg: "Ed25519", kid, privateKey };
const ownPublic: VerifyKey = { alg: "Ed25519", kid, publicKey };

const registry =
  (...keys: readonly VerifyKey[]) =>
  (wanted: string) =>
    keys.find((key) => key.kid === wanted);
const keyOf = registry(mac, ownPublic);

/** An envelope with one signature whose header is as given, signed correctly by whoever holds the bytes. */
const handMade = (header: string, secret: KeyObject | Uint8Array, payload = '{"a":1}'): Jws => {
  const [h, p] = [base64url(header), base64url(payload)];
  const bytes = secret instanceof Uint8Array ? secret : secret.export();
  return {
    payload: p,
    signatures: [{ protected: h, signature: hmac({ alg: "HS256", kid: "x", secret: bytes }, `${h}.${p}`) }],
  };
};
const header = (changes: object = {}) => JSON.stringify({ alg: "HS256", kid: mac.kid, typ: TYP, ...changes });

describe("a signed envelope", () => {
  it("is verified, and gives back the payload and who signed", () => {
    const jws = signJws(core, [mac, own], TYP);
    const verified = verifyJws(jws, keyOf, TYP);
    expect(verified).toMatchObject({ ok: true, payload: core, verified: [mac.kid, kid], unknown: [] });
  });

  it("says the same when Ed25519 runs on the thread pool", async () => {
    const jws = signJws(core, [mac, own], TYP);
    expect(await verifyJwsAsync(jws, keyOf, TYP)).toEqual(verifyJws(jws, keyOf, TYP));
    const other = { ...jws, signatures: jws.signatures.map((s) => ({ ...s, signature: flip(s.signature) })) };
    expect(await verifyJwsAsync(other, keyOf, TYP)).toMatchObject({ ok: false, code: "signature_invalid" });
    const noKeys = await verifyJwsAsync(jws, registry(), TYP);
    expect(noKeys).toMatchObject({ ok: false, code: "unknown_key" });
  });

  it("is exactly the bytes that the format promises", () => {
    const jws = signJws({ b: 1, a: "x" }, [mac], TYP);
    expect(Buffer.from(jws.payload, "base64url").toString()).toBe('{"a":"x","b":1}');
    expect(jws.signatures.map((s) => Buffer.from(s.protected, "base64url").toString())).toEqual([
      '{"alg":"HS256","kid":"bob#mac3","typ":"lighthouse-answer+jws"}',
    ]);
    expect(Object.keys(jws)).toEqual(["payload", "signatures"]);
  });

  it("is the same bytes every time", () => {
    expect(signJws(core, [mac, own], TYP)).toEqual(signJws({ ...core }, [{ ...mac }, { ...own }], TYP));
    expect(signJws(core, [mac], "a+jws").signatures).not.toEqual(signJws(core, [mac], "b+jws").signatures);
  });

  it("survives any payload that JSON can carry", () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: "grapheme" }), (payload) => {
        fc.pre(!JSON.stringify(payload).includes("__proto__"));
        expect(verifyJws(signJws(payload, [mac], TYP), keyOf, TYP)).toMatchObject({ ok: true, verified: [mac.kid] });
      }),
      { numRuns: 200 },
    );
  });
});

describe("HMAC-SHA256", () => {
  it("reproduces RFC 7515 appendix A.1", () => {
    const secret = Buffer.from(
      "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow",
      "base64url",
    );
    const input =
      "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    expect(hmac({ alg: "HS256", kid: "a1", secret }, input)).toBe("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
  });

  it("refuses to sign or verify with a key below 32 bytes", () => {
    const short = { alg: "HS256", kid: "k", secret: new Uint8Array(31) } as const;
    expect(() => signJws(core, [short], TYP)).toThrow(RangeError);
    const jws = handMade(header({ kid: "k" }), new Uint8Array(32));
    expect(() => verifyJws(jws, registry(short), TYP)).toThrow(RangeError);
  });
});

describe("jose", () => {
  const joseKey = (h: { kid?: string } | undefined) => (h?.kid === kid ? publicKey : createSecretKey(mac.secret));

  it("verifies both signatures of ours", async () => {
    const { payload, signatures } = signJws(core, [mac, own], TYP);
    for (const signature of signatures) {
      const checked = await flattenedVerify({ payload, ...signature }, joseKey, { algorithms: ["HS256", "Ed25519"] });
      expect(JSON.parse(new TextDecoder().decode(checked.payload))).toEqual(core);
    }
    await generalVerify({ payload, signatures: [...signatures] }, joseKey);
  });

  it("signs what we verify", async () => {
    const text = '{"a":[1,2],"b":"é"}';
    const foreign = new GeneralSign(new TextEncoder().encode(text));
    foreign.addSignature(createSecretKey(mac.secret)).setProtectedHeader({ alg: "HS256", kid: mac.kid, typ: TYP });
    foreign.addSignature(privateKey).setProtectedHeader({ alg: "Ed25519", kid, typ: TYP });
    const jws: GeneralJWS = await foreign.sign();
    expect(verifyJws(jws, keyOf, TYP)).toMatchObject({ ok: true, payloadText: text, verified: [mac.kid, kid] });
  });
});

describe("an envelope is refused", () => {
  const good = signJws(core, [mac, own], TYP);
  const [macEntry, ownEntry] = good.signatures as [Jws["signatures"][0], Jws["signatures"][0]];
  const code = (jws: unknown, keys = keyOf, typ = TYP) => {
    const result = verifyJws(jws, keys, typ);
    return result.ok ? "accepted" : result.code;
  };

  it("when any single bit of it is flipped", () => {
    const bytes = Buffer.from(JSON.stringify(good));
    let accepted = 0;
    let parsed = 0;
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = Buffer.from(bytes);
      flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      let jws: unknown;
      try {
        jws = JSON.parse(flipped.toString());
      } catch {
        continue;
      }
      parsed++;
      if (verifyJws(jws, keyOf, TYP).ok) accepted++;
    }
    expect(accepted).toBe(0);
    expect(parsed).toBeGreaterThan(4000);
  }, 30_000);

  it("when the content was altered or signed with another key", () => {
    const other = signJws({ ...core, action: "decline" }, [hmacKeyOf(new Uint8Array(32).fill(8), "bob", 3)], TYP);
    expect(code(other)).toBe("signature_invalid");
    expect(code({ ...good, payload: other.payload })).toBe("signature_invalid");
    expect(code({ ...good, signatures: [macEntry, { ...ownEntry, signature: flip(ownEntry.signature) }] })).toBe(
      "signature_invalid",
    );
  });

  it("when the algorithm is none", () => {
    const none = {
      payload: good.payload,
      signatures: [{ protected: base64url(header({ alg: "none" })), signature: "" }],
    };
    expect(code(none)).toBe("algorithm_mismatch");
  });

  it("when an HMAC was keyed with the bytes of a public key", () => {
    const raw = Buffer.from(publicJwk(publicKey).x, "base64url");
    expect(code(handMade(header({ kid }), raw))).toBe("algorithm_mismatch");
    expect(code(handMade(header({ kid, alg: "Ed25519" }), raw))).toBe("malformed");
  });

  it("when the key is registered for another algorithm than the header says", () => {
    expect(code({ ...good, signatures: [macEntry] }, registry({ ...ownPublic, kid: mac.kid }))).toBe(
      "algorithm_mismatch",
    );
  });

  it("when the registry answers with another key than was asked for", () => {
    expect(code({ ...good, signatures: [macEntry] }, () => ownPublic)).toBe("algorithm_mismatch");
  });

  it("when no key is known, however the kid is spelled", () => {
    for (const strange of ["../../bob#mac3", "bob#mac3 ", "bob#mac03", "' OR 1=1 --", "__proto__", "constructor", ""])
      expect(code(handMade(header({ kid: strange }), mac.secret))).toBe("unknown_key");
  });

  it("when the signature is shortened, lengthened, padded or respelled", () => {
    const s = macEntry.signature;
    const respelled = String.fromCharCode(s.charCodeAt(0) + 256) + s.slice(1);
    const strayBits = s.slice(0, -1) + String.fromCharCode(s.charCodeAt(42) + 1);
    for (const signature of ["", s.slice(0, 22), s.slice(0, -1), `${s}A`, `${s}=`, ` ${s}`, respelled, strayBits])
      expect(code({ ...good, signatures: [{ ...macEntry, signature }] })).toBe("signature_invalid");
    for (const signature of ["", ownEntry.signature.slice(0, -2), `${ownEntry.signature}==`])
      expect(code({ ...good, signatures: [{ ...ownEntry, signature }] })).toBe("malformed");
  });

  it("when it was signed as another type of message", () => {
    expect(code(good, keyOf, "lighthouse-question+jws")).toBe("wrong_type");
  });

  it("when a header is more, less or other than alg, kid and typ in canonical form", () => {
    const strange = [
      header({ crit: ["exp"], exp: 1 }),
      header({ b64: false }),
      header({ jwk: publicJwk(publicKey) }),
      '{"alg":"HS256","kid":"bob#mac3"}',
      `{"kid":"bob#mac3","alg":"HS256","typ":"${TYP}"}`,
      `{"alg":"none","alg":"HS256","kid":"bob#mac3","typ":"${TYP}"}`,
      `{"alg":"HS256","kid":7,"typ":"${TYP}"}`,
      `{"alg": "HS256","kid":"bob#mac3","typ":"${TYP}"}`,
      "[]",
      "null",
      "",
    ];
    for (const text of strange) expect(code(handMade(text, mac.secret))).toBe("malformed");
    expect(code({ ...good, signatures: [{ ...macEntry, header: { kid: "x" } }] })).toBe("malformed");
    expect(code({ ...good, signatures: [{ ...macEntry, protected: `${macEntry.protected}=` }] })).toBe("malformed");
    expect(code({ ...good, signatures: [{ ...macEntry, protected: "A".repeat(5_000) }] })).toBe("malformed");
  });

  it.each([
    ["a repeated key", '{"a":1,"a":2}'],
    ["an exponent", '{"a":1e2}'],
    ["an integer beyond 2^53", '{"a":9007199254740993}'],
    ["minus zero", '{"a":-0}'],
    ["a byte order mark", '\ufeff{"a":1}'],
    ["a lone surrogate", String.raw`{"a":"\ud800"}`],
    ["white space", '{ "a":1}'],
    ["members out of order", '{"b":1,"a":2}'],
    ["__proto__", '{"__proto__":1}'],
    ["no JSON", "hello"],
  ])("when its payload, though correctly signed, has %s", (_, payload) => {
    expect(code(handMade(header(), mac.secret, payload))).toBe("not_canonical");
  });

  it("when its payload is not base64url of UTF-8, though correctly signed", () => {
    const h = base64url(header());
    for (const payload of [
      Buffer.from([0x22, 0xff, 0x22]).toString("base64url"),
      "eyJhIjoxfQ==",
      "eyJhIjoxfR",
      "e+/=",
    ]) {
      const jws = { payload, signatures: [{ protected: h, signature: hmac(mac, `${h}.${payload}`) }] };
      expect(code(jws)).toBe("malformed");
    }
  });

  it("when one kid signs twice, nobody signs, or too many do", () => {
    expect(code({ ...good, signatures: [macEntry, macEntry] })).toBe("malformed");
    expect(code({ ...good, signatures: [] })).toBe("malformed");
    const many = Array.from({ length: MAX_SIGNATURES + 1 }, () => macEntry);
    expect(code({ ...good, signatures: many })).toBe("too_large");
    expect(code({ payload: "A".repeat(1_500_000), signatures: [macEntry] })).toBe("too_large");
  });

  it("when it is not an envelope at all", () => {
    for (const value of [
      undefined,
      null,
      1,
      "x",
      [],
      {},
      { ...good, extra: 1 },
      { payload: 1, signatures: [] },
      () => 1,
    ])
      expect(code(value)).toBe("malformed");
    expect(code({ ...good, signatures: {} })).toBe("malformed");
    expect(code({ ...good, signatures: [null] })).toBe("malformed");
    expect(code({ ...good, signatures: [{ protected: 1, signature: 2 }] })).toBe("malformed");
  });

  it("and never by an exception", () => {
    const entry = fc.record({ protected: fc.anything(), signature: fc.anything() }, { requiredKeys: [] });
    const odd = fc.record({ payload: fc.anything(), signatures: fc.array(entry) }, { requiredKeys: [] });
    const near = fc
      .tuple(fc.string({ unit: codeUnit }), fc.string({ unit: codeUnit }), fc.string())
      .map(([p, h, signature]) => ({ payload: base64url(p), signatures: [{ protected: base64url(h), signature }] }));
    fc.assert(fc.property(fc.oneof(fc.anything(), odd, near), (jws) => !verifyJws(jws, keyOf, TYP).ok));
  });
});

describe("a signature by an unknown key beside a valid one", () => {
  const jws = signJws(core, [mac, own], TYP);

  it("is refused by whoever should know every key", () => {
    expect(verifyJws(jws, registry(ownPublic), TYP)).toMatchObject({ ok: false, code: "unknown_key" });
  });

  it("is reported and counts for nothing where strangers are expected: holders of the public key alone can verify", () => {
    const outsider = verifyJws(jws, registry(ownPublic), TYP, "report");
    expect(outsider).toMatchObject({ ok: true, verified: [kid], unknown: [mac.kid] });
    expect(verifyJws(jws, registry(), TYP, "report")).toMatchObject({ ok: false, code: "unknown_key" });
  });

  it("does not excuse a known key's signature that fails", () => {
    const spoiled = { ...jws, signatures: jws.signatures.map((s) => ({ ...s, signature: flip(s.signature) })) };
    const outsider = verifyJws(spoiled, registry(ownPublic), TYP, "report");
    expect(outsider).toMatchObject({ ok: false, code: "signature_invalid" });
  });
});

/** Another signature of the same length and spelling: the first character is changed. */
const flip = (signature: string): string => (signature.startsWith("A") ? "B" : "A") + signature.slice(1);
