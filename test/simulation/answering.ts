import type { Offer, Reply } from "../../src/domain/answer.ts";
import type { Jws } from "../../src/domain/elicitation.ts";
import type { Refusal } from "../../src/domain/refusal.ts";
import type { Actor } from "./cast.ts";
import type { Line } from "./line.ts";
import { kindOf, numberOf } from "./questions.ts";
import { type Random, random } from "./random.ts";
import { type Reaction, reactions } from "./reaction.ts";
import type { Scene } from "./scene.ts";

export interface Answering {
  /** A question has come, for the first time or again; `name` is that of the connection. */
  readonly react: (on: Line, name: string, offer: Offer, times: number) => void;
  /** Looks for questions again and again. */
  readonly poll: (on: Line, name: string) => void;
  /** What to do when there may be something in the mailbox: takes it until the bridge says that it pushes. */
  readonly takeMail: (name: string, on: () => Line, onOffer: (offer: Offer) => void) => () => void;
}

/** What a hand-written agent does with the questions that it gets. */
export const answering = (
  { world, sometimes, ledger }: Scene,
  who: Actor,
  sign: (offer: Offer, reply: Reply, isUsed?: boolean) => Jws,
  later: (ms: number, task: () => void) => void,
): Answering => {
  /** Its luck with a question depends on nothing but the question, so it is the same in a shorter plan. */
  const react: Answering["react"] = (on, name, offer, times) => {
    const luck = random(world.seed, "react", name, numberOf(offer.message));
    const reaction = luck.weighted(reactions(who.persona));
    // Offered again after a lost connection, or by each poll: it is under way already.
    const isLapse = reaction === "claim, let it lapse, then accept" && times > 1;
    if (times > 1 && !isLapse) return;
    later(luck.between(0, 300), () => act(isLapse ? "accept" : reaction, on, name, offer, luck));
  };

  const act = (reaction: Reaction, on: Line, name: string, offer: Offer, luck: Random): void => {
    const kind = kindOf(numberOf(offer.message));
    const good = (): Jws => sign(offer, { action: "accept", content: kind.good(luck) });
    const accept = (): void => answer(on, offer, good());
    const untilDeadline = offer.deadline - world.now();
    switch (reaction) {
      case "accept":
        return accept();
      case "decline":
        return answer(on, offer, sign(offer, { action: "decline", reason: "not now" }));
      case "mend":
        return answer(on, offer, sign(offer, { action: "accept", content: kind.bad(luck) }), (refused) => {
          if (refused?.code === "content_invalid") later(luck.between(1, 200), accept);
        });
      case "claim, then accept":
        return claim(on, offer, name, luck, (held) => held && later(luck.between(1, 900), accept));
      case "claim, let it lapse, then accept":
      case "claim and forget":
        return claim(on, offer, name, luck, () => undefined);
      case "accept at the deadline":
        return later(untilDeadline - luck.between(0, 4), accept);
      case "accept too late":
        return later(untilDeadline + luck.between(0, 30), accept);
      case "accept twice": {
        const jws = good();
        return answer(on, offer, jws, (refused) => {
          if (refused === undefined) sometimes.saw("answer repeated");
          answer(on, offer, jws);
        });
      }
      case "accept, then otherwise":
        return answer(on, offer, good(), () => answer(on, offer, good()));
      case "accept with a used number":
        return answer(on, offer, sign(offer, { action: "accept", content: kind.good(luck) }, true), (refused) => {
          if (refused?.code !== "seq_used") return;
          sometimes.saw("used number refused");
          later(luck.between(1, 200), accept);
        });
      case "ignore":
        return;
    }
  };

  const answer = (on: Line, { id }: Offer, jws: Jws, done: (refused?: Refusal) => void = () => undefined): void => {
    const params = { id, answer: jws };
    on.call("elicitations.answer", params, true, (heard) => {
      if ("result" in heard) ledger.acknowledged(who.name, "elicitations.answer", params, heard.result);
      if ("refused" in heard && heard.refused.code === "expired") sometimes.saw("answer after the deadline");
      if ("refused" in heard && heard.refused.code === "already_ended") sometimes.saw("answer after the end");
      if (!("lost" in heard)) done("refused" in heard ? heard.refused : undefined);
    });
  };

  const claim = (on: Line, { id }: Offer, holder: string, luck: Random, done: (held: boolean) => void): void => {
    const params = { id, leaseMs: luck.between(1_000, 2_500), holder };
    on.call("elicitations.claim", params, true, (heard) => {
      if ("result" in heard) ledger.acknowledged(who.name, "elicitations.claim", params, heard.result);
      if ("refused" in heard && heard.refused.code === "already_claimed") sometimes.saw("claim refused");
      done("result" in heard);
    });
  };

  const poll: Answering["poll"] = (on, name) => {
    const luck = random(world.seed, "poll", name);
    const seen = new Set<string>();
    const next = (): void =>
      on.call("inbox.list", { waitMs: luck.between(0, 4_000) }, true, (heard) => {
        for (const { offer } of "result" in heard ? (heard.result as Inbox).items : []) {
          if (!seen.has(offer.id)) react(on, name, offer, 1);
          seen.add(offer.id);
        }
        later(luck.between(1, 1_500), next);
      });
    later(0, next);
  };

  const takeMail: Answering["takeMail"] = (name, on, onOffer) => {
    const luck = random(world.seed, "mail", name);
    let isTaking = false;
    let said = 0;
    const next = (): void => {
      const before = said;
      const params = { waitMs: luck.between(0, 4_000), leaseMs: luck.between(1_000, 3_000) };
      // A poll whose connection is lost is over: what it asked for comes again.
      on().call("messages.wait", params, false, (heard) => {
        const mail = "result" in heard ? (heard.result as Mail) : undefined;
        const got = mail?.messages ?? [];
        for (const { offer } of got) onOffer(offer);
        const ids = got.map(({ offer }) => offer.id).filter(() => luck.chance(0.8));
        if (ids.length > 0) on().call("messages.ack", { ids, holder: name }, false, () => undefined);
        isTaking = !(mail?.arm === "push" && got.length === 0 && said === before);
        if (isTaking) later(luck.between(1, 300), next);
      });
    };
    return () => {
      said++;
      if (isTaking) return;
      isTaking = true;
      later(0, next);
    };
  };

  return { react, poll, takeMail };
};

interface Mail {
  readonly messages: readonly { readonly offer: Offer }[];
  readonly arm: string;
}

interface Inbox {
  readonly items: readonly { readonly offer: Offer }[];
}
