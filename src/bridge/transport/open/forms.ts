import { Type } from "typebox";
import { isRefusal } from "../../command/forms.ts";
import { FormSaidSchema } from "../operations/forms.ts";
import { AnyJson, ElicitationId, Millis, Name } from "../views.ts";
import { openOperation } from "./operation.ts";

const Secret = (description: string) => Type.String({ maxLength: 64, description });

export const show = openOperation({
  name: "forms.show",
  summary: "What the page of a one-time form shows. Uses its token up: the key in the reply is the page's alone.",
  input: Type.Object({ token: Secret("from the fragment of the form's URL") }, { additionalProperties: false }),
  output: Type.Object({
    key: Secret("to say something at this form, once"),
    id: ElicitationId,
    from: Name,
    to: Name,
    message: Type.String(),
    schema: AnyJson,
    deadline: Millis("deadline of the question"),
    until: Millis("when the form is over"),
  }),
  http: { method: "POST", path: "/v1/forms/show", status: 200 },
  credential: "none",
  run: async (bridge, _who, { token }) => {
    const shown = bridge.forms.show(token);
    if (isRefusal(shown)) return { ok: false, refusal: shown };
    const { key, until, offer } = shown;
    const { id, from, to, message, schema, deadline } = offer;
    return { ok: true, value: { key, id, from, to, message, schema, deadline, until } };
  },
});

export const say = openOperation({
  name: "forms.say",
  summary: "What the person at a one-time form does. Content that does not fit comes back with every problem.",
  input: Type.Object({ key: Secret("from `forms.show`"), said: FormSaidSchema }, { additionalProperties: false }),
  output: Type.Object({ status: Type.Literal("taken") }),
  http: { method: "POST", path: "/v1/forms/say", status: 200 },
  credential: "none",
  run: async (bridge, _who, { key, said }) => {
    const refused = bridge.forms.say(key, said);
    return refused === undefined ? { ok: true, value: { status: "taken" as const } } : { ok: false, refusal: refused };
  },
});
