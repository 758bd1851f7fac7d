import type { Decider } from "../../domain/decider.ts";
import type { Draft, EventTypeName, Fact, Recorded } from "../../domain/event.ts";
import { type Refusal, refusal } from "../../domain/refusal.ts";
import { type Log, LogUnavailable, type StreamAppend, type When } from "../log/log.ts";

/** What the log says about a stream now. `revision` is -1 while there is nothing. */
export interface Snapshot<State> {
  readonly state: State;
  readonly revision: number;
}

/** Where committed state is found: in a projection, or by folding the stream. */
export type Load<State> = (stream: string) => Snapshot<State> | Promise<Snapshot<State>>;

export type Handled<State> =
  | { readonly ok: true; readonly state: State; readonly events: readonly Recorded[] }
  | { readonly ok: false; readonly refusal: Refusal };

/** Two writers on one stream are normal; eight in a row on one question are not. */
const ATTEMPTS_MAX = 8;
/** What could not be written now is tried again after so long. */
export const RETRY_AFTER_MS = 1_000;

interface Ahead<State> extends Snapshot<State> {
  /** Settles with the append that made this state. */
  readonly durable: Promise<unknown>;
}

/**
 * The one path a command takes: load the stream, decide, append where we read. Decisions run ahead of the disk, so that
 * commands on one stream need not queue behind a sync; answers never do: nothing is returned before the facts it rests
 * on are durable.
 */
export const handler = <State, Command, Type extends EventTypeName, Event extends Fact<Type>>(
  log: Log,
  decider: Decider<State, Command, Fact<Type>, Event>,
  load: Load<State>,
) => {
  const ahead = new Map<string, Ahead<State>>();

  return async (
    stream: string,
    command: Command,
    toDraft: (fact: Fact<Type>, state: State) => Draft<Type>,
    /** What must be true together with these facts, on streams that begin with it. */
    alongside: (facts: readonly Fact[]) => readonly StreamAppend[] = () => [],
    /** For a stream whose id was just made: looking for it costs a query that finds nothing. */
    isNew = false,
    when: When = "now",
  ): Promise<Handled<State>> => {
    for (let attempt = 1; ; attempt++) {
      const fresh = isNew && attempt === 1 ? { state: decider.initial, revision: -1 } : undefined;
      const loaded = ahead.get(stream) ?? fresh ?? load(stream);
      // While the stream was read, somebody may have run ahead of it.
      const base = loaded instanceof Promise ? await loaded.then((read) => ahead.get(stream) ?? read) : loaded;
      const decision = decider.decide(base.state, command);
      const drafts = decision.facts.map((fact) => toDraft(fact, base.state));
      if (drafts.length === 0) {
        if (!(await settled(ahead.get(stream)))) return unavailable();
        return decision.ok ? { ok: true, state: base.state, events: [] } : { ok: false, refusal: decision.refusal };
      }

      let state = base.state;
      for (const event of drafts) state = decider.evolve(state, event as unknown as Event);
      const durable = log.append(
        [
          { stream, expect: base.revision, events: drafts as readonly Draft[] },
          ...alongside(decision.facts as readonly Fact[]),
        ],
        when,
      );
      const mine: Ahead<State> = { state, revision: base.revision + drafts.length, durable };
      ahead.set(stream, mine);
      try {
        const appended = await durable;
        if (appended.ok) {
          return decision.ok ? { ok: true, state, events: appended.events } : { ok: false, refusal: decision.refusal };
        }
        ahead.delete(stream);
        if (attempt === ATTEMPTS_MAX) {
          return {
            ok: false,
            refusal: refusal("revision_conflict", "too many writers on one stream", { retryAfterMs: RETRY_AFTER_MS }),
          };
        }
      } catch (fault) {
        ahead.delete(stream);
        if (fault instanceof LogUnavailable) return unavailable();
        throw fault;
      } finally {
        if (ahead.get(stream) === mine) ahead.delete(stream);
      }
    }
  };
};

const settled = async (pending: { readonly durable: Promise<unknown> } | undefined): Promise<boolean> => {
  try {
    await pending?.durable;
    return true;
  } catch {
    return false;
  }
};

export const unavailable = (): { readonly ok: false; readonly refusal: Refusal } => ({
  ok: false,
  refusal: refusal("log_unavailable", "the log could not be written", { retryAfterMs: RETRY_AFTER_MS }),
});
