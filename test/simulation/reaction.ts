import type { Persona } from "./cast.ts";

/** How an answerer treats a question. */
export type Reaction =
  | "accept"
  | "decline"
  | "mend"
  | "claim, then accept"
  | "claim, let it lapse, then accept"
  | "claim and forget"
  | "accept at the deadline"
  | "accept too late"
  | "accept twice"
  | "accept, then otherwise"
  | "accept with a used number"
  | "ignore";

const usual: Readonly<Record<Reaction, number>> = {
  accept: 40,
  decline: 15,
  mend: 5,
  "claim, then accept": 5,
  "claim, let it lapse, then accept": 0,
  "claim and forget": 0,
  "accept at the deadline": 3,
  "accept too late": 2,
  "accept twice": 6,
  "accept, then otherwise": 6,
  "accept with a used number": 6,
  ignore: 3,
};

/** How often each, by who it is. */
export const reactions = (persona: Persona): Readonly<Record<Reaction, number>> => {
  switch (persona) {
    case "slow answerer":
      return { ...usual, "accept at the deadline": 60, "accept too late": 15, ignore: 10 };
    case "claimer":
    case "two sessions":
      return { ...usual, "claim, then accept": 40, "claim, let it lapse, then accept": 40, "claim and forget": 10 };
    case "mender":
      return { ...usual, mend: 150 };
    default:
      return usual;
  }
};
