import { Type } from "typebox";
import { refusal } from "../../../domain/refusal.ts";
import { operation } from "../operation.ts";
import { callerOf } from "./elicitations.ts";

export const close = operation({
  name: "sessions.close",
  action: "read",
  summary: "Sign out: the token that this request came with is worth nothing from now on, and its connections end.",
  input: Type.Object({}, { additionalProperties: false }),
  output: Type.Object({ id: Type.String(), status: Type.Literal("closed") }),
  http: { method: "POST", path: "/v1/sessions/close", status: 200 },
  run: async (bridge, who) => {
    const { login } = who;
    if (login === undefined) {
      return { ok: false, refusal: refusal("not_found", "this credential is no login: it ends when it is revoked") };
    }
    const outcome = await bridge.signIn.close(login, who.agent, "signed out", callerOf(who));
    return outcome.ok ? { ok: true, value: { id: login, status: "closed" as const } } : outcome;
  },
});
