import type { Recorded } from "../../domain/event.ts";
import type { Leg, Observer, Via } from "../../domain/observer.ts";
import type { Story, Turn } from "./story.ts";

/** Who else follows elicitations: traces, logs. Same rules as for an `Observer`: at once, no throw, nothing unbounded. */
export interface Sink {
  /** A committed event; `turn` when it is about an elicitation that is open. */
  readonly folded: (event: Recorded, turn: Turn | undefined) => void;
  /** As an observer's; `story`: the elicitation that the call is about, if it is one that is known. */
  readonly entered: (operation: string, traceparent: string | null, story: Story | undefined) => string | null;
  readonly served: Observer["served"];
  /** `trace`: the traceparent that would go out. Returns the one that does. */
  readonly handing: (leg: Leg, story: Story, via: Via, trace: string | null) => string | null;
  /** `ms`: the bridge's own time for this leg, where it was measured. */
  readonly handed: (leg: Leg, story: Story, via: Via, ms: number | undefined, error: Error | undefined) => void;
}
