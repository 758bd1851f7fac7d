import { Type } from "typebox";
import { defaultLimits } from "../../../domain/limit.ts";
import { refusal } from "../../../domain/refusal.ts";
import { webhookUrlProblem } from "../../delivery/address.ts";
import { invalidInput } from "../input-problems.ts";
import { operation } from "../operation.ts";
import { Millis } from "../views.ts";
import { callerOf } from "./elicitations.ts";

const Url = Type.String({ maxLength: defaultLimits.webhookUrlCharsMax, description: "https URL" });
const none = { ok: false, refusal: refusal("not_found", "no webhook is set") } as const;
const unserved = { ok: false, refusal: refusal("forbidden", "this bridge posts no webhooks") } as const;

export const set = operation({
  name: "webhook.set",
  action: "answer",
  summary:
    "Have your questions posted to a URL while you are not connected, as Standard Webhooks. The secret that they are " +
    "signed with is in the reply and nowhere else; setting it again makes a new one.",
  input: Type.Object({ url: Url }, { additionalProperties: false }),
  output: Type.Object({ url: Url, secret: Type.String({ description: "`whsec_…`, as Standard Webhooks has it" }) }),
  http: { method: "POST", path: "/v1/webhook", status: 200 },
  run: async (bridge, who, { url }) => {
    if (bridge.posts === undefined) return unserved;
    const problem = webhookUrlProblem(url, bridge.posts.mayBePrivate);
    if (problem !== undefined) {
      return { ok: false, refusal: invalidInput([{ pointer: "/url", message: problem }]) };
    }
    const outcome = await bridge.webhook.set(who.agent, url, callerOf(who));
    return outcome.ok ? { ok: true, value: { url, secret: outcome.secret } } : outcome;
  },
});

export const get = operation({
  name: "webhook.get",
  action: "read",
  summary: "Where your questions are posted to, and how the last post ended since the bridge started.",
  input: Type.Object({}, { additionalProperties: false }),
  output: Type.Object({
    url: Url,
    last: Type.Optional(Type.Object({ at: Millis("when"), ok: Type.Boolean(), says: Type.String() })),
  }),
  http: { method: "GET", path: "/v1/webhook", status: 200 },
  run: async (bridge, who) => {
    const hook = bridge.webhooks.of(who.agent);
    if (hook === undefined) return none;
    const last = bridge.posts?.lastPost(who.agent);
    return { ok: true, value: { url: hook.url, ...(last === undefined ? {} : { last }) } };
  },
});

export const remove = operation({
  name: "webhook.remove",
  action: "answer",
  summary: "Have no questions posted any more.",
  input: Type.Object({}, { additionalProperties: false }),
  output: Type.Object({ status: Type.Literal("removed") }),
  http: { method: "DELETE", path: "/v1/webhook", status: 200 },
  run: async (bridge, who) => {
    const outcome = await bridge.webhook.remove(who.agent, "its agent wants none", callerOf(who));
    return outcome.ok ? { ok: true, value: { status: "removed" as const } } : outcome;
  },
});
