import type { Offer } from "../../domain/answer.ts";
import { base64url } from "../../signing/digest.ts";
import type { Attack } from "./attack.ts";
import type { Actor } from "./cast.ts";
import { coreWith, signedCore, signedText } from "./forge.ts";
import { answerCall, type Trial } from "./trial.ts";

const mismatch = { codes: ["answer_mismatch"], leaves: "answer_mismatch" } as const;
const malformed = { codes: ["envelope_malformed"], leaves: "envelope_malformed" } as const;

/** A core with something wrong in it, signed by the addressee's very own key: only what it says can give it away. */
const saying =
  (change: (trial: Trial, offer: Offer, asker: Actor) => Readonly<Record<string, unknown>>): Attack["run"] =>
  async (trial) => {
    const [asker, target] = [await trial.agent("asker"), await trial.agent("target")];
    const offer = await trial.ask(asker, target);
    const wrong = signedCore(target, coreWith(target, offer, trial.iat(), change(trial, offer, asker)));
    await trial.attempt("the signed answer that says otherwise", target, answerCall(offer.id, wrong), mismatch);
    await trial.control("the same that says it right", target, answerCall(offer.id, trial.sign(target, offer)));
  };

/** The core as a text, with something that JSON readers differ about. */
const spelling =
  (change: (text: string) => string): Attack["run"] =>
  async (trial) => {
    const [asker, target] = [await trial.agent("asker"), await trial.agent("target")];
    const offer = await trial.ask(asker, target);
    const good = trial.sign(target, offer);
    const text = Buffer.from(good.payload, "base64url").toString("utf8");
    const wrong = signedText(target, change(text));
    await trial.attempt("the signed text", target, answerCall(offer.id, wrong), malformed);
    await trial.control("the canonical one", target, answerCall(offer.id, good));
  };

/** An answer binds itself to one question by six values; and it has one spelling. */
export const binding: readonly Attack[] = [
  {
    id: "binding.id",
    title: "An answer to another id",
    does: "Signs another elicitation's id.",
    tries: "the signed core names its elicitation",
    run: saying((_trial, offer) => ({ eid: `${offer.id.slice(0, -1)}${offer.id.endsWith("0") ? "1" : "0"}` })),
  },
  {
    id: "binding.recipient",
    title: "An answer to somebody else",
    does: "Signs another agent as the one it is for.",
    tries: "the signed core names both parties",
    run: saying((_trial, _offer, asker) => ({ to: `${asker.name}x` })),
  },
  {
    id: "binding.schema",
    title: "An answer to another schema",
    does: "Signs the hash of another schema.",
    tries: "the signed core binds the schema",
    run: saying((trial) => ({ schema: base64url(trial.bytes(32)) })),
  },
  {
    id: "binding.request",
    title: "An answer to other words",
    does: "Signs the hash of another request.",
    tries: "the signed core binds the whole request",
    run: saying((trial) => ({ req: base64url(trial.bytes(32)) })),
  },
  {
    id: "binding.challenge",
    title: "A challenge of another question",
    does: "Repeats the challenge of an earlier elicitation between the same two.",
    tries: "every question has a challenge of its own",
    run: async (trial) => {
      const [asker, target] = [await trial.agent("asker"), await trial.agent("target")];
      const [first, second] = [await trial.ask(asker, target), await trial.ask(asker, target)];
      const core = coreWith(target, second, trial.iat(), { challenge: first.challenge });
      await trial.attempt("the old challenge", target, answerCall(second.id, signedCore(target, core)), mismatch);
      for (const offer of [first, second]) {
        await trial.control("its own challenge", target, answerCall(offer.id, trial.sign(target, offer)));
      }
    },
  },
  {
    id: "binding.audience",
    title: "An answer for another bridge",
    does: "Signs another bridge's name as the audience.",
    tries: "an answer is for one bridge",
    run: saying(() => ({ aud: "lighthouse://elsewhere" })),
  },
  {
    id: "binding.duplicate-key",
    title: "Duplicate keys in what is signed",
    does: "Signs a core that says decline first and accept last.",
    tries: "what is signed has one reading",
    run: spelling((text) => text.replace("{", '{"action":"decline",')),
  },
  {
    id: "binding.proto",
    title: "__proto__ in what is signed",
    does: "Signs content with the member __proto__.",
    tries: "no prototype can be set from outside",
    run: spelling((text) => text.replace('"content":"as agreed"', '"content":{"__proto__":{"isAdmin":true}}')),
  },
  {
    id: "binding.whitespace",
    title: "Another spelling of what is signed",
    does: "Signs the same core with a space in it.",
    tries: "what is signed is canonical",
    run: spelling((text) => text.replace(",", ", ")),
  },
];
