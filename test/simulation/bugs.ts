import type { Log } from "../../src/bridge/log/log.ts";
import type { Principal } from "../../src/bridge/transport/operation.ts";
import { decided } from "../../src/domain/decider.ts";
import { type Elicitation, elicitation } from "../../src/domain/elicitation.ts";
import type { Draft, Recorded } from "../../src/domain/event.ts";
import type { Channel, Clock, Disk, DiskFile } from "../../src/domain/world.ts";

/** What stands between the bridge under test and its world, and can be made to lie. */
export interface Wiring {
  readonly disk: (disk: Disk) => Disk;
  readonly clock: (clock: Clock) => Clock;
  readonly log: (log: Log) => Log;
  /** The bridge's end of a connection. */
  readonly channel: (channel: Channel) => Channel;
  readonly principal: (who: Principal) => Principal;
  /** Changes the decider for as long as the simulation runs. */
  readonly decide: (decide: typeof elicitation.decide) => typeof elicitation.decide;
}

const honest: Wiring = {
  disk: (disk) => disk,
  clock: (clock) => clock,
  log: (log) => log,
  channel: (channel) => channel,
  principal: (who) => who,
  decide: (decide) => decide,
};

interface Bug {
  /** The mistake, in a sentence. */
  readonly what: string;
  /** Made anew for each run, because a mistake may count. */
  readonly wiring: () => Partial<Wiring>;
}

const fileWith =
  (change: (file: DiskFile) => Partial<DiskFile>) =>
  (disk: Disk): Disk => ({
    open: async (name) => {
      const file = await disk.open(name);
      return { ...file, ...change(file) };
    },
  });

const channelWith =
  ({
    send,
    hear = (text) => text,
  }: {
    readonly send?: (inner: Channel) => Channel["send"];
    readonly hear?: (text: string) => string;
  }) =>
  (inner: Channel): Channel => {
    const outer: Channel = {
      send: send?.(inner) ?? inner.send,
      close: inner.close,
      bufferedBytes: inner.bufferedBytes,
      onMessage: () => undefined,
      onClose: () => undefined,
    };
    inner.onMessage = (text) => outer.onMessage(hear(text));
    inner.onClose = (code, reason) => outer.onClose(code, reason);
    return outer;
  };

/** Rewrites the params of one method on their way in. */
const params =
  (method: string, change: (params: Record<string, unknown>) => void) =>
  (text: string): string => {
    if (!text.includes(`"${method}"`)) return text;
    const message = JSON.parse(text) as { method: string; params: Record<string, unknown> };
    if (message.method === method) change(message.params);
    return JSON.stringify(message);
  };

