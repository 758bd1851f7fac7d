import type { Credential } from "../../src/client/credential.ts";
import type { ElicitationView } from "../../src/client/wire.ts";
import { isEnd } from "../../src/client/wire.ts";
import { answerCore, answerTyp, type Offer, type Reply } from "../../src/domain/answer.ts";
import type { Jws } from "../../src/domain/elicitation.ts";
import type { Refusal } from "../../src/domain/refusal.ts";
import { fromBase64url } from "../../src/signing/digest.ts";
import { signJws } from "../../src/signing/jws.ts";
import type { Actor, Persona } from "./cast.ts";
import { type Heard, type Line, openLine } from "./line.ts";
import type { AskStep, InquireStep } from "./plan.ts";
import { kindOf, numberOf, wordsOf } from "./questions.ts";
import { type Random, random } from "./random.ts";
import type { Scene } from "./scene.ts";

/** A hand-written agent: as many connections as its persona has, and what it does on them. */
export interface HandAgent {
  readonly ask: (step: AskStep) => void;
  readonly inquire: (step: InquireStep) => void;
  readonly call: Line["call"];
  readonly sendRaw: (text: string) => void;
  readonly away: (forMs: number) => void;
  readonly sign: (offer: Offer, reply: Reply) => Jws;
}

/** How an answerer treats a question. */
type Reaction =
  | "accept"
  | "decline"
  | "mend"
  | "claim, then accept"
  | "claim, let it lapse, then accept"
  | "claim and forget"
  | "accept at the deadline"
  | "accept too late"
  | "accept twice"
  | "accept, then otherwise"
  | "ignore";

const usual: Readonly<Record<Reaction, number>> = {
  accept: 40,
  decline: 15,
  mend: 5,
  "claim, then accept": 5,
  "claim, let it lapse, then accept": 0,
  "claim and forget": 0,
  "accept at the deadline": 3,
  "accept too late": 2,
  "accept twice": 6,
  "accept, then otherwise": 6,
  ignore: 3,
};

const reactions = (persona: Persona): Readonly<Record<Reaction, number>> => {
  switch (persona) {
    case "slow answerer":
      return { ...usual, "accept at the deadline": 60, "accept too late": 15, ignore: 10 };
    case "claimer":
    case "two sessions":
      return {
        ...usual,
        "claim, then accept": 40,
        "claim, let it lapse, then accept": 40,
        "claim and forget": 10,
      };
    case "mender":
      return { ...usual, mend: 150 };
    default:
      return usual;
  }
};

