import { Type } from "typebox";
import { agentKinds } from "../../../domain/event.ts";
import { defaultLimits } from "../../../domain/limit.ts";
import { refusal } from "../../../domain/refusal.ts";
import { isReserved } from "../../command/enrol.ts";
import { KeySchema, keyView } from "../key-view.ts";
import { operation } from "../operation.ts";
import { reachOf } from "../reach.ts";
import { Millis, Name, ReachSchema } from "../views.ts";
import { agentStatuses, NewAgent } from "./agents.ts";
import { callerOf } from "./elicitations.ts";

const Reason = Type.String({ maxLength: defaultLimits.reasonCharsMax });

export const invite = operation({
  name: "agents.invite",
  action: "register",
  summary:
    "Invite an agent to enrol a key of its own. The one-time token is in the reply and nowhere else, and good for a " +
    "quarter of an hour. An agent that exists keeps its kind, roles and expertise. Needs the role admin.",
  input: NewAgent,
  output: Type.Object({
    agent: Name,
    token: Type.String({ description: "one-time enrolment token; the bridge keeps only its hash" }),
    notAfter: Millis("until when"),
    audience: Type.String(),
  }),
  http: { method: "POST", path: "/v1/invitations", status: 201 },
  run: async (bridge, who, { name, kind = "ai", roles = ["agent"], expertise = [] }) => {
    if (isReserved(name)) return { ok: false, refusal: refusal("agent_exists", "that is the bridge's own name") };
    const invited = await bridge.enrolment.invite({ name, kind, roles, expertise }, callerOf(who));
    if (!invited.ok) return invited;
    const { token, notAfter } = invited;
    return { ok: true, value: { agent: name, token, notAfter, audience: bridge.audience } };
  },
});

export const show = operation({
  name: "agents.show",
  action: "list",
  summary: "One agent: who it is, whether it can be reached, and every key it ever had, with what each is worth now.",
  input: Type.Object({ name: Name }, { additionalProperties: false }),
  output: Type.Object({
    name: Name,
    kind: Type.Enum([...agentKinds]),
    roles: Type.Array(Type.String()),
    expertise: Type.Array(Type.String()),
    status: Type.Enum([...agentStatuses]),
    reason: Type.Optional(Type.String({ description: "why it was suspended or revoked" })),
    invitedUntil: Type.Optional(Millis("until when its invitation is good")),
    reach: ReachSchema,
    keys: Type.Array(KeySchema, { description: "in the order in which they came" }),
  }),
  http: { method: "GET", path: "/v1/agents/:name", status: 200 },
  run: async (bridge, _who, { name }) => {
    const known = bridge.agents.get(name);
    if (known.status === "none") return { ok: false, refusal: refusal("agent_unknown", `nobody is called ${name}`) };
    const { kind, roles, expertise } = known.status === "invited" ? known.invitation : known.profile;
    const invitation = known.status === "invited" || known.status === "active" ? known.invitation : null;
    const value = {
      name,
      kind,
      roles: [...roles],
      expertise: [...expertise],
      status: known.status,
      ...("reason" in known ? { reason: known.reason } : {}),
      ...(invitation === null ? {} : { invitedUntil: invitation.notAfter }),
      reach: reachOf(bridge, name),
      keys: bridge.keys.of(name).map((key) => keyView(key, bridge.now())),
    };
    return { ok: true, value };
  },
});

export const suspend = operation({
  name: "agents.suspend",
  action: "revoke",
  summary:
    "Block an agent until it is resumed: its connections end and say why, its logins die, nothing is asked of it. " +
    "Needs the role admin.",
  input: Type.Object({ name: Name, reason: Type.Optional(Reason) }, { additionalProperties: false }),
  output: Type.Object({ name: Name, status: Type.Literal("suspended") }),
  http: { method: "POST", path: "/v1/agents/:name/suspend", status: 200 },
  run: async (bridge, who, { name, reason = "" }) => {
    // Whoever could resume it would be gone.
    if (name === who.agent) return { ok: false, refusal: refusal("forbidden", "nobody suspends itself") };
    const outcome = await bridge.registry.suspend(name, reason, callerOf(who));
    return outcome.ok ? { ok: true, value: { name, status: "suspended" as const } } : outcome;
  },
});

export const resume = operation({
  name: "agents.resume",
  action: "revoke",
  summary: "Let a suspended agent go on: its keys are the ones it had. Needs the role admin.",
  input: Type.Object({ name: Name, reason: Type.Optional(Reason) }, { additionalProperties: false }),
  output: Type.Object({ name: Name, status: Type.Literal("active") }),
  http: { method: "POST", path: "/v1/agents/:name/resume", status: 200 },
  run: async (bridge, who, { name, reason = "" }) => {
    const outcome = await bridge.registry.resume(name, reason, callerOf(who));
    return outcome.ok ? { ok: true, value: { name, status: "active" as const } } : outcome;
  },
});
