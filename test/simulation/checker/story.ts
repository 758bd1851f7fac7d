import type { AnswerCore, Jws } from "../../../src/domain/elicitation.ts";
import type { EventData, Recorded } from "../../../src/domain/event.ts";
import { defaultLimits as limits } from "../../../src/domain/limit.ts";

/** One elicitation as the log tells it. A second reading of the rules in `elicitation.md`, apart from the decider. */
export interface Story {
  readonly id: string;
  readonly asked: EventData<"elicitation.asked">;
  readonly askedAt: number;
  status: "asked" | "offered" | "claimed" | "accepted" | "declined" | "cancelled" | "expired";
  claim: { readonly holder: string; readonly until: number } | undefined;
  readonly holders: Set<string>;
  readonly offers: Set<string>;
  arm: "push" | "mailbox";
  /** Ways that it was ever in. */
  readonly arms: Set<"push" | "mailbox">;
  /** Times that it was handed out of the mailbox that it is in, and who has it. */
  deliveries: number;
  holder: string | undefined;
  /** Position of its newest event. */
  position: number;
  refusedAnswers: number;
  end:
    | {
        readonly position: number;
        readonly time: number;
        readonly answer?: Jws;
        readonly reason?: string;
      }
    | undefined;
}

export const isOpen = ({ status }: Story): boolean =>
  status === "asked" || status === "offered" || status === "claimed";

/** Begins a story; says what is wrong with its beginning. */
export const begin = (id: string, event: Recorded<"elicitation.asked">): readonly [Story, string | undefined] => {
  const asked = event.data;
  const story: Story = {
    id,
    asked,
    askedAt: event.position,
    status: "asked",
    claim: undefined,
    holders: new Set(),
    offers: new Set(),
    arm: asked.arm ?? "push",
    arms: new Set([asked.arm ?? "push"]),
    deliveries: 0,
    holder: undefined,
    position: event.position,
    refusedAnswers: 0,
    end: undefined,
  };
  if (event.actor !== asked.from) return [story, `asked by ${event.actor} in the name of ${asked.from}`];
  if (asked.arm === undefined) return [story, "it does not say by which way it goes"];
  if (String(event.parties) !== String([asked.from, asked.to])) return [story, `its parties are ${event.parties}`];
  return [story, undefined];
};

/** Goes on with a story; says which rule the next event breaks, if any. */
export const goOn = (story: Story, event: Recorded): string | undefined => {
  if (!isOpen(story)) return `${event.type} after it had ended as ${story.status}`;
  const { asked, claim } = story;
  story.position = event.position;
  switch (event.type) {
    case "elicitation.offered": {
      const was = claim;
      const isHandedOut = event.data.until !== undefined;
      // Bytes that had left when it was put over are on record all the same.
      if (!story.arms.has(isHandedOut ? "mailbox" : "push") && event.data.via !== "poll") {
        return `offered by ${event.data.via}, which is no way of the ${story.arm} arm`;
      }
      if (isHandedOut && story.arm === "mailbox") story.deliveries++;
      story.status = "offered";
      story.claim = undefined;
      story.offers.add(`${event.data.via} ${event.data.session}`);
      return was === undefined ? undefined : `offered while ${was.holder} held it`;
    }
    case "elicitation.acknowledged":
      story.holder = event.data.holder;
      if (story.arm !== "mailbox") return "acknowledged, and in no mailbox";
      return event.actor === asked.to ? undefined : `acknowledged by ${event.actor}, asked of ${asked.to}`;
    case "elicitation.dead_lettered":
      if (story.arm !== "mailbox" || claim !== undefined) return "a dead letter, and in no mailbox";
      return story.deliveries >= limits.mailboxDeliveriesMax
        ? undefined
        : `a dead letter after ${story.deliveries} deliveries`;
    case "elicitation.rerouted": {
      const { from, to } = event.data;
      const was = story.arm;
      story.arm = to;
      story.arms.add(to);
      story.deliveries = 0;
      story.holder = undefined;
      if (story.claim === undefined) story.status = "asked";
      return from === was && to !== from ? undefined : `put from ${from} to ${to}, and was in ${was}`;
    }
    case "elicitation.claimed": {
      const { holder, until } = event.data;
      story.status = "claimed";
      story.claim = { holder, until };
      story.holders.add(holder);
      if (event.actor !== asked.to) return `claimed by ${event.actor}, asked of ${asked.to}`;
      if (until > asked.deadline) return "claimed beyond its deadline";
      if (claim !== undefined && claim.holder !== holder && event.time < claim.until) {
        return `claimed by ${holder} while ${claim.holder} held it until ${claim.until}, at ${event.time}`;
      }
      return undefined;
    }
    case "elicitation.lapsed":
      story.status = "asked";
      story.claim = undefined;
      story.deliveries = 0;
      story.holder = undefined;
      if (claim === undefined) return "a lease lapsed that nobody had";
      return event.time < claim.until ? `a lease until ${claim.until} lapsed at ${event.time}` : undefined;
    case "elicitation.answer_refused":
      story.refusedAnswers++;
      return event.actor === asked.to ? undefined : `an answer of ${event.actor} was counted as refused`;
    case "elicitation.accepted":
    case "elicitation.declined":
      story.status = event.type === "elicitation.accepted" ? "accepted" : "declined";
      story.end = { position: event.position, time: event.time, ...event.data };
      return event.actor === asked.to ? undefined : `answered by ${event.actor}, asked of ${asked.to}`;
    case "elicitation.cancelled":
      story.status = "cancelled";
      story.end = { position: event.position, time: event.time, ...event.data };
      if (event.actor === "bridge" && asked.inquiry !== undefined) return undefined;
      return event.actor === asked.from ? undefined : `cancelled by ${event.actor}, asked by ${asked.from}`;
    case "elicitation.expired":
      story.status = "expired";
      story.end = { position: event.position, time: event.time };
      if (event.data.deadline !== asked.deadline) return `expired with the deadline ${event.data.deadline}`;
      return event.time < asked.deadline ? `expired ${asked.deadline - event.time} ms before its deadline` : undefined;
    default:
      return `${event.type} in the stream of an elicitation`;
  }
};

/** What a signed answer must say to be one to this question. */
export const isAnswerTo = ({ id, asked }: Story, core: AnswerCore): boolean =>
  core.eid === id &&
  core.req === asked.requestHash &&
  core.schema === asked.schemaHash &&
  core.challenge === asked.challenge &&
  core.from === asked.to &&
  core.to === asked.from;
