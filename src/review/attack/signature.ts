import type { Offer } from "../../domain/answer.ts";
import type { Jws } from "../../domain/elicitation.ts";
import { canonical } from "../../signing/canonical.ts";
import { base64url } from "../../signing/digest.ts";
import { publicJwk, thumbprint } from "../../signing/keys.ts";
import { hmac } from "../../signing/mac.ts";
import type { Attack } from "./attack.ts";
import type { Actor } from "./cast.ts";
import { coreWith, envelope, headerOf, macKey, respelled, withPayload } from "./forge.ts";
import { answerCall, type Trial } from "./trial.ts";

const invalid = { codes: ["signature_invalid"], leaves: "signature_invalid" } as const;
const malformed = { codes: ["envelope_malformed"], leaves: "envelope_malformed" } as const;
/** Refused by the form that the operation takes, before anything is looked at as a signature. */
const formless = { codes: ["invalid_input"] } as const;

/** Asks, answers with a forgery, and then in good order: so the question itself was answerable. */
const forging =
  (
    wanted: typeof invalid | typeof malformed | typeof formless,
    forge: (trial: Trial, target: Actor, offer: Offer, good: Jws) => Jws | Promise<Jws>,
  ): Attack["run"] =>
  async (trial) => {
    const [asker, target] = [await trial.agent("asker"), await trial.agent("target")];
    const offer = await trial.ask(asker, target);
    const forged = await forge(trial, target, offer, trial.sign(target, offer));
    await trial.attempt("the forged answer", target, answerCall(offer.id, forged), wanted);
    await trial.control(
      "the same question answered in good order",
      target,
      answerCall(offer.id, trial.sign(target, offer)),
    );
  };

const payloadOf = (trial: Trial, target: Actor, offer: Offer): string =>
  base64url(canonical(coreWith(target, offer, trial.iat(), {})));

const resigned = (jws: Jws, signature: (was: string) => string): Jws => ({
  ...jws,
  signatures: jws.signatures.map((entry) => ({ ...entry, signature: signature(entry.signature) })),
});

