import { type Static, Type } from "typebox";
import { Compile } from "typebox/compile";
import { refusal } from "../../domain/refusal.ts";
import { invalidInput, type Reply } from "./operation.ts";
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

const validator = Compile(OpeningSchema);

export type Opening = Required<Omit<Static<typeof OpeningSchema>, "after">> & { readonly after?: number };

/** `head`: the newest position there is; a place beyond it belongs to another log. */
export const readOpening = (params: unknown, head: number): Reply<Opening> => {
  const input = params ?? {};
  if (!validator.Check(input)) return { ok: false, refusal: invalidInput(validator.Errors(input)) };
  if (input.after !== undefined && input.after > head) {
    const problems = [{ pointer: "/after", message: `is beyond the newest position, ${head}` }];
    return { ok: false, refusal: refusal("invalid_input", "that place is not in this log", { problems }) };
  }
  return { ok: true, value: { inbox: false, outcomes: false, events: false, ...input } };
};
