import { createHash } from "node:crypto";

/**
 * What happened, in order. The digest takes every event and every byte that crossed the net, so that two runs with one
 * digest were one run; the lines for people are made only when somebody will read them.
 */
export interface Trace {
  readonly note: (at: number, what: string, line?: () => string) => void;
  readonly lines: () => readonly string[];
  readonly digest: () => string;
}

export const trace = (recording: boolean): Trace => {
  const hash = createHash("sha256");
  const lines: string[] = [];
  return {
    note: (at, what, line) => {
      hash.update(`${at} ${what}\n`);
      if (recording && line !== undefined) lines.push(`${(at / 1000).toFixed(6).padStart(12)} s  ${line()}`);
    },
    lines: () => lines,
    digest: () => hash.copy().digest("hex"),
  };
};