/** Whoever cannot make a signature tries to do without. */
export const signature: readonly Attack[] = [
  {
    id: "signature.forged",
    title: "A forged HMAC",
    does: "Answers with 32 random bytes in the place of the MAC.",
    tries: "the MAC over every answer",
    run: forging(invalid, (trial, _target, _offer, good) => resigned(good, () => base64url(trial.bytes(32)))),
  },
  {
    id: "signature.truncated",
    title: "A truncated HMAC",
    does: "Answers with the first 16 bytes of the right MAC.",
    tries: "comparison of the whole MAC",
    run: forging(invalid, (_trial, _target, _offer, good) => resigned(good, (was) => was.slice(0, 21))),
  },
  {
    id: "signature.respelled",
    title: "A second spelling of the MAC",
    does: "Answers with another base64url text for the bytes of the right MAC.",
    tries: "one spelling for one signature",
    run: forging(invalid, (_trial, _target, _offer, good) => resigned(good, respelled)),
  },
  {
    id: "signature.other-key",
    title: "Another agent's key",
    does: "Answers as the addressee with a MAC by a third agent's key, under that key's own kid.",
    tries: "a key signs for its own agent only",
    run: forging(invalid, async (trial, target, offer) => {
      const { mac } = await trial.agent("other");
      return envelope(headerOf(mac.kid), payloadOf(trial, target, offer), (input) => hmac(mac, input));
    }),
  },
  {
    id: "signature.algorithm-confusion",
    title: "Algorithm confusion",
    does: "Says HS256 under the kid of the addressee's Ed25519 key, with a MAC keyed with its public half.",
    tries: "the algorithm comes from the key registry",
    run: async (trial) => {
      const asker = await trial.agent("asker");
      const target = await trial.casting.enrol("keyed");
      const offer = await trial.ask(asker, target);
      const jwk = publicJwk(target.privateKey);
      const key = macKey(thumbprint(jwk), Buffer.from(jwk.x, "base64url"));
      const forged = envelope(headerOf(key.kid), payloadOf(trial, target, offer), (input) => hmac(key, input));
      await trial.attempt("the forged answer", target, answerCall(offer.id, forged), invalid);
      await trial.control("answered in good order", target, answerCall(offer.id, trial.sign(target, offer)));
    },
  },
  {
    id: "signature.own-stripped",
    title: "The own signature taken off",
    does: "Answers a question that wants the addressee's own key (`requireEd25519`) with the MAC alone.",
    tries: "an own signature that is asked for is there",
    run: async (trial) => {
      const asker = await trial.agent("asker");
      const target = await trial.casting.enrol("owner");
      const offer = await trial.ask(asker, target, { requireEd25519: true });
      const good = trial.sign(target, offer);
      const stripped = { ...good, signatures: good.signatures.slice(0, 1) };
      await trial.attempt("the MAC alone", target, answerCall(offer.id, stripped), {
        codes: ["own_signature_missing"],
      });
      await trial.control("with both", target, answerCall(offer.id, good));
    },
  },
  {
    id: "signature.none",
    title: "Algorithm none",
    does: "Says `alg: none` under the addressee's kid and leaves the signature empty.",
    tries: "no algorithm but the registered one",
    run: forging(invalid, (trial, target, offer) =>
      envelope(headerOf(target.mac.kid, "none"), payloadOf(trial, target, offer), () => ""),
    ),
  },
  {
    id: "signature.key-injection",
    title: "A key brought along",
    does: "Puts a key of its own (`jwk`) into the protected header and signs with it.",
    tries: "a header holds alg, kid and typ and nothing else",
    run: forging(malformed, (trial, target, offer) => {
      const key = macKey(target.mac.kid, trial.bytes(32));
      const jwk = { kty: "oct", k: base64url(key.secret) };
      const header = { ...headerOf(key.kid), jwk };
      return envelope(header, payloadOf(trial, target, offer), (input) => hmac(key, input));
    }),
  },
  {
    id: "signature.kid-injection",
    title: "A kid that leads elsewhere",
    does: "Names a file and a query as kid, with a MAC by the key of zeros that those would give.",
    tries: "a kid is looked up and never interpreted",
    run: async (trial) => {
      const [asker, target] = [await trial.agent("asker"), await trial.agent("target")];
      const offer = await trial.ask(asker, target);
      for (const kid of ["../../../../dev/zero", "x' UNION SELECT zeroblob(32) --", "__proto__"]) {
        const key = macKey(kid, new Uint8Array(32));
        const forged = envelope(headerOf(kid), payloadOf(trial, target, offer), (input) => hmac(key, input));
        await trial.attempt(`kid ${kid}`, target, answerCall(offer.id, forged), invalid);
      }
      await trial.control("answered in good order", target, answerCall(offer.id, trial.sign(target, offer)));
    },
  },
  {
    id: "signature.unsigned",
    title: "No signature at all",
    does: "Answers with an envelope without signatures, and with the bare content.",
    tries: "an answer is a signed envelope",
    run: async (trial) => {
      const [asker, target] = [await trial.agent("asker"), await trial.agent("target")];
      const offer = await trial.ask(asker, target);
      const good = trial.sign(target, offer);
      await trial.attempt("no signatures", target, answerCall(offer.id, { ...good, signatures: [] }), formless);
      await trial.attempt("bare content", target, answerCall(offer.id, { action: "accept", content: "yes" }), formless);
      await trial.control("answered in good order", target, answerCall(offer.id, good));
    },
  },
  {
    id: "signature.wrong-type",
    title: "A signature for another purpose",
    does: "Answers with an envelope that is rightly signed, as a sign-in.",
    tries: "a signature is good for the type it was made for",
    run: forging(malformed, (trial, target, offer) =>
      envelope(headerOf(target.mac.kid, "HS256", "lighthouse-login+jws"), payloadOf(trial, target, offer), (input) =>
        hmac(target.mac, input),
      ),
    ),
  },
  {
    id: "signature.altered-content",
    title: "Altered content",
    does: "Changes the content of a signed answer on its way.",
    tries: "the MAC covers the content",
    run: forging(invalid, (_trial, _target, _offer, good) => withPayload(good, { content: "as the attacker wants" })),
  },
  {
    id: "signature.altered-action",
    title: "Altered action",
    does: "Turns a signed decline into an accept on its way.",
    tries: "the MAC covers the action",
    run: forging(invalid, (trial, target, offer) => {
      const declined = trial.sign(target, offer, { action: "decline", reason: "no" });
      return withPayload(declined, { action: "accept", content: "as the attacker wants", reason: "" });
    }),
  },
];
