import { idOf, type Recorded, streamOf } from "../../domain/event.ts";
import { type Inquiry, type InquiryFact, inquiry } from "../../domain/inquiry.ts";
import type { Log } from "../log/log.ts";

/** An inquiry as committed. */
export interface HeldInquiry {
  readonly id: string;
  readonly state: Inquiry;
  readonly revision: number;
  readonly position: number;
}

/** Open inquiries at hand, and how many each asker has; concluded ones are read from the log. */
export const inquiryView = (log: Log) => {
  const open = new Map<string, HeldInquiry>();
  const perAsker = new Map<string, number>();

  const count = (asker: string, by: 1 | -1): void => {
    const now = (perAsker.get(asker) ?? 0) + by;
    if (now === 0) perAsker.delete(asker);
    else perAsker.set(asker, now);
  };

  const fold = (event: Recorded): void => {
    if (!event.stream.startsWith("inquiry/")) return;
    const id = idOf(event.stream);
    const before = open.get(id);
    const state = inquiry.evolve(before?.state ?? inquiry.initial, event as Recorded & InquiryFact);
    if (state.status === "open") {
      open.set(id, { id, state, revision: event.revision, position: event.position });
      if (before === undefined) count(state.plan.from, 1);
    } else if (state.status === "concluded" && open.delete(id)) {
      count(state.plan.from, -1);
    }
  };

  const get = (id: string): HeldInquiry | Promise<HeldInquiry | undefined> => open.get(id) ?? fromLog(id);

  const fromLog = async (id: string): Promise<HeldInquiry | undefined> => {
    // An inquiry has at most three events for each of `candidatesMax` attempts, and a page has 1,000.
    const { events } = await log.read({ stream: streamOf.inquiry(id) });
    const newest = events.at(-1);
    if (newest === undefined) return undefined;
    const state = events.reduce<Inquiry>((s, e) => inquiry.evolve(s, e as Recorded & InquiryFact), inquiry.initial);
    return { id, state, revision: newest.revision, position: newest.position };
  };

  return {
    fold,
    get,
    /** An open one. */
    find: (id: string): HeldInquiry | undefined => open.get(id),
    load: (stream: string) => {
      const held = get(idOf(stream));
      return held instanceof Promise ? held.then((h) => h ?? nothing) : held;
    },
    open: (): Iterable<HeldInquiry> => open.values(),
    isOpen: (id: string): boolean => open.has(id),
    openFrom: (asker: string): number => perAsker.get(asker) ?? 0,
  };
};

export type InquiryView = ReturnType<typeof inquiryView>;

const nothing = { state: inquiry.initial, revision: -1 } as const;
