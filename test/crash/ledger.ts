import { idOf, type Recorded } from "../../src/domain/event.ts";

/**
 * What agents were told, held against what the log has. An acknowledgement is a promise; this is where promises are
 * counted, outside the process that gave them.
 */
export const ledger = () => {
  const asks = new Map<string, string>();
  const answers = new Set<string>();
  const outcomes = new Map<string, string>();
  const customs = new Map<number, number>();
  const problems: string[] = [];
  let foundAgain = 0;
  let inDoubt = 0;

  const askedInLog = new Set<string>();
  const keysInLog = new Map<string, string>();
  const endedInLog = new Map<string, string>();
  const customsInLog = new Map<number, number>();
  const numbersInLog = new Set<number>();

  const told = {
    /** The bridge said that this question is on disk; `repeated`, that it was there before the question came again. */
    asked: (id: string, key: string, repeated: boolean): void => {
      const before = asks.get(key);
      if (before !== undefined && before !== id) problems.push(`key ${key} gave ${before} and then ${id}`);
      asks.set(key, id);
      if (repeated) foundAgain++;
    },
    answered: (id: string): void => void answers.add(id),
    ended: (id: string, how: string): void => {
      const before = outcomes.get(id);
      if (before !== undefined && before !== how) problems.push(`${id} was told to be ${before} and then ${how}`);
      outcomes.set(id, how);
    },
    appended: (position: number, n: number): void => void customs.set(position, n),
    /** A connection was lost before the reply to something that cannot be repeated. */
    nothing: (): void => {
      inDoubt++;
    },
  };

  /** One event of the log, in order. */
  const found = (event: Recorded): void => {
    const id = idOf(event.stream);
    if (event.type === "elicitation.asked") {
      if (askedInLog.has(id)) problems.push(`${id} was asked twice`);
      askedInLog.add(id);
      const { key } = event.data;
      if (key === undefined) return;
      if (keysInLog.has(key)) problems.push(`key ${key} asked twice: ${keysInLog.get(key)} and ${id}`);
      keysInLog.set(key, id);
    } else if (endings.has(event.type)) {
      if (endedInLog.has(id)) problems.push(`${id} ended twice: ${endedInLog.get(id)} and ${event.type}`);
      endedInLog.set(id, event.type);
    } else if (event.type === "custom") {
      const { n } = event.data.payload as { readonly n: number };
      if (numbersInLog.has(n)) problems.push(`event ${n} is in the log twice`);
      numbersInLog.add(n);
      customsInLog.set(event.position, n);
    }
  };

  /** Everything that was promised and is not so; empty when every promise was kept. */
  const broken = (): readonly string[] => {
    const lost: string[] = [];
    for (const [key, id] of asks) {
      if (!askedInLog.has(id)) lost.push(`acknowledged ask ${id} (key ${key}) is not in the log`);
    }
    for (const id of answers) {
      if (endedInLog.get(id) !== "elicitation.accepted") lost.push(`acknowledged answer to ${id} is not in the log`);
    }
    for (const [id, how] of outcomes) {
      if (endedInLog.get(id) !== `elicitation.${how}`)
        lost.push(`the outcome told of ${id}, ${how}, is not in the log`);
    }
    for (const [position, n] of customs) {
      if (customsInLog.get(position) !== n) lost.push(`acknowledged event ${n} at ${position} is not in the log`);
    }
    return [...problems, ...lost];
  };

  return {
    told,
    found,
    broken,
    counts: (): Counts => ({
      asks: asks.size,
      answers: answers.size,
      outcomes: outcomes.size,
      events: customs.size,
      foundAgain,
      inDoubt,
      inLog: keysInLog.size,
    }),
  };
};

export type Ledger = ReturnType<typeof ledger>;

/** Acknowledgements that arrived, and what became of those that did not. */
export interface Counts {
  readonly asks: number;
  readonly answers: number;
  readonly outcomes: number;
  readonly events: number;
  /** Asked again under its key after a crash, and already on disk. */
  readonly foundAgain: number;
  /** Custom events whose acknowledgement a crash swallowed: there or not, but never twice. */
  readonly inDoubt: number;
  /** Questions of the load in the log: those with a key. A rollback asks one of its own, to see whether the mailbox works. */
  readonly inLog: number;
}

const endings: ReadonlySet<string> = new Set([
  "elicitation.accepted",
  "elicitation.declined",
  "elicitation.cancelled",
  "elicitation.expired",
]);
