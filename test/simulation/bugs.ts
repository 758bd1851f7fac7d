import { decided } from "../../src/domain/decider.ts";
import type { Elicitation } from "../../src/domain/elicitation.ts";
import type { Draft, Recorded } from "../../src/domain/event.ts";
import { rolloutBugs } from "./bugs-rollout.ts";
import { type Bug, channelWith, fileWith, honest, params, telling, type Wiring } from "./wiring.ts";

const withKeyAsGiven = (event: Draft): Draft =>
  event.type === "elicitation.asked" && event.data.key !== undefined
    ? { ...event, data: { ...event.data, key: event.data.key.replace(/#\d+$/, "") } }
    : event;

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

const bridgeBugs = {
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

/** Mistakes that could be made, to prove that the simulation would see them. They exist in the wiring only. */
export const bugs = { ...bridgeBugs, ...rolloutBugs } as const;

export type BugName = keyof typeof bugs;

export const bugNames = Object.keys(bugs) as readonly BugName[];

export const wiringWith = (bug: BugName | undefined): Wiring =>
  bug === undefined ? honest : { ...honest, ...(bugs[bug] as Bug).wiring() };
