import { type EventData, idOf, type Recorded } from "../../domain/event.ts";
import { reviewOfSignOff } from "../../domain/sign-off.ts";

type Counted = EventData<"condition.census">["signOffs"][number];

/** Sign-offs that are kept, the oldest forgotten first: a review asks a handful, and counts them the same day. */
const KEPT_MAX = 10_000;

/** Questions that ask for a sign-off, and what became of each. */
export const signOffView = () => {
  const asked = new Map<string, Counted & { readonly review: string; readonly asker: string }>();
  return {
    fold: (event: Recorded): void => {
      const elicitation = idOf(event.stream);
      const { position } = event;
      if (event.type === "elicitation.asked") {
        const review = reviewOfSignOff(event.data.message);
        if (review === undefined) return;
        const { from: asker, to } = event.data;
        asked.set(elicitation, { elicitation, to, how: "open", position, review, asker });
        const oldest = asked.keys().next().value;
        if (asked.size > KEPT_MAX && oldest !== undefined) asked.delete(oldest);
        return;
      }
      const how = ends[event.type as keyof typeof ends];
      const known = how === undefined ? undefined : asked.get(elicitation);
      if (known !== undefined) asked.set(elicitation, { ...known, how: how as Counted["how"], position });
    },
    /** Those that `asker` asked for this review, oldest first. */
    of: (review: string, asker: string): readonly Counted[] =>
      [...asked.values()]
        .filter((one) => one.review === review && one.asker === asker)
        .map(({ elicitation, to, how, position }) => ({ elicitation, to, how, position })),
  };
};

const ends = {
  "elicitation.accepted": "accepted",
  "elicitation.declined": "declined",
  "elicitation.cancelled": "cancelled",
  "elicitation.expired": "expired",
} as const;
