import { type EventData, idOf, type Recorded } from "../../../src/domain/event.ts";
import type { Story } from "./story.ts";

/** One question to several, as the log tells it: a second reading of the rules, apart from the decider. */
export interface Inquiry {
  readonly id: string;
  readonly asked: EventData<"inquiry.asked">;
  readonly attempts: Map<string, { readonly to: string; heard: string | undefined }>;
  conclusion: EventData<"inquiry.concluded"> | undefined;
}

/** Folds the events of inquiries; each call says which rule the event breaks, if any. */
export const inquiryTales = (stories: ReadonlyMap<string, Story>) => {
  const inquiries = new Map<string, Inquiry>();

  const goOn = (inquiry: Inquiry, event: Recorded): string | undefined => {
    const { asked, attempts } = inquiry;
    if (inquiry.conclusion !== undefined) return `${event.type} after it was concluded`;
    switch (event.type) {
      case "inquiry.routed": {
        const { elicitation, to } = event.data;
        if (!asked.candidates.some(({ agent }) => agent === to)) return `${to} is nobody it could be put to`;
        if ([...attempts.values()].some((attempt) => attempt.to === to)) return `${to} was asked twice`;
        attempts.set(elicitation, { to, heard: undefined });
        return undefined;
      }
      case "inquiry.heard":
        return hear(inquiry, event.data);
      case "inquiry.concluded":
        inquiry.conclusion = event.data;
        return conclude(inquiry, event.data);
      default:
        return `${event.type} in the stream of an inquiry`;
    }
  };

  const hear = ({ attempts }: Inquiry, { elicitation, how }: EventData<"inquiry.heard">): string | undefined => {
    const attempt = attempts.get(elicitation);
    if (attempt === undefined) return `heard of ${elicitation}, which is none of its attempts`;
    if (attempt.heard !== undefined) return `heard twice of ${elicitation}`;
    attempt.heard = how;
    const story = stories.get(elicitation);
    const isTrue = story?.status === how || (how === "lapsed" && story !== undefined && story.holders.size > 0);
    return isTrue ? undefined : `heard that ${elicitation} was ${how}, and it is ${story?.status}`;
  };

  const conclude = (
    { asked, attempts }: Inquiry,
    { how, elicitations }: EventData<"inquiry.concluded">,
  ): string | undefined => {
    if (how === "default" && !asked.hasDefault) return "concluded by a default that was not declared";
    if (how === "failed" && asked.hasDefault) return "failed in spite of its default";
    if (how !== "agreed") return elicitations.length === 0 ? undefined : `${how} by ${elicitations.length} answers`;
    const untrue = elicitations.filter((id) => attempts.get(id)?.heard !== "accepted");
    if (untrue.length > 0) return `agreed by ${untrue.join()}, which was not accepted`;
    const { quorum, candidates } = asked;
    const enough =
      quorum.kind === "first" ? quorum.count : quorum.kind === "all" ? candidates.length : candidates.length / 2 + 0.5;
    return elicitations.length >= enough ? undefined : `agreed by ${elicitations.length} answers of ${enough}`;
  };

  return {
    all: inquiries as ReadonlyMap<string, Inquiry>,
    add: (event: Recorded): string | undefined => {
      const id = idOf(event.stream);
      if (event.type === "inquiry.asked") {
        inquiries.set(id, { id, asked: event.data, attempts: new Map(), conclusion: undefined });
        return event.actor === event.data.from ? undefined : `asked by ${event.actor} for ${event.data.from}`;
      }
      const inquiry = inquiries.get(id);
      return inquiry === undefined ? "nobody asked it" : goOn(inquiry, event);
    },
    /** What a whole log must come to in the end: attempts that were really asked, and nothing left open. */
    loose: (): readonly string[] =>
      [...inquiries.values()].flatMap(({ id, attempts, conclusion }) => [
        ...(conclusion === undefined ? [`${id} is not concluded`] : []),
        ...[...attempts].flatMap(([elicitation, { to }]) => {
          const story = stories.get(elicitation);
          return story?.asked.to === to && story.asked.inquiry === id ? [] : [`${id} put nothing to ${to}`];
        }),
      ]),
  };
};

export type InquiryTales = ReturnType<typeof inquiryTales>;
