import type { EventData } from "../../domain/event.ts";
import type { RolloutPlan } from "../../domain/rollout-plan.ts";
import type { Measurement } from "./measurement.ts";
import type { Operator } from "./operator.ts";
import { difference, type Reading, readScrape } from "./scrape.ts";

export type Look = (
  | { readonly kind: "seen"; readonly measurement: Measurement }
  | { readonly kind: "blind"; readonly forMs: number; readonly why: string }
) & {
  /** The bridge did not answer, was not ready, or is in emergency. */
  readonly isUnwell: boolean;
  /** What was acknowledged is gone or altered; empty: nothing is known of that. */
  readonly damage: string;
};

export interface LookPorts {
  readonly operator: Operator;
  /** The text of the bridge's `/metrics`; rejects when there is none. */
  readonly scrape: () => Promise<string>;
  readonly monotonic: () => number;
}

/** A look that comes later than so many intervals counts for one of these: what was not watched proves nothing. */
const COUNTED_INTERVALS_MAX = 2;

/**
 * Looks at a bridge again and again: two scrapes make one measurement. Times are by a clock that never jumps; that a
 * scrape is fresh is seen by its log position, which cannot be behind what the bridge told us before.
 */
export const looker = ({ operator, scrape, monotonic }: LookPorts, plan: RolloutPlan) => {
  const limits = { overMs: plan.analysis.latency.overMs, slowMs: plan.triggers.slowMs };
  let before: { readonly reading: Reading; readonly at: number } | undefined;
  let lookedAt = monotonic();
  let violationsAfter: number | undefined;
  let headSeen = 0;

  const read = async (): Promise<
    { readonly reading: Reading; readonly damage: string } | { readonly why: string; readonly damage: string }
  > => {
    let head: number;
    let text: string;
    let damage = "";
    try {
      ({ head } = await operator.query({ limit: 1 }));
      if (head < headSeen) damage = `the log went back from position ${headSeen} to ${head}`;
      headSeen = Math.max(head, headSeen);
      text = await scrape();
    } catch (error) {
      return { why: `the scrape failed: ${error instanceof Error ? error.message : String(error)}`, damage };
    }
    const scraped = readScrape(text, limits);
    if (!scraped.ok) return { why: scraped.why, damage };
    const { reading } = scraped;
    if (reading.damaged > 0) damage = `the bridge found its log damaged, ${reading.damaged} times since it began`;
    return reading.position < head
      ? { why: `the metrics are stale: they know ${reading.position} events, and the log has ${head}`, damage }
      : { reading, damage };
  };

  /** Security violations that were recorded on questions of the canary arm, high and critical ones. */
  const violations = async (): Promise<number> => {
    violationsAfter ??= (await operator.query({ limit: 1 })).head;
    let count = 0;
    for (let more = true; more; ) {
      const page = await operator.query({ types: ["security.violation"], after: violationsAfter, limit: 100 });
      for (const { data, position } of page.events) {
        violationsAfter = position;
        const { severity, subject } = data as unknown as EventData<"security.violation">;
        if (severity !== "medium" && subject.startsWith("elicitation/") && (await isPushed(operator, subject))) count++;
      }
      more = page.next !== null && page.events.length > 0;
    }
    return count;
  };

  return {
    /** What was seen before says nothing about what comes now: a step was entered. */
    begin: async (): Promise<void> => {
      const first = await read();
      lookedAt = monotonic();
      before = "reading" in first ? { reading: first.reading, at: lookedAt } : undefined;
      violationsAfter = (await operator.query({ limit: 1 })).head;
    },
    look: async (): Promise<Look> => {
      const now = await read();
      const at = monotonic();
      const sinceMs = Math.round(Math.min(at - lookedAt, COUNTED_INTERVALS_MAX * plan.analysis.everyMs));
      lookedAt = at;
      const { damage } = now;
      if ("why" in now) return { kind: "blind", forMs: sinceMs, why: now.why, isUnwell: true, damage };
      const { reading } = now;
      const last = before;
      before = { reading, at };
      const isUnwell = !reading.isReady || reading.isEmergency;
      if (last === undefined) {
        return { kind: "blind", forMs: sinceMs, why: "there is one scrape, and it takes two", isUnwell, damage };
      }
      const between = difference(last.reading, reading);
      if (!between.ok) return { kind: "blind", forMs: sinceMs, why: between.why, isUnwell, damage };
      const { agents } = reading;
      const measurement = { ...between.seen, forMs: sinceMs, violations: await violations(), agents };
      return { kind: "seen", measurement, isUnwell, damage };
    },
  };
};

export type Looker = ReturnType<typeof looker>;

const isPushed = async (operator: Operator, stream: string): Promise<boolean> => {
  const { events } = await operator.query({ stream, types: ["elicitation.asked"], limit: 1 });
  const asked = events[0]?.data as Partial<EventData<"elicitation.asked">> | undefined;
  return asked !== undefined && (asked.arm ?? "push") === "push";
};
