import { Type } from "typebox";
import { agentKinds } from "../../../domain/event.ts";
import { defaultLimits } from "../../../domain/limit.ts";
import { refusal } from "../../../domain/refusal.ts";
import { operation } from "../operation.ts";
import { reachOf } from "../reach.ts";
import { Name, ReachSchema } from "../views.ts";
import { callerOf } from "./elicitations.ts";

const Word = Type.String({ pattern: "^[a-z0-9][a-z0-9._-]{0,63}$" });
const Words = Type.Array(Word, { maxItems: 32 });

/** Who is to take part, whichever way its credential comes to it. */
export const NewAgent = Type.Object(
  {
    name: Name,
    kind: Type.Optional(Type.Enum([...agentKinds])),
    roles: Type.Optional(Words),
    expertise: Type.Optional(Words),
  },
  { additionalProperties: false },
);

export const add = operation({
  name: "agents.add",
  action: "register",
  summary: "Register an agent. Its credential is in the reply and nowhere else. Needs the role admin.",
  input: NewAgent,
  output: Type.Object({
    agent: Name,
    token: Type.String({ description: "bearer credential; the bridge keeps only its hash" }),
    macKid: Type.String(),
    macSecret: Type.String({ description: "HMAC-SHA256 key for answers, base64url" }),
    audience: Type.String(),
  }),
  http: { method: "POST", path: "/v1/agents", status: 201 },
  run: async (bridge, who, input) => {
    if (input.name === "bridge")
      return { ok: false, refusal: refusal("agent_exists", "that is the bridge's own name") };
    const { name, kind = "ai", roles = ["agent"], expertise = [] } = input;
    const added = await bridge.registry.register({ name, kind, roles, expertise }, callerOf(who));
    if (!added.ok) return added;
    const { agent, token, macKid, macSecret } = added.credential;
    const secret = Buffer.from(macSecret).toString("base64url");
    return { ok: true, value: { agent, token, macKid, macSecret: secret, audience: bridge.audience } };
  },
});

/** Invited is not yet an agent, suspended is one that may come back. */
export const agentStatuses = ["invited", "active", "suspended", "revoked"] as const;

const Listed = Type.Object({
  name: Name,
  kind: Type.Enum([...agentKinds]),
  roles: Type.Array(Type.String()),
  expertise: Type.Array(Type.String()),
  status: Type.Enum([...agentStatuses]),
  reach: ReachSchema,
});

export const list = operation({
  name: "agents.list",
  action: "list",
  summary: "Who is registered, what they know about, and whether they can be reached now.",
  input: Type.Object({ expertise: Type.Optional(Word) }, { additionalProperties: false }),
  output: Type.Object({ agents: Type.Array(Listed) }),
  http: { method: "GET", path: "/v1/agents", status: 200 },
  run: async (bridge, _who, input) => {
    const agents = bridge.agents.list(input).map(({ lastSeen: _, ...agent }) => ({
      ...agent,
      roles: [...agent.roles],
      expertise: [...agent.expertise],
      reach: reachOf(bridge, agent.name),
    }));
    return { ok: true, value: { agents } };
  },
});

export const revoke = operation({
  name: "agents.revoke",
  action: "revoke",
  summary: "Revoke an agent: its credential stops working now and its connections end. Needs the role admin.",
  input: Type.Object(
    { name: Name, reason: Type.Optional(Type.String({ maxLength: defaultLimits.reasonCharsMax })) },
    { additionalProperties: false },
  ),
  output: Type.Object({ name: Name, status: Type.Literal("revoked") }),
  http: { method: "POST", path: "/v1/agents/:name/revoke", status: 200 },
  run: async (bridge, who, { name, reason = "" }) => {
    const outcome = await bridge.revoke(name, reason, who.agent);
    return outcome.ok ? { ok: true, value: { name, status: "revoked" as const } } : outcome;
  },
});
