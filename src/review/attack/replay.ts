import type { Attack } from "./attack.ts";
import { coreWith, signedCore } from "./forge.ts";
import { answerCall } from "./trial.ts";

const ended = { codes: ["already_ended"] } as const;

/** What was good once, sent again. */
export const replay: readonly Attack[] = [
  {
    id: "replay.second-answer",
    title: "A second answer",
    does: "Answers again, otherwise; and sends the first answer once more, byte for byte.",
    tries: "one end for each elicitation",
    run: async (trial) => {
      const [asker, target] = [await trial.agent("asker"), await trial.agent("target")];
      const offer = await trial.ask(asker, target);
      const first = trial.sign(target, offer, { action: "accept", content: "the first" });
      await trial.control("the first answer", target, answerCall(offer.id, first));
      const second = trial.sign(target, offer, { action: "accept", content: "the second" });
      await trial.attempt("a second one", target, answerCall(offer.id, second), ended);
      const before = await trial.record.head();
      const again = await trial.door.call({ ...answerCall(offer.id, first), token: target.token });
      const { content } = (again.json ?? {}) as { readonly content?: unknown };
      const { traces } = await trial.record.delta(before, trial.isOurs);
      const quiet = traces.every(({ type }) => type !== "elicitation.accepted");
      const says = `${again.status}, ${quiet ? "nothing new in the log" : "accepted once more"}`;
      trial.check("the first one again gives the recorded outcome", content === "the first" && quiet, says);
    },
  },
  {
    id: "replay.other-question",
    title: "An answer to one question, sent to another",
    does: "Sends the whole signed answer of one elicitation to a second one between the same two.",
    tries: "an answer belongs to one elicitation",
    run: async (trial) => {
      const [asker, target] = [await trial.agent("asker"), await trial.agent("target")];
      const [first, second] = [await trial.ask(asker, target), await trial.ask(asker, target)];
      const answer = trial.sign(target, first);
      await trial.control("the first is answered", target, answerCall(first.id, answer));
      const wanted = { codes: ["answer_mismatch"], leaves: "answer_mismatch" };
      await trial.attempt("its answer to the second", target, answerCall(second.id, answer), wanted);
      await trial.control("the second is answered", target, answerCall(second.id, trial.sign(target, second)));
    },
  },
  {
    id: "replay.after-restart",
    title: "A second answer after a restart",
    does: "Has the bridge killed and started again, and answers what was answered before.",
    tries: "what has ended stays so, whatever was lost from memory",
    needs: "restart",
    run: async (trial) => {
      const [asker, target] = [await trial.agent("asker"), await trial.agent("target")];
      const [first, second] = [await trial.ask(asker, target), await trial.ask(asker, target)];
      const answer = trial.sign(target, first);
      await trial.control("answered before", target, answerCall(first.id, answer));
      await trial.hooks.restart?.();
      const wanted = { codes: ["answer_mismatch"], leaves: "answer_mismatch" };
      await trial.attempt("the same answer to another", target, answerCall(second.id, answer), wanted);
      await trial.attempt("another answer", target, answerCall(first.id, trial.sign(target, first)), ended);
      await trial.control("an open one is answered", target, answerCall(second.id, trial.sign(target, second)));
    },
  },
  {
    id: "replay.expired",
    title: "An answer after the deadline",
    does: "Answers a question of one second after two.",
    tries: "a deadline is one",
    run: async (trial) => {
      const [asker, target] = [await trial.agent("asker"), await trial.agent("target")];
      const late = await trial.ask(asker, target, { timeoutMs: 1_000 });
      const intime = await trial.ask(asker, target, { timeoutMs: 60_000 });
      await trial.sleep(Math.max(0, late.deadline - trial.now()) + 250);
      const wanted = { codes: ["expired", "already_ended"] };
      await trial.attempt("too late", target, answerCall(late.id, trial.sign(target, late)), wanted);
      await trial.control("in time", target, answerCall(intime.id, trial.sign(target, intime)));
    },
  },
  {
    id: "replay.sequence",
    title: "A sequence number used twice",
    does: "Signs two answers with one `seq`.",
    tries: "a key signs with a number once",
    run: async (trial) => {
      const [asker, target] = [await trial.agent("asker"), await trial.agent("target")];
      const [first, second] = [await trial.ask(asker, target), await trial.ask(asker, target)];
      const core = coreWith(target, first, trial.iat(), {}) as { readonly seq: number };
      await trial.control("the first is answered", target, answerCall(first.id, signedCore(target, core)));
      const reused = signedCore(target, coreWith(target, second, trial.iat(), { seq: core.seq }));
      const wanted = { codes: ["seq_used"], leaves: "seq_used" };
      await trial.attempt("the same seq", target, answerCall(second.id, reused), wanted);
      await trial.control("the next seq", target, answerCall(second.id, trial.sign(target, second)));
    },
  },
];
