import type { Recorded } from "../../src/domain/event.ts";

/**
 * What agents were told, held against what the log has. An acknowledgement is a promise; this is where promises are
 * kept count of, outside the process that gave them.
 */
export const ledger = () => {
  const asks = new Map<string, string>();
  const answers = new Set<string>();
  const customs = new Map<number, string>();
  const askedInLog = new Map<string, string>();
  const keysInLog = new Map<string, string>();
  const endedInLog = new Map<string, string>();
  const customsInLog = new Map<number, number>();
  const problems: string[] = [];

  const told = {
    /** The bridge said that this question is on disk. */
    asked: (id: string, key: string): void => {
      const before = asks.get(key);
      if (before !== undefined && before !== id) problems.push(`key ${key} gave ${before} and then ${id}`);
      asks.set(key, id);
    },
    answered: (id: string): void => void answers.add(id),
    appended: (position: number, payload: string): void => void customs.set(position, payload),
  };

  /** One event of the log, in order. */
  const found = (event: Recorded): void => {
    const id = event.stream.slice(event.stream.indexOf("/") + 1);
    if (event.type === "elicitation.asked") {
      if (askedInLog.has(id)) problems.push(`${id} was asked twice`);
      askedInLog.set(id, event.data.key ?? "");
      if (event.data.key !== undefined) {
        const scope = event.data.key;
        if (keysInLog.has(scope)) problems.push(`key ${scope} asked twice: ${keysInLog.get(scope)} and ${id}`);
        keysInLog.set(scope, id);
      }
    }
    if (endings.has(event.type)) {
      if (endedInLog.has(id)) problems.push(`${id} ended twice: ${endedInLog.get(id)} and ${event.type}`);
      endedInLog.set(id, event.type);
    }
    if (event.type === "custom") customsInLog.set(event.position, (event.data.payload as { readonly n: number }).n);
  };

  /** Everything that was promised and is not so; empty when every promise was kept. */
  const broken = (): readonly string[] => {
    const lost: string[] = [];
    for (const [key, id] of asks)
      if (!askedInLog.has(id)) lost.push(`acknowledged ask ${id} (key ${key}) is not in the log`);
    for (const id of answers) {
      if (endedInLog.get(id) !== "elicitation.accepted") lost.push(`acknowledged answer to ${id} is not in the log`);
    }
    for (const [position, payload] of customs) {
      if (String(customsInLog.get(position)) !== payload)
        lost.push(`acknowledged event at ${position} is not in the log`);
    }
    return [...problems, ...lost];
  };

  return {
    told,
    found,
    broken,
    counts: () => ({ asks: asks.size, answers: answers.size, events: customs.size, inLog: askedInLog.size }),
  };
};

export type Ledger = ReturnType<typeof ledger>;

const endings: ReadonlySet<string> = new Set([
  "elicitation.accepted",
  "elicitation.declined",
  "elicitation.cancelled",
  "elicitation.expired",
]);
