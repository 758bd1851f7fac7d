import { PUSH_FLAG } from "../../../src/domain/arm.ts";
import type { AnswerCore } from "../../../src/domain/elicitation.ts";
import { idOf, type Recorded } from "../../../src/domain/event.ts";
import { evaluate, type Flag, type FlagFact, flag } from "../../../src/domain/flag.ts";
import type { PublicJwk } from "../../../src/domain/key.ts";
import { defaultLimits } from "../../../src/domain/limit.ts";
import { cast } from "../cast.ts";
import type { Sometimes } from "../sometimes.ts";
import type { World } from "../world.ts";
import { type InquiryTales, inquiryTales } from "./inquiries.ts";
import { type ModeTales, modeTales } from "./modes.ts";
import { type RolloutTales, rolloutTales } from "./rollouts.ts";
import { begin, goOn, isAnswerTo, isOpen, type Story } from "./story.ts";

/**
 * The past as it is on disk for certain, told event by event in the moment in which it becomes so. Every law about the
 * log alone is checked here.
 */
export interface History {
  readonly add: (event: Recorded) => void;
  readonly events: readonly Recorded[];
  readonly stories: ReadonlyMap<string, Story>;
  readonly inquiries: InquiryTales;
  readonly rollouts: RolloutTales;
  readonly modes: ModeTales;
  /** Keys of their own that an agent has ever shown to hold, as the log has them. */
  readonly keysOf: (agent: string) => readonly PublicJwk[];
  /** Newest durable `agent.seen`, in log time. */
  readonly lastSeen: (agent: string) => number | undefined;
  /** When questions last got to an agent, and when it last did something about one. */
  readonly proof: (agent: string) => Proof | undefined;
  /** By which way this agent is asked, and whether everybody has had time to hear of it. */
  readonly armOf: (agent: string) => { readonly arm: "push" | "mailbox"; readonly isSettled: boolean };
  /** Position of the newest `bridge.started`. */
  readonly startedAt: () => number;
  readonly isRevoked: (agent: string) => boolean;
  /** The elicitation that an idempotency key asked, newest first ask. */
  readonly byKey: (asker: string, key: string) => string | undefined;
}

export interface Proof {
  readonly via: string;
  readonly offeredAt: number;
  readonly heardAt: number | null;
}

export interface Evidence {
  /** Whether the bytes of an offer have left for this session. */
  readonly hasLeft: (session: string, id: string) => boolean;
  /** Whether a bridge was up at this time of its own clock. */
  readonly wasDown: (time: number) => boolean;
  readonly askRead: (agent: string, message: string) => number | undefined;
  /** Whether an answer is signed by its agent; its core if so. */
  readonly verify: (agent: string, answer: unknown) => AnswerCore | undefined;
  /** Whether content fits the schema with which the plan asked. */
  readonly fits: (story: Story, content: unknown) => boolean;
}

