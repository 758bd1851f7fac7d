import { createHmac, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { describe, expect, test } from "vitest";
import { answerTyp } from "../domain/answer.ts";
import { canonical } from "./canonical.ts";
import { base64url } from "./digest.ts";
import { signPae, verifyPae } from "./enrolment.ts";
import { verifyJws } from "./jws.ts";
import { ed25519FromSeed, type HmacKey, publicJwk, publicKeyFromJwk, publicKeyOf, thumbprint } from "./keys.ts";
import { hmac } from "./mac.ts";

/**
 * Published vectors, and the kinds of wrong signature that such collections have for every algorithm: each must be refused
 * by the paths that the bridge verifies with. Beside `jws.test.ts` (RFC 7515 A.1), `canonical.test.ts` (RFC 8785),
 * `merkle.test.ts` and `proof.test.ts` (RFC 6962, RFC 9162), `keys.test.ts` (RFC 8032, RFC 8037 A.3), `dsse.test.ts`.
 */

describe("HMAC-SHA256", () => {
  const hex = (text: string): Buffer => Buffer.from(text, "hex");
  test.each([
    // RFC 4231, the cases whose key is as long as RFC 7518 wants it.
    [
      "RFC 4231 case 6",
      "aa".repeat(131),
      "Test Using Larger Than Block-Size Key - Hash Key First",
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
    ],
    [
      "RFC 4231 case 7",
      "aa".repeat(131),
      "This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm.",
      "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
    ],
  ])("%s", (_name, key, text, mac) => {
    expect(hmac({ alg: "HS256", kid: "k", secret: hex(key) }, text)).toBe(base64url(hex(mac)));
  });

  test("RFC 4231's shorter keys are refused, not used", () => {
    for (const key of ["0b".repeat(20), "4a656665", "aa".repeat(20)]) {
      expect(() => hmac({ alg: "HS256", kid: "k", secret: hex(key) }, "Hi There")).toThrow(RangeError);
    }
  });
});

describe("Ed25519", () => {
  test("RFC 8037 appendix A.4: the signature over its example", () => {
    const key = ed25519FromSeed(Buffer.from("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A", "base64url"));
    const input = `${base64url('{"alg":"EdDSA"}')}.${base64url("Example of Ed25519 signing")}`;
    expect(base64url(sign(null, Buffer.from(input), key))).toBe(
      "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
    );
  });
});

/** The order of the group, and the prime of the field. */
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const P = 2n ** 255n - 19n;
const bytesOf = (n: bigint): Buffer => Buffer.from(n.toString(16).padStart(64, "0"), "hex").reverse();
const numberOf = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).reverse().toString("hex")}`);
const half = (signature: Uint8Array, second: Buffer): Buffer => Buffer.concat([signature.subarray(0, 32), second]);

const key = ed25519FromSeed(new Uint8Array(32).fill(3));
const other = ed25519FromSeed(new Uint8Array(32).fill(4));
const mac: HmacKey = { alg: "HS256", kid: "bob#mac1", secret: new Uint8Array(32).fill(9) };
const shortMac = (input: string, size: number): string =>
  createHmac("sha256", mac.secret).update(input).digest().subarray(0, size).toString("base64url");

/** Name, and what it makes of a good signature over these bytes. */
const wrongEd25519: readonly (readonly [string, (good: Buffer, over: Buffer) => Buffer])[] = [
  [
    "S + L: the same point, another number (malleability)",
    (good) => half(good, bytesOf(numberOf(good.subarray(32)) + L)),
  ],
  ["S = L", (good) => half(good, bytesOf(L))],
  ["S with its highest bit set", (good) => half(good, bytesOf(numberOf(good.subarray(32)) | (1n << 255n)))],
  ["S = 0", (good) => half(good, Buffer.alloc(32))],
  ["S - 1", (good) => half(good, bytesOf(numberOf(good.subarray(32)) - 1n))],
  ["R of zeros", (good) => Buffer.concat([Buffer.alloc(32), good.subarray(32)])],
  ["R = p: a coordinate outside of the field", (good) => Buffer.concat([bytesOf(P), good.subarray(32)])],
  ["R = the neutral point", (good) => Buffer.concat([bytesOf(1n), good.subarray(32)])],
  ["R with its sign flipped", (good) => Buffer.from(good.map((byte, i) => (i === 31 ? byte ^ 0x80 : byte)))],
  ["R and S exchanged", (good) => Buffer.concat([good.subarray(32), good.subarray(0, 32)])],
  ["all zeros", () => Buffer.alloc(64)],
  ["all ones", () => Buffer.alloc(64, 0xff)],
  ["63 bytes", (good) => good.subarray(0, 63)],
  ["65 bytes", (good) => Buffer.concat([good, Buffer.alloc(1)])],
  ["twice", (good) => Buffer.concat([good, good])],
  ["none", () => Buffer.alloc(0)],
  ["by another key", (_good, over) => sign(null, over, other)],
  ["over other bytes", (_good, over) => sign(null, Buffer.concat([over, Buffer.from("x")]), key)],
  ["an HMAC keyed with the public key", (_good, over) => hmacWithPublicKey(over)],
];
const hmacWithPublicKey = (over: Buffer): Buffer =>
  createHmac("sha512", Buffer.from(publicJwk(key).x, "base64url"))
    .update(over)
    .digest();

const core = { v: 1, text: "agreed" };
const verifiesJws = (entries: readonly { readonly protected: string; readonly signature: string }[]): boolean =>
  verifyJws(
    { payload: base64url(canonical(core)), signatures: entries },
    (kid) => (kid === mac.kid ? mac : { alg: "Ed25519", kid: thumbprint(publicJwk(key)), publicKey: publicKeyOf(key) }),
    answerTyp,
  ).ok;

const edHeader = base64url(canonical({ alg: "Ed25519", kid: thumbprint(publicJwk(key)), typ: answerTyp }));
const edInput = Buffer.from(`${edHeader}.${base64url(canonical(core))}`);
const goodEd = sign(null, edInput, key);

describe("a wrong Ed25519 signature in an envelope", () => {
  test("the right one holds", () => {
    expect(verifiesJws([{ protected: edHeader, signature: base64url(goodEd) }])).toBe(true);
  });
  test.each(wrongEd25519)("%s", (_name, change) => {
    expect(verifiesJws([{ protected: edHeader, signature: base64url(change(goodEd, edInput)) }])).toBe(false);
  });
});

describe("a wrong Ed25519 signature on an enrolment", () => {
  const type = "application/vnd.test+json";
  const good = Buffer.from(signPae(type, core, key), "base64url");
  test("the right one holds", async () => {
    expect(await verifyPae(type, core, publicKeyOf(key), base64url(good))).toBe(true);
    expect(await verifyPae("application/other", core, publicKeyOf(key), base64url(good))).toBe(false);
  });
  test.each(wrongEd25519)("%s", async (_name, change) => {
    expect(await verifyPae(type, core, publicKeyOf(key), base64url(change(good, edInput)))).toBe(false);
  });
});

describe("a public key of small order", () => {
  const small = ["01", "00", "ec", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"].map((hex) =>
    Buffer.concat([Buffer.from(hex, "hex"), Buffer.alloc(32, hex === "ec" ? 0xff : 0)]).subarray(0, 32),
  );
  /** Signatures that would hold for such a key whatever was signed. */
  const universal = small.map((point) => Buffer.concat([point, Buffer.alloc(32)]));

  test("is nobody's proof: no signature that needs no private key holds for it", async () => {
    for (const point of small) {
      const publicKey = publicKeyFromJwk({ kty: "OKP", crv: "Ed25519", x: base64url(point) });
      if (publicKey === undefined) continue;
      for (const signature of universal) {
        for (let n = 0; n < 16; n++) {
          expect(await verifyPae("t", { n }, publicKey, base64url(signature))).toBe(false);
        }
      }
    }
  });
});

describe("a wrong HMAC in an envelope", () => {
  const header = base64url(canonical({ alg: "HS256", kid: mac.kid, typ: answerTyp }));
  const input = `${header}.${base64url(canonical(core))}`;
  const good = hmac(mac, input);
  const raw = Buffer.from(good, "base64url");
  test("the right one holds", () => {
    expect(verifiesJws([{ protected: header, signature: good }])).toBe(true);
  });
  test.each([
    ["31 bytes", shortMac(input, 31)],
    ["16 bytes", shortMac(input, 16)],
    ["one byte", shortMac(input, 1)],
    ["none", ""],
    ["33 bytes", base64url(Buffer.concat([raw, Buffer.alloc(1)]))],
    ["all zeros", base64url(Buffer.alloc(32))],
    ["all ones", base64url(Buffer.alloc(32, 0xff))],
    ["first bit flipped", base64url(Buffer.from(raw.map((byte, i) => (i === 0 ? byte ^ 0x80 : byte))))],
    ["last bit flipped", base64url(Buffer.from(raw.map((byte, i) => (i === 31 ? byte ^ 1 : byte))))],
    ["bytes in reverse", base64url(Buffer.from(raw).reverse())],
    ["SHA-512", createHmac("sha512", mac.secret).update(input).digest("base64url")],
    [
      "SHA-512 cut to 32 bytes",
      createHmac("sha512", mac.secret).update(input).digest().subarray(0, 32).toString("base64url"),
    ],
    ["SHA-1", createHmac("sha1", mac.secret).update(input).digest("base64url")],
    ["by an empty key", createHmac("sha256", "").update(input).digest("base64url")],
    [
      "over the payload alone",
      createHmac("sha256", mac.secret)
        .update(input.split(".")[1] ?? "")
        .digest("base64url"),
    ],
    ["in hexadecimal", raw.toString("hex")],
    ["with padding", `${good}=`],
    ["in standard base64", raw.toString("base64")],
    ["with a line break", `${good}\n`],
  ])("%s", (_name, signature) => {
    expect(verifiesJws([{ protected: header, signature }])).toBe(false);
  });
});

test("a public key is read from one spelling, and from nothing that is not one", () => {
  const { x } = publicJwk(key);
  const read = (jwk: unknown): KeyObject | undefined => publicKeyFromJwk(jwk);
  expect(read({ kty: "OKP", crv: "Ed25519", x })).toBeDefined();
  for (const jwk of [
    { kty: "OKP", crv: "X25519", x },
    { kty: "OKP", crv: "Ed448", x },
    { kty: "EC", crv: "P-256", x, y: x },
    { kty: "oct", k: x },
    { kty: "OKP", crv: "Ed25519", x: `${x}=` },
    { kty: "OKP", crv: "Ed25519", x: x.slice(1) },
    { kty: "OKP", crv: "Ed25519", x: `${x}AA` },
    { kty: "OKP", crv: "Ed25519", x, d: x },
    { kty: "OKP", crv: "Ed25519" },
  ]) {
    expect(read(jwk)).toBeUndefined();
  }
  expect(
    verify(null, edInput, createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" }), goodEd),
  ).toBe(true);
});
