import type { Lighthouse } from "../../client/lighthouse.ts";
import type { EventPage, LogEvent } from "../../client/wire.ts";
import type { EventTypeName } from "../../domain/event.ts";
import type { RollbackScope, RollbackStep } from "../../domain/rollback.ts";
import type { Verdict } from "../../domain/rollout.ts";
import type { RolloutPlan } from "../../domain/rollout-plan.ts";

/** What a rollout and a rollback do on the bridge: operations and events, as any client does them. */
export interface Operator {
  /** Throws a refusal of the bridge as `LighthouseRefusal`. */
  readonly operate: <T>(operation: string, input: object) => Promise<T>;
  readonly query: (filter: {
    readonly types?: readonly EventTypeName[];
    readonly stream?: string;
    readonly after?: number;
    readonly limit?: number;
    readonly since?: string;
  }) => Promise<EventPage>;
}

/** `rollouts.get`, and what every change of a rollout or a rollback replies. */
export interface Standing {
  readonly now: number;
  readonly rollout: RolloutStanding | null;
  readonly rollback: RollbackStanding | null;
}

interface Lease {
  readonly fence: number;
  readonly holder: string;
  readonly until: number;
}

export interface RolloutStanding {
  readonly id: string;
  /** Of the event that began it. */
  readonly position: number;
  readonly status: "running" | "paused" | "aborting" | "completed" | "withdrawn";
  readonly plan: RolloutPlan;
  readonly lease: Lease;
  readonly step: number;
  readonly stage: "waiting" | "entering" | "soaking" | "ended";
  readonly looks: number;
  readonly watchedMs: number;
  readonly blindMs: number;
  readonly samples: number;
  readonly verdict: Verdict | "none";
  readonly promoted: boolean;
  readonly why: string;
  readonly trigger: string;
}

export interface RollbackStanding {
  readonly id: string;
  /** Of the event that began it. */
  readonly position: number;
  readonly status: "running" | "finished";
  readonly flag: string;
  readonly scope: RollbackScope;
  readonly reason: string;
  readonly trigger: string;
  readonly rollout: string;
  readonly rehearsal: boolean;
  readonly percentBefore: number;
  /** Position of the oldest question that was open when it began; all before had ended. Absent: not known. */
  readonly openFrom?: number;
  readonly lease: Lease;
  readonly done: readonly RollbackStep[];
  readonly next: RollbackStep | null;
  readonly report: string;
}

/** `flags.get` */
export interface FlagStanding {
  readonly name: string;
  readonly status: "none" | "set" | "killed";
  readonly fence: number;
  readonly percentage: number;
  readonly targets: readonly FlagTarget[];
  readonly by?: string;
  readonly reason?: string;
}
export interface FlagTarget {
  readonly agents?: readonly string[];
  readonly roles?: readonly string[];
  readonly expertise?: readonly string[];
  readonly on: boolean;
}

type Filter = Omit<Parameters<Operator["query"]>[0], "limit">;

/** Every event that fits, oldest first, a page at a time: there may be more than a process can hold. */
export async function* eventsOf(operator: Pick<Operator, "query">, filter: Filter): AsyncGenerator<LogEvent> {
  for (let after: number | null = filter.after ?? 0; after !== null; ) {
    const page: EventPage = await operator.query({ ...filter, after, limit: PAGE });
    yield* page.events;
    after = page.next;
  }
}

export const allEvents = async (operator: Pick<Operator, "query">, filter: Filter): Promise<readonly LogEvent[]> => {
  const events: LogEvent[] = [];
  for await (const event of eventsOf(operator, filter)) events.push(event);
  return events;
};

/** What happened to the rollout, or to the rollback, that stands there: from the event that began it. */
export const storyOf = async (
  operator: Pick<Operator, "query">,
  stream: "rollout" | "rollback",
  { id, position }: Pick<RolloutStanding, "id" | "position">,
): Promise<readonly LogEvent[]> =>
  (await allEvents(operator, { stream, after: position - 1 })).filter(
    ({ data }) => (data as { id?: string }).id === id,
  );

const PAGE = 1_000;

/** A connected client as the operator it is. */
export const operatorOf = (client: Pick<Lighthouse, "operate">): Operator => ({
  operate: client.operate,
  query: (filter) => client.operate("events.query", filter),
});
