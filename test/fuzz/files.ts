import fc from "fast-check";
import { type VerifyOptions, verifyExchange } from "../../src/client/exchange.ts";
import { ownKey } from "../../src/client/proof.ts";
import { answerCore, answerTyp } from "../../src/domain/answer.ts";
import type { Exchange } from "../../src/domain/exchange.ts";
import { questionCore, questionTyp } from "../../src/domain/question.ts";
import { readBundle } from "../../src/review/verify/bundle.ts";
import { readUnverified } from "../../src/review/verify/read.ts";
import { verifyCertificate } from "../../src/review/verify/verify.ts";
import { canonical } from "../../src/signing/canonical.ts";
import { base64url, sha256 } from "../../src/signing/digest.ts";
import { signJws } from "../../src/signing/jws.ts";
import { httpDoor } from "../support/http-door.ts";
import { enrolled, seconds, signIn, testKey } from "../support/key-agent.ts";
import { reviewed } from "../support/review-scene.ts";
import { anyJson, anyText, behind, edits, type Fuzzed, near, pure } from "./fuzzed.ts";

interface Exported {
  readonly text: string;
  readonly trust: Required<Pick<VerifyOptions, "kids" | "logKey">>;
}

/** A real exchange: asked and answered with own keys, exported with the log's proofs. */
const exported = async (): Promise<Exported> => {
  const door = await httpDoor({ isProven: true });
  const alice = await enrolled(door, "alice", testKey(2));
  const bob = await enrolled(door, "bob", testKey(1));
  const ask = { to: "bob", message: "Which port?", key: "k", schema: { type: "object" } };
  const core = questionCore(door.bridge.audience, "alice", ask, schemaHash(ask.schema), seconds(door));
  const signed = signJws(core, [alice.mac, ownKey(alice.privateKey)], questionTyp);
  const id = await door.ask("alice", "bob", { ...ask, signed });
  const offer = door.bridge.deliver.inbox("bob").find((item) => item.offer.id === id)?.offer;
  if (offer === undefined) throw new Error("nothing is in the inbox");
  const said = answerCore(offer, { action: "accept", content: { port: 8765 } }, 1, seconds(door));
  const answer = signJws(said, [bob.mac, ownKey(bob.privateKey)], answerTyp);
  const taken = await door.bridge.elicit.answer(id, answer, { actor: "bob", trace: null });
  if (!taken.ok) throw new Error(`the answer was not taken: ${taken.refusal.code}`);
  const { headers } = await signIn(door, alice);
  const { text } = await door.call({ url: `/v1/elicitations/${id}/exchange`, headers });
  await door.close();
  const { log } = JSON.parse(text) as Exchange;
  return { text, trust: { kids: [alice.kid, bob.kid], logKey: log?.key ?? "" } };
};

const schemaHash = (schema: object): string => base64url(sha256(canonical(schema)));

/** One value of it put in another's place, or something else there: it stays JSON, so it gets past the parser. */
const swapped: fc.Arbitrary<(text: string) => string> = fc
  .tuple(fc.nat(), fc.nat(), fc.option(fc.oneof(anyText(8), anyJson(1)), { nil: undefined }), edits)
  .map(([at, from, value, edit]) => (text: string) => {
    const leaves: (readonly [{ [name: string]: unknown }, string])[] = [];
    const walk = (node: object): void => {
      for (const [name, inner] of Object.entries(node)) {
        leaves.push([node as { [name: string]: unknown }, name]);
        if (typeof inner === "object" && inner !== null) walk(inner);
      }
    };
    const whole = JSON.parse(text) as object;
    walk(whole);
    const [[node, name], [other, member]] = [leaves[at % leaves.length], leaves[from % leaves.length]] as never as [
      (typeof leaves)[number],
      (typeof leaves)[number],
    ];
    const old = node[name];
    node[name] = value ?? (from % 2 === 0 && typeof old === "string" ? edit(old) : structuredClone(other[member]));
    return JSON.stringify(whole);
  });

const exchange: Fuzzed = behind(
  "exported exchanges",
  4_000,
  fc.oneof(
    { weight: 2, arbitrary: edits },
    { weight: 6, arbitrary: swapped },
    { weight: 1, arbitrary: anyText(30).map((text) => () => text) },
  ),
  {
    open: exported,
    judge: async ({ text, trust }, edit) => {
      let given: Exchange;
      try {
        given = JSON.parse(edit(text)) as Exchange;
      } catch {
        return false;
      }
      const checks = verifyExchange(given, trust);
      if (checks.length === 0) throw new Error("nothing was looked at");
      const isHeld = (name: string): boolean =>
        checks.some((check) => check.name.startsWith(name) && check.verdict === "holds");
      const original = JSON.parse(text) as Exchange;
      const records = new Set(original.log?.events.map(({ record }) => record));
      if (isHeld("answer: Ed25519") && given.answer?.payload !== original.answer?.payload) {
        throw new Error("another answer holds");
      }
      const isAccepted = checks.every(({ verdict }) => verdict !== "fails");
      if (!isAccepted) return false;
      if (given.log?.events.some(({ record }) => !records.has(record)) === true) {
        throw new Error("a record that is not in the log holds");
      }
      if (isHeld("question: words") && given.question?.payload !== original.question?.payload) {
        throw new Error("another question holds");
      }
      return true;
    },
    close: async () => undefined,
  },
);

const scene = reviewed();
const bundleText = Buffer.from(scene.bundle).toString("latin1");
const certificate: Fuzzed = pure(
  "certificates",
  600,
  fc.oneof({ weight: 9, arbitrary: edits }, { weight: 1, arbitrary: anyText(40).map((text) => () => text) }),
  (edit) => {
    const bytes = Buffer.from(edit(bundleText), "latin1");
    const isSame = bytes.equals(scene.bundle);
    const { status } = verifyCertificate(bytes, { trust: scene.trust, evidence: scene.evidence, now: scene.now });
    if (!isSame && status !== "invalid") throw new Error(`an altered certificate is ${status}`);
    return status !== "invalid";
  },
);

const bundles: Fuzzed = pure(
  "bundles of statements",
  5_000,
  fc.oneof(near(bundleText.slice(0, 3_000), '{"payload":"e30=","payloadType":"x","signatures":[]}\n'), anyText(200)),
  (text) => {
    const bytes = Buffer.from(text, "latin1");
    readUnverified(bytes);
    return readBundle(bytes).ok;
  },
);

export const files: readonly Fuzzed[] = [exchange, certificate, bundles];
