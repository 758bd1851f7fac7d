import fc from "fast-check";
import { readCredential } from "../../src/client/credential.ts";
import { answerCore, answerTyp, type Offer, readAnswerCore } from "../../src/domain/answer.ts";
import { loginCore, readLoginCore, readRotationCore } from "../../src/domain/proof.ts";
import { canonical, parseCanonical } from "../../src/signing/canonical.ts";
import { makeChallenge, readChallenge } from "../../src/signing/challenge.ts";
import { signCheckpoint, verifyCheckpoint } from "../../src/signing/checkpoint.ts";
import { base64url } from "../../src/signing/digest.ts";
import { signDsse, verifyDsse } from "../../src/signing/dsse.ts";
import { signJws, verifyJws } from "../../src/signing/jws.ts";
import { ed25519FromSeed, type HmacKey, publicJwk, publicKeyFromJwk, publicKeyOf } from "../../src/signing/keys.ts";
import { anyJson, anyText, type Fuzzed, near, nearObject, pure } from "./fuzzed.ts";

const AUDIENCE = "lighthouse://fuzz";
const offer: Offer = {
  id: "el_00000000000000000000000000",
  audience: AUDIENCE,
  from: "alice",
  to: "bob",
  message: "Which one?",
  schema: {},
  schemaHash: base64url(new Uint8Array(32)),
  requestHash: base64url(new Uint8Array(32).fill(1)),
  challenge: base64url(new Uint8Array(16)),
  deadline: 1_767_571_200_000,
};
const core = answerCore(offer, { action: "accept", content: { n: [1, "zwei", null] } }, 7, 1_767_571_200);
const mac: HmacKey = { alg: "HS256", kid: "bob#mac1", secret: new Uint8Array(32).fill(5) };
const good = signJws(core, [mac], answerTyp);
const [entry = { protected: "", signature: "" }] = good.signatures;
const goodText = JSON.stringify(good);

const fail = (what: string): never => {
  throw new Error(what);
};

const canonicalForm: Fuzzed = pure(
  "canonical JSON (what is signed)",
  22_000,
  fc.oneof(near(canonical(core), '{"a":[1,-0.5,1e+30],"b":{"c":"é\\n"}}'), anyText(), fc.json({ maxDepth: 4 })),
  (text) => {
    const read = parseCanonical(text);
    if (read.ok && canonical(read.value) !== text) fail("accepted another spelling");
    return read.ok;
  },
);

const part = (right: string): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constant(right) as fc.Arbitrary<unknown> },
    { weight: 3, arbitrary: near(right) },
    { weight: 1, arbitrary: anyText().map((text) => base64url(text.toWellFormed())) },
    { weight: 1, arbitrary: anyJson(1) },
  );

const envelope: Fuzzed = pure(
  "JWS envelopes",
  14_000,
  fc.oneof(
    fc.record({
      payload: part(good.payload),
      signatures: fc.array(fc.record({ protected: part(entry.protected), signature: part(entry.signature) }), {
        maxLength: 3,
      }),
    }),
    near(goodText).map(orText),
    anyJson(),
  ),
  (jws) => {
    const verified = verifyJws(jws, (kid) => (kid === mac.kid ? mac : undefined), answerTyp);
    if (verified.ok && (jws as typeof good).payload !== good.payload) fail("verified what nobody signed");
    return verified.ok;
  },
);

function orText(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

const cores: Fuzzed = pure(
  "cores of answers, sign-ins and rotations",
  8_000,
  fc.oneof(
    fc.constantFrom(core, loginCore(AUDIENCE, { agent: "bob", challenge: "c", iat: 1 })).chain((right) => {
      const members = Object.keys(right as object);
      return fc.tuple(nearObject(members), fc.subarray(members)).map(([changes, kept]) => ({
        ...changes,
        ...Object.fromEntries(kept.map((name) => [name, (right as never)[name]])),
      }));
    }),
    anyJson(),
  ),
  (value) => {
    const read = [readAnswerCore(value, AUDIENCE), readLoginCore(value, AUDIENCE), readRotationCore(value, AUDIENCE)];
    return read.some(({ ok }) => ok);
  },
);

const secret = new Uint8Array(32).fill(6);
const challengeText = makeChallenge(secret, new Uint8Array(16), 1_767_571_200_000);
const challenge: Fuzzed = pure(
  "challenges",
  8_000,
  fc.oneof(near(challengeText), anyText(), fc.constant(challengeText)),
  (text) => {
    const isBelieved = readChallenge(secret, text) !== undefined;
    if (isBelieved && text !== challengeText) fail("believed another challenge");
    return isBelieved;
  },
);

const key = ed25519FromSeed(new Uint8Array(32).fill(8));
const { x } = publicJwk(key);
const jwk: Fuzzed = pure(
  "public keys (JWK)",
  6_000,
  fc.oneof(
    fc.record({ kty: part("OKP"), crv: part("Ed25519"), x: part(x) }),
    fc.uint8Array({ minLength: 32, maxLength: 32 }).map((raw) => ({ kty: "OKP", crv: "Ed25519", x: base64url(raw) })),
    anyJson(1),
  ),
  (value) => {
    const read = publicKeyFromJwk(value);
    if (read !== undefined && publicJwk(read).x !== (value as { readonly x: unknown }).x) fail("read another key");
    return read !== undefined;
  },
);

const checkpointNote = signCheckpoint(
  { origin: "fuzz", size: 9, root: new Uint8Array(32) },
  { name: "fuzz", privateKey: key },
);
const notes: Fuzzed = pure(
  "signed notes and checkpoints",
  5_000,
  fc.oneof(near(checkpointNote), anyText(200)),
  (note) => {
    const read = verifyCheckpoint(note, [{ name: "fuzz", publicKey: publicKeyOf(key) }]);
    if (read.ok && read.checkpoint.size !== 9) fail("verified another checkpoint");
    return read.ok;
  },
);

const dsse = signDsse("application/x", '{"a":1}', [{ keyid: "k", privateKey: key }]);
const statements: Fuzzed = pure(
  "DSSE envelopes (certificates)",
  5_000,
  fc.oneof(near(JSON.stringify(dsse)).map(orText), nearObject(["payload", "payloadType", "signatures"]), anyJson()),
  (value) => {
    const verified = verifyDsse(value, (keyid) => (keyid === "k" ? publicKeyOf(key) : undefined));
    if (verified.ok && Buffer.from(verified.payload).toString() !== '{"a":1}') fail("verified what nobody signed");
    return verified.ok;
  },
);

const credentialText = JSON.stringify({
  url: "http://127.0.0.1:8765",
  agent: "bob",
  token: "lht_x",
  macKid: mac.kid,
  macSecret: base64url(mac.secret),
  audience: AUDIENCE,
});
const credentials: Fuzzed = pure(
  "credential files",
  4_000,
  fc.oneof(near(credentialText), fc.json({ maxDepth: 2 }), anyText()),
  (text) => {
    const read = readCredential(text);
    if (!read.ok && read.problems.length === 0) fail("refused without a reason");
    return read.ok;
  },
);

export const signing: readonly Fuzzed[] = [
  canonicalForm,
  envelope,
  cores,
  challenge,
  jwk,
  notes,
  statements,
  credentials,
];

/** For the doors: an envelope that is right but for whom it is from. */
export const goodEnvelope = good;
