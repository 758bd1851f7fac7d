import fc from "fast-check";
import { expect, test } from "vitest";
import { answerCore, answerTyp, type Offer } from "../domain/answer.ts";
import type { Json } from "../domain/json.ts";
import { fromBase64url } from "../signing/digest.ts";
import { verifyJws } from "../signing/jws.ts";
import { nodeSigner } from "./node-signer.ts";
import { webSigner } from "./web-signer.ts";

const key = { macKid: "bob#mac1", macSecret: Buffer.alloc(32, 7).toString("base64url") };
const offer: Offer = {
  id: "el_00000000000000000000000000",
  audience: "lighthouse://test",
  from: "alice",
  to: "bob",
  message: "?",
  schema: {},
  schemaHash: "s",
  requestHash: "r",
  challenge: "c",
  deadline: 1,
};

test("signed by node:crypto and by WebCrypto, an answer is the same envelope", async () => {
  const [node, web] = [nodeSigner(key), webSigner(key)];
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), fc.nat(), async (content, seq) => {
      fc.pre(!JSON.stringify(content).includes("__proto__"));
      const core = answerCore(offer, { action: "accept", content: content as Json }, seq, 1_767_571_200);
      expect(await web.sign(core)).toEqual(await node.sign(core));
    }),
    { numRuns: 300 },
  );
});

test("the envelope verifies with the bridge's key, also for an answer larger than one chunk", async () => {
  const core = answerCore(offer, { action: "accept", content: "ä€𝄞".repeat(20_000) }, 1, 1);
  const secret = fromBase64url(key.macSecret) as Uint8Array;
  const keyOf = () => ({ alg: "HS256", kid: key.macKid, secret }) as const;

  expect(verifyJws(await webSigner(key).sign(core), keyOf, answerTyp)).toMatchObject({ ok: true, payload: core });
});
