import { Type } from "typebox";
import { defaultLimits as limits } from "../../../domain/limit.ts";
import { refusal } from "../../../domain/refusal.ts";
import { isRefusal } from "../../command/forms.ts";
import { FORM_PATH } from "../form/path.ts";
import { operation } from "../operation.ts";
import { AnyJson, ElicitationId, Millis } from "../views.ts";

export const FormSaidSchema = Type.Union(
  [
    Type.Object({ action: Type.Literal("accept"), content: AnyJson }, { additionalProperties: false }),
    Type.Object(
      { action: Type.Literal("decline"), reason: Type.String({ maxLength: limits.reasonCharsMax }) },
      { additionalProperties: false },
    ),
    Type.Object({ action: Type.Literal("cancel") }, { additionalProperties: false }),
  ],
  { description: "what the person did; `cancel`: closed the form, which answers nothing" },
);

export const open = operation({
  name: "forms.open",
  action: "answer",
  summary:
    "Make a one-time web page of a question in your inbox, for the person behind you. Its token opens it once; what " +
    "they say comes back to you by `forms.wait`, and you sign it or not.",
  input: Type.Object({ id: ElicitationId }, { additionalProperties: false }),
  output: Type.Object({
    path: Type.String({
      description: "behind the bridge's URL; the token is in the fragment, which browsers send nowhere",
    }),
    until: Millis("when it is over"),
  }),
  http: { method: "POST", path: "/v1/elicitations/:id/form", status: 201 },
  run: async (bridge, who, { id }) => {
    const asked = bridge.deliver.inbox(who.agent).find(({ offer }) => offer.id === id);
    if (asked === undefined)
      return { ok: false, refusal: refusal("not_found", "no open question of that id is in your inbox") };
    const opened = bridge.forms.open(who.agent, asked.offer);
    if (isRefusal(opened)) return { ok: false, refusal: opened };
    return { ok: true, value: { path: `${FORM_PATH}#${opened.token}`, until: opened.until } };
  },
});

export const wait = operation({
  name: "forms.wait",
  action: "answer",
  summary: "How the form of a question is doing. With `waitMs`, waits until something was said at it.",
  input: Type.Object(
    {
      id: ElicitationId,
      waitMs: Type.Optional(Type.Integer({ minimum: 0, maximum: limits.longPollMsMax })),
    },
    { additionalProperties: false },
  ),
  output: Type.Object({
    state: Type.Enum(["none", "sent", "shown", "said"]),
    until: Type.Optional(Millis("when it is over")),
    said: Type.Optional(FormSaidSchema),
  }),
  http: { method: "GET", path: "/v1/elicitations/:id/form", status: 200 },
  waitMs: ({ waitMs = 0 }) => waitMs,
  run: async (bridge, who, { id, waitMs = 0 }, session) => ({
    ok: true,
    value: (await bridge.forms.wait(who.agent, id, waitMs, session.signal)) as never,
  }),
});
