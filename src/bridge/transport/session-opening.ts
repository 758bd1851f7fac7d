import { type Static, Type } from "typebox";
import { invalidInput, problemsBy } from "./input-problems.ts";
import type { Reply } from "./operation.ts";
import { Position } from "./views.ts";

/** What a session wants pushed. */
export const OpeningSchema = Type.Object(
  {
    inbox: Type.Optional(Type.Boolean({ description: "push questions to this agent" })),
    outcomes: Type.Optional(
      Type.Boolean({ description: "push the outcome of elicitations that this agent is a party of" }),
    ),
    events: Type.Optional(Type.Boolean({ description: "push every event that this agent may see" })),
    after: Type.Optional(Position),
  },
  { additionalProperties: false },
);

const problemsOf = problemsBy(OpeningSchema);

export type Opening = Required<Omit<Static<typeof OpeningSchema>, "after">> & { readonly after?: number };

/** `head`: the newest position there is; a place beyond it belongs to another log. */
export const readOpening = (params: unknown, head: number): Reply<Opening> => {
  const problems = problemsOf(params ?? {});
  if (problems.length > 0) return { ok: false, refusal: invalidInput(problems) };
  const input = (params ?? {}) as Static<typeof OpeningSchema>;
  if (input.after !== undefined && input.after > head) {
    const message = `is beyond the newest position, ${head}: was this another bridge, or a restored log?`;
    return { ok: false, refusal: invalidInput([{ pointer: "/after", message }]) };
  }
  return { ok: true, value: { inbox: false, outcomes: false, events: false, ...input } };
};
