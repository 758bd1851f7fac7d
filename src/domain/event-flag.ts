import { object, strings, text } from "./event-shape.ts";

/** Whom a flag is on for. */
const rule = object(
  {
    percentage: { type: "number", minimum: 0, maximum: 100, description: "share of the agents, in steps of 0.01" },
    targets: {
      type: "array",
      items: object(
        {
          agents: strings,
          roles: strings,
          expertise: strings,
          on: { type: "boolean", description: "what it is for those that this fits" },
        },
        ["on"],
      ),
      description: "looked at in this order before the share; the first that fits decides",
    },
  },
  ["percentage", "targets"],
);

const fence = { type: "integer", minimum: 1, description: "goes up by one with every change of the flag" } as const;

export const flagEvents = {
  "flag.set": { version: 1, shape: object({ fence, rule, reason: text }, ["fence", "rule", "reason"]) },
  /** Off for everybody until it is restored. */
  "flag.killed": { version: 1, shape: object({ fence, reason: text }, ["fence", "reason"]) },
  "flag.restored": { version: 1, shape: object({ fence, rule, reason: text }, ["fence", "rule", "reason"]) },
} as const;
