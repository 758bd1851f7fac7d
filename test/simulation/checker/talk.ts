import type { Connection } from "../wires.ts";
import type { ModeName } from "./modes.ts";

/** What a session asked to be pushed, and what it has been pushed since. */
export interface Opening {
  readonly inbox: boolean;
  readonly outcomes: boolean;
  readonly events: boolean;
  /** What happens after this position is told. */
  readonly from: number;
  readonly outcomesTold: number[];
  readonly eventsTold: number[];
  /** Outcomes that lay in the past when it opened. */
  readonly missed: number;
}

export interface Request {
  readonly method: string;
  readonly params: object;
  /** The bridge's mode when it read this, and how many changes of it there had been. */
  readonly mode: ModeName;
  readonly modeChanges: number;
}

/** One connection, as somebody hears it who listens at the bridge's end. */
export interface Talk {
  readonly connection: Connection;
  readonly requests: Map<unknown, Request>;
  opening: Opening | undefined;
  readonly offered: Set<string>;
  /** For each message on its way out, which questions it puts before the agent. */
  readonly leaving: (readonly string[])[];
}

/** The conversations of one bridge. */
export interface Talks {
  readonly of: (connection: Connection) => Talk;
  readonly all: () => Iterable<Talk>;
  readonly clear: () => void;
}

export const talks = (): Talks => {
  const known = new Map<Connection, Talk>();
  return {
    of: (connection) => {
      const talk = known.get(connection) ?? {
        connection,
        requests: new Map(),
        opening: undefined,
        offered: new Set<string>(),
        leaving: [],
      };
      known.set(connection, talk);
      return talk;
    },
    all: () => known.values(),
    clear: () => known.clear(),
  };
};

/** Breaks a promise to somebody. */
export type Fail = (invariant: string, to: Connection, what: string) => void;