const withKeyAsGiven = (event: Draft): Draft =>
  event.type === "elicitation.asked" && event.data.key !== undefined
    ? { ...event, data: { ...event.data, key: event.data.key.replace(/#\d+$/, "") } }
    : event;

/** Whom a log tells of its commits: the projections first, then delivery, then sessions that follow everything. */
const listeners = { projections: 0, delivery: 1 } as const;

/** One listener is told something else than happened. */
const telling =
  (whom: keyof typeof listeners, change: (events: readonly Recorded[]) => readonly Recorded[]) =>
  (log: Log): Log => {
    let count = 0;
    return {
      ...log,
      onCommitted: (listener) => {
        const isMisled = count++ === listeners[whom];
        return log.onCommitted((events) => listener(isMisled ? change(events) : events));
      },
    };
  };

const withoutArm = (event: Recorded<"elicitation.asked">): Recorded => {
  const { arm: _, ...data } = event.data;
  return { ...event, data };
};

const everyNth = (n: number): (() => boolean) => {
  let count = 0;
  return () => ++count % n === 0;
};

const reopened = (state: Elicitation): Elicitation =>
  state.status === "ended"
    ? { status: "open", question: state.question, stage: { name: "asked" }, mailbox: null, answersRefused: 0 }
    : state;

const unclaimed = (state: Elicitation): Elicitation =>
  state.status === "open" && state.stage.name === "claimed" ? { ...state, stage: { name: "asked" } } : state;

/** Mistakes that a bridge could make, to prove that the simulation would see them. They exist in its wiring only. */
export const bugs = {
  "acks-before-sync": {
    what: "the log acknowledges what is in the page cache",
    wiring: () => ({ disk: fileWith((file) => ({ sync: async () => void file.sync().catch(() => undefined) })) }),
  },
  "retries-a-failed-sync": {
    what: "a sync that failed is tried again, and believed when it then says yes",
    wiring: () => ({ disk: fileWith((file) => ({ sync: () => file.sync().catch(() => file.sync()) })) }),
  },
  "keeps-the-torn-tail": {
    what: "recovery appends behind a torn write instead of cutting it off",
    wiring: () => ({ disk: fileWith(() => ({ truncate: async () => undefined })) }),
  },
  "offers-before-flush": {
    what: "a question counts as offered when it was handed to the socket",
    wiring: () => ({
      channel: channelWith({
        send: (inner) => (text, flushed) => {
          inner.send(text);
          flushed?.();
        },
      }),
    }),
  },
  "ends-twice": {
    what: "what has ended can be answered and cancelled again",
    wiring: () => ({
      decide: (decide) => (state, command) =>
        decide(command.type === "answer" || command.type === "cancel" ? reopened(state) : state, command),
    }),
  },
  "forgets-numbers": {
    what: "an answer may carry a number that its key has signed with before",
    wiring: () => ({
      decide: (decide) => (state, command) =>
        decide(
          state,
          command.type === "answer"
            ? { ...command, sequences: { ...command.sequences, isUsed: () => false } }
            : command,
        ),
    }),
  },
  "ignores-leases": {
    what: "a claim is given while another holds it",
    wiring: () => ({
      decide: (decide) => (state, command) => decide(command.type === "claim" ? unclaimed(state) : state, command),
    }),
  },
  "expires-early": {
    what: "deadlines are taken to be 800 ms earlier than they are",
    wiring: () => ({
      decide: (decide) => (state, command) =>
        decide(state, "now" in command && command.type !== "lapse" ? { ...command, now: command.now + 800 } : command),
    }),
  },
  "forgets-deadlines": {
    what: "nothing ever expires by itself",
    wiring: () => ({
      decide: (decide) => (state, command) => (command.type === "expire" ? decided() : decide(state, command)),
    }),
  },
  "stops-with-the-clock": {
    what: "the log's time stands still while the wall clock is behind it",
    wiring: () => ({ clock: ({ now }) => ({ now, monotonic: () => 0 }) }),
  },
  "forgets-keys": {
    what: "idempotency keys are written down and never looked up",
    wiring: () => {
      let count = 0;
      return {
        channel: channelWith({
          hear: params("elicitations.ask", (given) => {
            if (typeof given["key"] === "string") given["key"] = `${given["key"]}#${++count}`;
          }),
        }),
        log: (log) => ({
          ...log,
          append: (appends) =>
            log.append(appends.map((each) => ({ ...each, events: each.events.map(withKeyAsGiven) }))),
        }),
      };
    },
  },
  "lets-strangers-read": {
    what: "everybody reads as an auditor does",
    wiring: () => ({ principal: (who) => ({ ...who, mayAudit: true }) }),
  },
  "lies-about-reach": {
    what: "everybody is said to be reachable",
    wiring: () => ({
      channel: channelWith({
        send: (inner) => (text, flushed) =>
          inner.send(text.replace(/"reach":\{[^}]*\}/, '"reach":{"state":"reachable"}'), flushed),
      }),
    }),
  },
  "forgets-the-place": {
    what: "a session that resumes begins with the present",
    wiring: () => ({
      channel: channelWith({
        hear: params("session.open", (given) => {
          delete given["after"];
        }),
      }),
    }),
  },
  "tells-twice": {
    what: "a session that resumes begins one event too early",
    wiring: () => ({
      channel: channelWith({
        hear: params("session.open", (given) => {
          if (typeof given["after"] === "number") given["after"] = Math.max(0, given["after"] - 1);
        }),
      }),
    }),
  },
  "loses-an-outcome": {
    what: "one outcome in fifty is not pushed",
    wiring: () => {
      const isLost = everyNth(50);
      return {
        channel: channelWith({
          send: (inner) => (text, flushed) => {
            if (text.includes('"method":"ended"') && isLost()) flushed?.();
            else inner.send(text, flushed);
          },
        }),
      };
    },
  },
  "reroute-forgets": {
    what: "a question that is put over is taken out of one way and told to nobody in the other",
    wiring: () => ({
      log: telling("delivery", (events) => events.filter(({ type }) => type !== "elicitation.rerouted")),
    }),
  },
  "pushes-mail": {
    what: "the bridge takes every question for one that is pushed",
    wiring: () => ({
      log: telling("projections", (events) =>
        events.map((event) => (event.type === "elicitation.asked" ? withoutArm(event) : event)),
      ),
    }),
  },
  "keeps-what-nobody-has": {
    what: "a lease on what was handed out of a mailbox never ends",
    wiring: () => ({
      decide: (decide) => (state, command) =>
        decide(state, command.type === "offer" && command.until !== undefined ? { ...command, until: 1e15 } : command),
    }),
  },
  "forgets-to-fold": {
    what: "one commit in a hundred does not reach the projections",
    wiring: () => {
      const isLost = everyNth(100);
      return {
        log: (log) => {
          let listeners = 0;
          return {
            ...log,
            onCommitted: (listener) => {
              const isFirst = listeners++ === 0;
              return log.onCommitted((events) => (isFirst && isLost() ? undefined : listener(events)));
            },
          };
        },
      };
    },
  },
} as const satisfies { readonly [name: string]: Bug };

export type BugName = keyof typeof bugs;

export const bugNames = Object.keys(bugs) as readonly BugName[];

export const wiringWith = (bug: BugName | undefined): Wiring =>
  bug === undefined ? honest : { ...honest, ...(bugs[bug] as Bug).wiring() };

/** Puts the wiring's decider in place; the result puts the true one back. */
export const rewire = ({ decide }: Wiring): (() => void) => {
  const place = elicitation as { decide: typeof elicitation.decide };
  const truth = place.decide;
  place.decide = decide(truth);
  return () => {
    place.decide = truth;
  };
};
