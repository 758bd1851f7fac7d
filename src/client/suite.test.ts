import fc from "fast-check";
import { expect, test } from "vitest";
import { answerCore, answerTyp, type Offer } from "../domain/answer.ts";
import type { Json } from "../domain/json.ts";
import { fromBase64url } from "../signing/digest.ts";
import { verifyJws } from "../signing/jws.ts";
import { keysOf, type TokenCredential } from "./credential.ts";
import { newKey } from "./enrol.ts";
import { nodeSuite } from "./node-suite.ts";
import { webSuite } from "./web-suite.ts";

const bob: TokenCredential = {
  url: "http://127.0.0.1:8765",
  agent: "bob",
  token: "lht_",
  macKid: "bob#mac1",
  macSecret: Buffer.alloc(32, 7).toString("base64url"),
  audience: "lighthouse://test",
};
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
  const { token: _, ...rest } = bob;
  const keys = keysOf({ ...rest, ...(await newKey(webSuite)) });
  expect(keys.map(({ alg }) => alg)).toEqual(["HS256", "Ed25519"]);
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), fc.nat(), async (content, seq) => {
      fc.pre(!JSON.stringify(content).includes("__proto__"));
      const core = answerCore(offer, { action: "accept", content: content as Json }, seq, 1_767_571_200);
      expect(await webSuite.sign(core, keys, answerTyp)).toEqual(nodeSuite.sign(core, keys, answerTyp));
    }),
    { numRuns: 300 },
  );
});

test("the envelope verifies with the bridge's key, also for an answer larger than one chunk", async () => {
  const core = answerCore(offer, { action: "accept", content: "ä€𝄞".repeat(20_000) }, 1, 1);
  const secret = fromBase64url(bob.macSecret) as Uint8Array;
  const keyOf = () => ({ alg: "HS256", kid: bob.macKid, secret }) as const;

  expect(verifyJws(await webSuite.sign(core, keysOf(bob), answerTyp), keyOf, answerTyp)).toMatchObject({
    ok: true,
    payload: core,
  });
});