export const history = (world: World, sometimes: Sometimes, evidence: Evidence): History => {
  const events: Recorded[] = [];
  const revisions = new Map<string, number>();
  const stories = new Map<string, Story>();
  const inquiries = inquiryTales(stories);
  const proofs = new Map<string, Proof>();
  const ownKeys = new Map<string, PublicJwk[]>();
  const seen = new Map<string, number>();
  /** When it was durable that an agent is revoked, on the monotonic clock. */
  const revoked = new Map<string, number>();
  /** Numbers that agents have signed recorded answers with. */
  const numbers = new Set<string>();
  let startedAt = 0;
  let flagState: Flag = flag.initial;
  let flagAt = Number.NEGATIVE_INFINITY;
  const keys = new Map<string, { readonly id: string; readonly time: number }>();

  const broken = (invariant: string, event: Recorded, what: string): void =>
    world.fail(invariant, `position ${event.position} (${event.stream} ${event.type}): ${what}`);

  const rollouts = rolloutTales(stories, sometimes, broken);
  const modes = modeTales(sometimes, broken);

  const order = (event: Recorded): void => {
    const last = events.at(-2);
    const revision = (revisions.get(event.stream) ?? -1) + 1;
    revisions.set(event.stream, revision);
    if (event.position !== events.length) broken("positions have no gap", event, `it is event ${events.length}`);
    if (event.revision !== revision) broken("revisions have no gap", event, `${event.revision}, not ${revision}`);
    if (last !== undefined && event.time < last.time) {
      broken("log time never goes back", event, `${last.time - event.time} ms before position ${last.position}`);
    }
    if (event.time > world.latestWall()) {
      broken("log time is not invented", event, `${event.time - world.latestWall()} ms ahead of every clock`);
    }
  };

  const asked = (event: Recorded<"elicitation.asked">): void => {
    const id = idOf(event.stream);
    const [story, wrong] = begin(id, event);
    stories.set(id, story);
    if (wrong !== undefined) broken("only the addressee answers, only the asker cancels", event, wrong);
    const { key, from, to, message } = event.data;
    const goneAt = revoked.get(to);
    // Who was asking already when it happened may have been first.
    if (goneAt !== undefined && (evidence.askRead(from, message) ?? goneAt) > goneAt) {
      broken("nothing is queued for a phantom", event, `${to} was revoked`);
    }
    if (key === undefined) return;
    const first = keys.get(`${from} ${key}`);
    if (first !== undefined && event.time - first.time < defaultLimits.idempotencyWindowMs) {
      broken("one key asks once", event, `${from} asked ${first.id} with the same key`);
    }
    keys.set(`${from} ${key}`, { id, time: event.time });
  };

  const toldOf = (event: Recorded): void => {
    const story = stories.get(idOf(event.stream));
    if (story === undefined) return broken("every prefix is a valid state", event, "nobody asked it");
    const wasOpen = isOpen(story);
    const wrong = goOn(story, event);
    if (wrong !== undefined) {
      const law = !wasOpen
        ? "one end, once"
        : event.type === "elicitation.expired"
          ? "expiry is true"
          : "a legal story";
      broken(law, event, wrong);
    }
    witness(story, event);
    if (late.has(event.type) && event.time >= story.asked.deadline) {
      broken("nothing after the deadline", event, `${event.time - story.asked.deadline} ms after it`);
    }
  };

  /** An agent that was never offered anything has proved nothing by an answer to what it read elsewhere. */
  const heard = ({ asked }: Story, { time }: Recorded): void => {
    const known = proofs.get(asked.to);
    if (known !== undefined) proofs.set(asked.to, { ...known, heardAt: time });
  };

  const witness = (story: Story, event: Recorded): void => {
    switch (event.type) {
      case "elicitation.offered": {
        const { session, via } = event.data;
        const heardAt = proofs.get(story.asked.to)?.heardAt ?? null;
        proofs.set(story.asked.to, { via, offeredAt: event.data.at, heardAt });
        if (via === "poll") sometimes.saw("offered by poll");
        if (event.data.until !== undefined) sometimes.saw("handed out of a mailbox");
        if (story.deliveries > 1) sometimes.saw("handed out again");
        if (story.offers.size > 1) sometimes.saw("offered again");
        if (!evidence.hasLeft(session, story.id)) {
          broken("offered means that bytes have left", event, `none have left for session ${session}`);
        }
        return;
      }
      case "elicitation.accepted":
      case "elicitation.declined": {
        heard(story, event);
        sometimes.saw(story.status as "accepted" | "declined");
        if (story.asked.deadline - event.time <= 2) sometimes.saw("answer within 2 ms of the deadline");
        const core = evidence.verify(story.asked.to, event.data.answer);
        if (core === undefined) return broken("answers are signed", event, "the signature does not hold");
        if (!isAnswerTo(story, core)) return broken("answers are signed", event, "it is an answer to something else");
        if (core.action === "accept" && !evidence.fits(story, core.content)) {
          broken("accepted content fits its schema", event, JSON.stringify(core.content));
        }
        const number = `${story.asked.to} ${core.seq}`;
        if (numbers.has(number)) broken("a number counts once", event, `${number} was recorded before`);
        numbers.add(number);
        if (story.refusedAnswers > 0) sometimes.saw("answer refused and mended");
        return;
      }
      case "elicitation.claimed":
        return heard(story, event);
      case "elicitation.cancelled":
        return sometimes.saw("cancelled");
      case "elicitation.expired":
        sometimes.saw("expired");
        if (evidence.wasDown(event.data.deadline)) sometimes.saw("expired while down");
        return;
      case "elicitation.lapsed":
        return sometimes.saw("lease lapsed");
      case "elicitation.acknowledged":
        return sometimes.saw("acknowledged");
      case "elicitation.rerouted":
        return sometimes.saw(event.data.to === "mailbox" ? "put into the mailbox" : "put into the push arm");
    }
  };

  const inquired = (event: Recorded): void => {
    const wrong = inquiries.add(event);
    if (wrong !== undefined) broken("an inquiry is told truly", event, wrong);
    if (event.type === "inquiry.concluded") sometimes.saw(`inquiry ${event.data.how}`);
  };

  return {
    events,
    stories,
    inquiries,
    rollouts,
    modes,
    keysOf: (agent) => ownKeys.get(agent) ?? [],
    proof: (agent) => proofs.get(agent),
    lastSeen: (agent) => seen.get(agent),
    startedAt: () => startedAt,
    armOf: (agent) => ({
      arm: evaluate(PUSH_FLAG, flagState, { agent, roles: rolesOf(agent), expertise: [] }).value ? "push" : "mailbox",
      isSettled: world.monotonic() - flagAt > SETTLED_MS,
    }),
    isRevoked: (agent) => revoked.has(agent),
    byKey: (asker, key) => keys.get(`${asker} ${key}`)?.id,
    add: (event) => {
      events.push(event);
      order(event);
      if (event.type === "bridge.started") startedAt = event.position;
      if (event.type === "agent.seen") seen.set(idOf(event.stream), event.time);
      if (event.stream === `flag/${PUSH_FLAG}`) {
        flagState = flag.evolve(flagState, event as Recorded & FlagFact);
        flagAt = world.monotonic();
      }
      if (event.type === "flag.killed") sometimes.saw("flag killed");
      if (event.type === "flag.set" || event.type === "flag.restored") sometimes.saw("flag changed");
      if (event.type === "agent.enrolled" || event.type === "agent.key_added") {
        const name = idOf(event.stream);
        ownKeys.set(name, [...(ownKeys.get(name) ?? []), event.data.jwk as PublicJwk]);
        if (event.type === "agent.key_added") sometimes.saw("own key replaced");
      }
      if (event.type === "login.opened") sometimes.saw("signed in");
      if (event.type === "agent.revoked") revoked.set(idOf(event.stream), world.monotonic());
      if (event.type === "elicitation.asked") asked(event);
      else if (event.stream.startsWith("elicitation/")) toldOf(event);
      else if (event.stream.startsWith("inquiry/")) inquired(event);
      rollouts.add(event);
      modes.add(event);
    },
  };
};

/** Of agents that are no part of the cast: that of all who exist for a rehearsal. */
const rolesOf = (agent: string): readonly string[] => cast.find(({ name }) => name === agent)?.roles ?? ["agent"];

/** From the disk to everybody in the bridge: a sync may take its time. */
const SETTLED_MS = 3_000;

const late: ReadonlySet<string> = new Set([
  "elicitation.claimed",
  "elicitation.accepted",
  "elicitation.declined",
  "elicitation.cancelled",
]);
