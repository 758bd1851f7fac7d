import type { Jws, SeqUse } from "../../domain/elicitation.ts";
import type { Recorded } from "../../domain/event.ts";
import { freshSequence, giveBack, isUsed, type Sequence, use } from "../../domain/sequence.ts";

/**
 * The numbers that each key has signed recorded answers with. Commands note them as they are given to the log; `fold`
 * finds them again in what was recorded before a start.
 */
export const sequenceView = () => {
  const sequences = new Map<string, Sequence>();
  const kids = new Map<string, string>();

  const note = ({ kid, seq }: SeqUse): void => {
    const known = sequences.get(kid) ?? freshSequence();
    use(known, seq);
    sequences.set(kid, known);
  };

  const kidOf = (header: string): string => {
    let kid = kids.get(header);
    if (kid === undefined) {
      kid = (JSON.parse(Buffer.from(header, "base64url").toString("utf8")) as { readonly kid: string }).kid;
      kids.set(header, kid);
    }
    return kid;
  };

  const fold = (event: Recorded): void => {
    if (event.type !== "elicitation.accepted" && event.type !== "elicitation.declined") return;
    const { payload, signatures } = event.data.answer;
    const seq = seqIn(payload);
    if (seq === undefined) return;
    for (const { protected: header } of signatures) note({ kid: kidOf(header), seq });
  };

  return {
    fold,
    isUsed: ({ kid, seq, isTaken }: SeqUse): boolean => {
      const known = isTaken === true ? undefined : sequences.get(kid);
      return known !== undefined && isUsed(known, seq);
    },
    /** The highest that was used with this key; -1 for none. */
    highest: (kid: string): number => sequences.get(kid)?.highest ?? -1,
    use: (one: SeqUse): void => {
      note(one);
      one.isTaken = true;
    },
    giveBack: (one: SeqUse): void => {
      const known = sequences.get(one.kid);
      if (known !== undefined) giveBack(known, one.seq);
      one.isTaken = false;
    },
    size: (): number => sequences.size,
  };
};

export type SequenceView = ReturnType<typeof sequenceView>;

/**
 * `seq` of a canonical answer core: its members end with seq, to, typ and v, so the end of the payload is enough. A replay
 * of a million answers need not parse their contents for it.
 */
const seqIn = (payload: Jws["payload"]): number | undefined => {
  // A multiple of four characters from the end of a text whose length may not be one: start on a whole group.
  const start = Math.max(0, payload.length - TAIL_CHARS);
  const tail = Buffer.from(payload.slice(start - (start % 4)), "base64url").toString("latin1");
  const found = /"seq":(\d+),"to":"[^"]*","typ":"lighthouse\.answer","v":1\}$/.exec(tail)?.[1];
  return found === undefined ? undefined : Number(found);
};

/** The last four members and a name of 64 characters, in base64url. */
const TAIL_CHARS = 256;
