import fc from "fast-check";
import { verifyExchange } from "../../src/client/exchange.ts";
import { ownKey } from "../../src/client/proof.ts";
import { answerCore, answerTyp } from "../../src/domain/answer.ts";
import { readBundle } from "../../src/review/verify/bundle.ts";
import { readUnverified } from "../../src/review/verify/read.ts";
import { verifyCertificate } from "../../src/review/verify/verify.ts";
import { signJws } from "../../src/signing/jws.ts";
import { httpDoor } from "../support/http-door.ts";
import { enrolled, seconds, testKey } from "../support/key-agent.ts";
import { reviewed } from "../support/review-scene.ts";
import { anyText, behind, edits, type Fuzzed, near, pure } from "./fuzzed.ts";

interface Exported {
  readonly text: string;
  readonly kid: string;
  /** The signed part of the answer. */
  readonly payload: string;
}

/** A real exchange: asked, answered with an own key, exported. */
const exported = async (): Promise<Exported> => {
  const door = await httpDoor();
  const alice = await door.register("alice");
  const bob = await enrolled(door, "bob", testKey(1));
  const id = await door.ask("alice", "bob");
  const offer = door.bridge.deliver.inbox("bob").find((item) => item.offer.id === id)?.offer;
  if (offer === undefined) throw new Error("nothing is in the inbox");
  const core = answerCore(offer, { action: "accept", content: { port: 8765 } }, 1, seconds(door));
  const answer = signJws(core, [bob.mac, ownKey(bob.privateKey)], answerTyp);
  const taken = await door.bridge.elicit.answer(id, answer, { actor: "bob", trace: null });
  if (!taken.ok) throw new Error(`the answer was not taken: ${taken.refusal.code}`);
  const { text } = await door.call({ url: `/v1/elicitations/${id}/exchange`, as: alice });
  await door.close();
  return { text, kid: bob.kid, payload: answer.payload };
};

const exchange: Fuzzed = behind(
  "exported exchanges",
  4_000,
  fc.oneof(
    edits,
    anyText(30).map((text) => () => text),
  ),
  {
    open: exported,
    judge: async ({ text, kid, payload }, edit) => {
      let given: unknown;
      try {
        given = JSON.parse(edit(text));
      } catch {
        return false;
      }
      const checks = verifyExchange(given, { kids: [kid] });
      if (checks.length === 0) throw new Error("nothing was looked at");
      // A log in memory signs no checkpoints: of the answer nothing can be said to hold, and nothing may be.
      const { answer } = given as { readonly answer?: { readonly payload: string } };
      const isHeld = checks.some(({ name, verdict }) => name.startsWith("answer") && verdict === "holds");
      if (isHeld && answer?.payload !== payload) throw new Error("another answer holds");
      return checks.every(({ verdict }) => verdict !== "fails");
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
