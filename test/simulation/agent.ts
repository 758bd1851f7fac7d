import type { TokenCredential } from "../../src/client/credential.ts";
import { answerCore, answerTyp, type Offer, type Reply } from "../../src/domain/answer.ts";
import type { Jws } from "../../src/domain/elicitation.ts";
import { fromBase64url } from "../../src/signing/digest.ts";
import { signJws } from "../../src/signing/jws.ts";
import { answering } from "./answering.ts";
import { type Asking, asking } from "./asking.ts";
import type { Actor, Persona } from "./cast.ts";
import { type Line, openLine } from "./line.ts";
import type { Scene } from "./scene.ts";

/** A hand-written agent: as many connections as its persona has, and what it does on them. */
export interface HandAgent extends Asking {
  readonly call: Line["call"];
  readonly sendRaw: (text: string) => void;
  readonly away: (forMs: number) => void;
  /** `isUsed`: with the number of the latest one. */
  readonly sign: (offer: Offer, reply: Reply, isUsed?: boolean) => Jws;
}

export const handAgent = (scene: Scene, who: Actor, credential: TokenCredential): HandAgent => {
  const { world, ledger } = scene;
  const { name, persona } = who;
  const owner = scene.processOf(name);
  const net = scene.net.netFor(owner);
  const secret = fromBase64url(credential.macSecret) as Uint8Array;
  const opening = openingOf(persona);
  let seq = 0;

  const later = (ms: number, task: () => void): void => void world.after(owner, ms, `${name} acts`, task);

  const sign = (offer: Offer, reply: Reply, isUsed = false): Jws =>
    signJws(
      answerCore(offer, reply, isUsed ? seq : ++seq, Math.floor(world.now() / 1000)),
      [{ alg: "HS256", kid: credential.macKid, secret }],
      answerTyp,
    );

  const { react, poll, takeMail } = answering(scene, who, sign, later);

  const line = (lineName: string): Line => {
    const offered = new Map<string, number>();
    const onOffer = (offer: Offer): void => {
      const times = (offered.get(offer.id) ?? 0) + 1;
      offered.set(offer.id, times);
      react(mine, lineName, offer, times);
    };
    const mail = takeMail(lineName, () => mine, onOffer);
    const mine: Line = openLine(world, owner, net, credential.token, lineName, {
      opening,
      onOffer,
      onMailbox: mail,
      onEnded: (view) => ledger.heardOutcome(name, view),
      onEvent: (event) => ledger.heardEvent(lineName, event),
      onRefusedOpening: ({ detail }) => world.fail("a place that was told is never lost", `${lineName}: ${detail}`),
    });
    if (persona === "poller") poll(mine, lineName);
    return mine;
  };

  const first = line(name);
  const lines = persona === "two sessions" ? [first, line(`${name}/2`)] : [first];

  return {
    ...asking(scene, who, first, opening?.outcomes === true, later),
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
