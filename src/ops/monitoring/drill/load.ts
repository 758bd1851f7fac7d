import type { Lighthouse } from "../../../client/index.ts";
import { LighthouseRefusal } from "../../../client/index.ts";

/** Questions and answers between two agents of the drill, so that there is something to be slow and something to fail. */
export interface Load {
  /** `loops` questions in the air at a time, each asked `gapMs` after the one before was answered. */
  readonly pace: (loops: number, gapMs: number) => void;
  /** So many questions at once, beside those of the loops. */
  readonly burst: (questions: number) => void;
  /** Round trips so far, and refusals by code. */
  readonly counts: () => { readonly answered: number; readonly refused: Readonly<Record<string, number>> };
  readonly stop: () => void;
}

/** A client that is told that the log cannot be written comes back when it can: it does not hammer at the door. */
const afterRefusalMs = 1_200;

const schema = { type: "boolean" };

export const openLoad = (asker: Lighthouse, target: Lighthouse, pause: (ms: number) => Promise<void>): Load => {
  const stopping = new AbortController();
  void target
    .answerWith(async () => true, { signal: stopping.signal, onFault: () => undefined })
    .catch(() => undefined);
  let wanted = 0;
  let gap = 0;
  let running = 0;
  let answered = 0;
  const refused: Record<string, number> = {};

  const askOnce = async (): Promise<void> => {
    await asker.ask({ to: target.agent, message: "A drill asks. Is all well?", schema }, { signal: stopping.signal });
    answered += 1;
  };

  const loop = async (): Promise<void> => {
    running += 1;
    while (running <= wanted && !stopping.signal.aborted) {
      try {
        await askOnce();
        if (gap > 0) await pause(gap);
      } catch (error) {
        if (stopping.signal.aborted) break;
        const code = error instanceof LighthouseRefusal ? error.code : "unreachable";
        refused[code] = (refused[code] ?? 0) + 1;
        await pause(afterRefusalMs);
      }
    }
    running -= 1;
  };

  return {
    pace: (loops, gapMs) => {
      wanted = loops;
      gap = gapMs;
      for (let missing = loops - running; missing > 0; missing--) void loop();
    },
    burst: (questions) => {
      for (let left = questions; left > 0; left--) void askOnce().catch(() => undefined);
    },
    counts: () => ({ answered, refused }),
    stop: () => stopping.abort(),
  };
};