export const handAgent = (scene: Scene, who: Actor, credential: Credential): HandAgent => {
  const { world, sometimes, ledger } = scene;
  const owner = scene.processOf(who.name);
  const net = scene.net.netFor(owner);
  const secret = fromBase64url(credential.macSecret) as Uint8Array;
  let seq = 0;

  const later = (ms: number, task: () => void): void => void world.after(owner, ms, `${who.name} acts`, task);

  const sign = (offer: Offer, reply: Reply): Jws =>
    signJws(
      answerCore(offer, reply, ++seq, Math.floor(world.now() / 1000)),
      [{ alg: "HS256", kid: credential.macKid, secret }],
      answerTyp,
    );

  const line = (name: string): Line => {
    const offered = new Map<string, number>();
    const mine: Line = openLine(world, owner, net, credential.token, name, {
      opening: openingOf(who.persona),
      onOffer: (offer) => {
        const times = (offered.get(offer.id) ?? 0) + 1;
        offered.set(offer.id, times);
        react(mine, name, offer, times);
      },
      onEnded: (view) => ledger.heardOutcome(who.name, view),
      onEvent: (event) => ledger.heardEvent(name, event),
      onRefusedOpening: ({ detail }) => world.fail("a place that was told is never lost", `${name}: ${detail}`),
    });
    if (who.persona === "poller") poll(mine, random(world.seed, "poll", name), (offer) => react(mine, name, offer, 1));
    return mine;
  };

  /** Its luck with a question depends on nothing but the question, so it is the same in a shorter plan. */
  const react = (on: Line, name: string, offer: Offer, times: number): void => {
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
      case "ignore":
        return;
    }
  };

  const answer = (on: Line, offer: Offer, jws: Jws, done: (refused?: Refusal) => void = () => undefined): void => {
    const params = { id: offer.id, answer: jws };
    on.call("elicitations.answer", params, true, (heard) => {
      if ("result" in heard) ledger.acknowledged(who.name, "elicitations.answer", params, heard.result);
      if ("refused" in heard) {
        if (heard.refused.code === "expired") sometimes.saw("answer after the deadline");
        if (heard.refused.code === "already_ended") sometimes.saw("answer after the end");
      }
      if (!("lost" in heard)) done("refused" in heard ? heard.refused : undefined);
    });
  };

  const claim = (on: Line, offer: Offer, holder: string, luck: Random, done: (held: boolean) => void): void => {
    const params = { id: offer.id, leaseMs: luck.between(1_000, 2_500), holder };
    on.call("elicitations.claim", params, true, (heard) => {
      if ("result" in heard) ledger.acknowledged(who.name, "elicitations.claim", params, heard.result);
      if ("refused" in heard && heard.refused.code === "already_claimed") sometimes.saw("claim refused");
      done("result" in heard);
    });
  };

  const poll = (on: Line, luck: Random, found: (offer: Offer) => void): void => {
    const seen = new Set<string>();
    const next = (): void =>
      on.call("inbox.list", { waitMs: luck.between(0, 4_000) }, true, (heard) => {
        const { items } = ("result" in heard ? heard.result : { items: [] }) as {
          readonly items: readonly { readonly offer: Offer }[];
        };
        for (const { offer } of items) {
          if (!seen.has(offer.id)) found(offer);
          seen.add(offer.id);
        }
        later(luck.between(1, 1_500), next);
      });
    later(0, next);
  };

  const first = line(who.name);
  const lines = who.persona === "two sessions" ? [first, line(`${who.name}/2`)] : [first];

  const ask = (step: AskStep): void => {
    const luck = random(world.seed, "ask", step.n);
    const params = {
      to: step.to,
      message: wordsOf(step.n, step.padChars),
      schema: kindOf(step.n).schema,
      timeoutMs: step.timeoutMs,
      ...(step.key === undefined ? {} : { key: step.key }),
    };
    const send = (what: object, told: (heard: Heard) => void): void =>
      first.call("elicitations.ask", what, step.key !== undefined, told);
    send(params, (heard) => {
      if (!("result" in heard)) return;
      const { id, status } = heard.result as { readonly id: string; readonly status: ElicitationView["status"] };
      scene.ids.set(step.n, id);
      ledger.acknowledged(who.name, "elicitations.ask", params, heard.result);
      if (openingOf(who.persona)?.outcomes === true) ledger.awaitsOutcome(who.name, id);
      // It may have ended, and been told, on a connection that is no more.
      if (isEnd(status)) look(first, id);
      if (step.cancelAfterMs !== undefined) later(step.cancelAfterMs, () => cancel(first, id));
      if (step.again === "later") later(luck.between(1, 3_000), () => send(params, (next) => repeated(params, next)));
      if (step.again === "changed")
        later(luck.between(1, 3_000), () => send({ ...params, message: "another" }, conflict));
    });
    if (step.again === "at once") send(params, (heard) => repeated(params, heard));
  };

  const repeated = (params: object, heard: Heard): void => {
    if (!("result" in heard)) return;
    ledger.acknowledged(who.name, "elicitations.ask", params, heard.result);
  };

  const conflict = (heard: Heard): void => {
    if ("refused" in heard && heard.refused.code === "idempotency_conflict") sometimes.saw("key conflict");
    if ("result" in heard) world.fail("one key asks once", `${who.name} asked something else with the same key`);
  };

  const look = (on: Line, id: string): void =>
    on.call("elicitations.get", { id }, true, (heard) => {
      if ("result" in heard && isEnd((heard.result as ElicitationView).status)) {
        ledger.heardOutcome(who.name, heard.result as ElicitationView);
      }
    });

  const cancel = (on: Line, id: string): void => {
    const params = { id, reason: "not needed" };
    on.call("elicitations.cancel", params, true, (heard) => {
      if ("result" in heard) ledger.acknowledged(who.name, "elicitations.cancel", params, heard.result);
      if ("refused" in heard) sometimes.saw("cancelled too late");
    });
  };

  const inquire = (step: InquireStep): void => {
    const kind = kindOf(step.n);
    const params = {
      ...(step.to.length > 0 ? { to: step.to } : { expertise: "ports" }),
      message: wordsOf(step.n, 0),
      schema: kind.schema,
      quorum: step.quorum === "first" ? { kind: "first", count: 1 } : { kind: step.quorum },
      timeoutMs: step.timeoutMs,
      ...(step.hedgeMs === undefined ? {} : { hedgeMs: step.hedgeMs }),
      ...(step.hasDefault ? { default: kind.good(random(world.seed, "default", step.n)) } : {}),
    };
    first.call("inquiries.ask", params, false, (heard) => {
      if (!("result" in heard)) return;
      const { id } = heard.result as { readonly id: string };
      ledger.acknowledged(who.name, "inquiries.ask", params, heard.result);
      first.call("inquiries.wait", { id, waitMs: 4_000 }, true, () => undefined);
      if (step.cancelAfterMs === undefined) return;
      later(step.cancelAfterMs, () => first.call("inquiries.cancel", { id }, true, () => undefined));
    });
  };

  return {
    ask,
    inquire,
    sign,
    call: first.call,
    sendRaw: first.sendRaw,
    away: (forMs) => {
      for (const each of lines) each.away(forMs);
    },
  };
};

const openingOf = (persona: Persona): { inbox: boolean; outcomes: boolean; events: boolean } | null => {
  switch (persona) {
    case "poller":
    case "forger":
      return null;
    case "asker":
      return { inbox: false, outcomes: true, events: false };
    case "watcher":
      return { inbox: false, outcomes: false, events: true };
    default:
      return { inbox: true, outcomes: true, events: false };
  }
};
