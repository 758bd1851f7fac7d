import type { Log } from "../../src/bridge/log/log.ts";
import type { Principal } from "../../src/bridge/transport/operation.ts";
import { elicitation } from "../../src/domain/elicitation.ts";
import type { Recorded } from "../../src/domain/event.ts";
import { flag } from "../../src/domain/flag.ts";
import { rollback } from "../../src/domain/rollback.ts";
import { rollout } from "../../src/domain/rollout.ts";
import type { Channel, Clock, Disk, DiskFile } from "../../src/domain/world.ts";
import type { Operator } from "../../src/ops/rollout/operator.ts";

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
  readonly decideRollout: (decide: typeof rollout.decide) => typeof rollout.decide;
  readonly decideRollback: (decide: typeof rollback.decide) => typeof rollback.decide;
  readonly decideFlag: (decide: typeof flag.decide) => typeof flag.decide;
  /** What a controller asks of its bridge. */
  readonly operator: (operator: Operator) => Operator;
  /** In Cedar; the bridge's own unless given. */
  readonly policy?: string;
  /** What becomes of the check of an Ed25519 signature. */
  readonly verified: (held: boolean) => boolean;
}

export const honest: Wiring = {
  disk: (disk) => disk,
  clock: (clock) => clock,
  log: (log) => log,
  channel: (channel) => channel,
  principal: (who) => who,
  decide: (decide) => decide,
  decideRollout: (decide) => decide,
  decideRollback: (decide) => decide,
  decideFlag: (decide) => decide,
  operator: (operator) => operator,
  verified: (held) => held,
};

export interface Bug {
  /** The mistake, in a sentence. */
  readonly what: string;
  /** Made anew for each run, because a mistake may count. */
  readonly wiring: () => Partial<Wiring>;
}

export const fileWith =
  (change: (file: DiskFile) => Partial<DiskFile>) =>
  (disk: Disk): Disk => ({
    open: async (name) => {
      const file = await disk.open(name);
      return { ...file, ...change(file) };
    },
  });

export const channelWith =
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
export const params =
  (method: string, change: (params: Record<string, unknown>) => void) =>
  (text: string): string => {
    if (!text.includes(`"${method}"`)) return text;
    const message = JSON.parse(text) as { method: string; params: Record<string, unknown> };
    if (message.method === method) change(message.params);
    return JSON.stringify(message);
  };

/** Whom a log tells of its commits: the projections first, then delivery, then sessions that follow everything. */
const listeners = { projections: 0, delivery: 1 } as const;

/** One listener is told something else than happened. */
export const telling =
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

/** Puts the wiring's deciders in place; the result puts the true ones back. */
export const rewire = ({ decide, decideRollout, decideRollback, decideFlag }: Wiring): (() => void) => {
  const undo = [
    replaced(elicitation, decide(elicitation.decide)),
    replaced(rollout, decideRollout(rollout.decide)),
    replaced(rollback, decideRollback(rollback.decide)),
    replaced(flag, decideFlag(flag.decide)),
  ];
  return () => {
    for (const each of undo) each();
  };
};

const replaced = <D>(decider: { readonly decide: D }, by: D): (() => void) => {
  const place = decider as { decide: D };
  const truth = place.decide;
  place.decide = by;
  return () => {
    place.decide = truth;
  };
};
