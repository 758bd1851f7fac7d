import { Type } from "typebox";
import { defaultLimits } from "../../../domain/limit.ts";
import { operation } from "../operation.ts";
import { callerOf } from "./elicitations.ts";

export const reset = operation({
  name: "budgets.reset",
  action: "resetBudget",
  summary: "Let a story of causes go on after it has spent its budget. Needs a person with the role admin.",
  input: Type.Object(
    {
      story: Type.String({ pattern: "^(el|iq)_[0-9a-z]{26}$", description: "its first elicitation or inquiry" }),
      reason: Type.Optional(Type.String({ maxLength: defaultLimits.reasonCharsMax })),
    },
    { additionalProperties: false },
  ),
  output: Type.Object({ story: Type.String(), asked: Type.Integer({ description: "what is spent now" }) }),
  http: { method: "POST", path: "/v1/budgets/:story/reset", status: 200 },
  run: async (bridge, who, { story, reason = "" }) => {
    const outcome = await bridge.resetBudget(story, reason, callerOf(who));
    return outcome.ok ? { ok: true, value: { story, asked: bridge.stories.get(story).asked } } : outcome;
  },
});
