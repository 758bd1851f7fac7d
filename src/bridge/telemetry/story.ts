import { armLabel, type Arm as DeliveryArm } from "../../domain/arm.ts";
import { idOf, type Recorded } from "../../domain/event.ts";
import type { Leg } from "../../domain/observer.ts";
import type { arms, stages } from "../../domain/signal.ts";

export type Arm = (typeof arms)[number];
export type Stage = (typeof stages)[number];

/** One elicitation as telemetry follows it, from its ask to the moment when its asker has the outcome. */
export interface Story {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly arm: Arm;
  /** Milliseconds since 1970. */
  readonly askedAt: number;
  readonly deadline: number;
  /** W3C traceparent of its ask. */
  readonly trace: string | null;
  stage: Stage;
  wasOffered: boolean;
  /** When the request that began a leg arrived, monotonic milliseconds; undefined once that leg is measured or void. */
  askReceived: number | undefined;
  answerReceived: number | undefined;
  /** The bridge's own time on it so far, milliseconds. */
  ownMs: number;
  /** Traceparent of the event that ended it. */
  endTrace: string | null;
}

/** What one event did to a story. `before` is undefined when it began with this event. */
export interface Turn {
  readonly story: Story;
  readonly before: Stage | undefined;
  /** False while it is open. */
  readonly hasEnded: boolean;
}

/** Asks that were received and are not yet on disk. More than this many at once are failing, not waiting. */
const ASKING_MAX = 16_384;
/** Ended stories whose outcome is still on its way to somebody: two generations of this size. */
const ENDED_MAX = 8_192;

export const openStories = () => {
  const open = new Map<string, Story>();
  const asking = new Map<string, number>();
  const counts: Record<Stage, number> = { asked: 0, offered: 0, claimed: 0 };
  /** How many open stories have their deadline in a second: what is overdue is found without walking over all. */
  const dueIn = new Map<number, number>();
  let ended = new Map<string, Story>();
  let endedBefore = new Map<string, Story>();

  const due = (story: Story, by: 1 | -1): void => {
    const second = Math.floor(story.deadline / 1000);
    const left = (dueIn.get(second) ?? 0) + by;
    if (left === 0) dueIn.delete(second);
    else dueIn.set(second, left);
  };

  const move = (story: Story, to: Stage): void => {
    counts[story.stage]--;
    counts[to]++;
    story.stage = to;
  };

  const begin = (event: Recorded<"elicitation.asked">): Turn => {
    const id = idOf(event.stream);
    const { from, to, deadline } = event.data;
    const story: Story = {
      id,
      from,
      to,
      arm: armOf(event.data),
      askedAt: event.time,
      deadline,
      trace: event.trace,
      stage: "asked",
      wasOffered: false,
      askReceived: asking.get(id),
      answerReceived: undefined,
      ownMs: 0,
      endTrace: null,
    };
    asking.delete(id);
    open.set(id, story);
    counts.asked++;
    due(story, 1);
    return { story, before: undefined, hasEnded: false };
  };

  const end = (story: Story, event: Recorded): void => {
    open.delete(story.id);
    counts[story.stage]--;
    due(story, -1);
    story.endTrace = event.trace;
    if (story.answerReceived === undefined) return;
    if (ended.size >= ENDED_MAX) {
      endedBefore = ended;
      ended = new Map();
    }
    ended.set(story.id, story);
  };

  return {
    /** Follows an event; undefined when it is about no elicitation that is open. */
    fold: (event: Recorded): Turn | undefined => {
      if (event.type === "elicitation.asked") return begin(event);
      if (!event.stream.startsWith("elicitation/")) return undefined;
      const story = open.get(idOf(event.stream));
      if (story === undefined) return undefined;
      const before = story.stage;
      switch (event.type) {
        case "elicitation.offered":
          move(story, "offered");
          break;
        case "elicitation.claimed":
          move(story, "claimed");
          break;
        case "elicitation.lapsed":
        case "elicitation.requeued":
          move(story, "asked");
          break;
        case "elicitation.rerouted":
          if (story.stage !== "claimed") move(story, "asked");
          break;
        case "elicitation.accepted":
        case "elicitation.declined":
        case "elicitation.cancelled":
        case "elicitation.expired":
          end(story, event);
          return { story, before, hasEnded: true };
        default:
          break;
      }
      return { story, before, hasEnded: false };
    },
    find: (id: string): Story | undefined => open.get(id) ?? ended.get(id) ?? endedBefore.get(id),
    began: (leg: Leg, id: string, receivedAt: number): void => {
      if (leg === "ask") {
        if (asking.size >= ASKING_MAX) asking.clear();
        asking.set(id, receivedAt);
      } else {
        const story = open.get(id);
        if (story !== undefined) story.answerReceived = receivedAt;
      }
    },
    /** The outcome is with its asker. */
    done: (id: string): void => {
      if (!ended.delete(id)) endedBefore.delete(id);
    },
    counts: (): Readonly<Record<Stage, number>> => counts,
    /** Open ones whose deadline was in a second before that of `time`, in milliseconds since 1970. */
    overdue: (time: number): number => {
      const second = Math.floor(time / 1000);
      let count = 0;
      for (const [at, stories] of dueIn) if (at < second) count += stories;
      return count;
    },
  };
};

export type Stories = ReturnType<typeof openStories>;

/** It is in each question by which arm it goes; those from before there were two were pushed. */
const armOf = ({ arm = "push" }: { readonly arm?: DeliveryArm }): Arm => armLabel[arm];
