import { Type } from "typebox";
import { armNow } from "../../../domain/elicitation.ts";
import { arms } from "../../../domain/event.ts";
import { defaultLimits } from "../../../domain/limit.ts";
import { operation } from "../operation.ts";
import { ElicitationId, Millis, Name, Position } from "../views.ts";
import { callerOf } from "./elicitations.ts";

const limits = defaultLimits;
const Arm = Type.Enum([...arms], {
  description: "push: down the target's connections; mailbox: when its target polls",
});

export const open = operation({
  name: "arms.open",
  action: "operate",
  summary: "What is in flight in an arm: how many questions, and a page of them, oldest first.",
  input: Type.Object(
    {
      arm: Arm,
      after: Type.Optional(Type.Integer({ minimum: 0, description: "only those asked after this position" })),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: limits.pageEventsMax })),
    },
    { additionalProperties: false },
  ),
  output: Type.Object({
    arm: Arm,
    count: Type.Integer({ minimum: 0, description: "of all that are open in it, whatever `after` says" }),
    items: Type.Array(
      Type.Object({
        id: ElicitationId,
        from: Type.String(),
        to: Name,
        status: Type.Enum(["asked", "offered", "claimed"]),
        deadline: Millis("deadline"),
        position: Position,
      }),
    ),
    next: Type.Union([Position, Type.Null()], { description: "pass it as `after`; null when this is all" }),
  }),
  http: { method: "GET", path: "/v1/arms/:arm/elicitations", status: 200 },
  run: async (bridge, _who, { arm, after = 0, limit = limits.pageEventsDefault }) => {
    let count = 0;
    const items = [];
    let isMore = false;
    // In the order in which they were asked, as the view keeps them.
    for (const held of bridge.elicitations.open()) {
      if (armNow(held.state) !== arm) continue;
      count++;
      if (held.askedAt <= after) continue;
      if (items.length === limit) isMore = true;
      else {
        const { from, to, deadline } = held.state.question;
        items.push({ id: held.id, from, to, status: held.state.stage.name, deadline, position: held.askedAt });
      }
    }
    return { ok: true, value: { arm, count, items, next: isMore ? (items.at(-1)?.position ?? null) : null } };
  },
});

export const reroute = operation({
  name: "arms.reroute",
  action: "operate",
  summary: "Take open questions out of the other arm and put them into this one. Their receipts say so.",
  input: Type.Object(
    {
      arm: Arm,
      ids: Type.Array(ElicitationId, { minItems: 1, maxItems: limits.rerouteMax }),
      reason: Type.String({ minLength: 1, maxLength: limits.reasonCharsMax, description: "why; it is recorded" }),
    },
    { additionalProperties: false },
  ),
  output: Type.Object({
    rerouted: Type.Array(ElicitationId),
    already: Type.Array(ElicitationId, { description: "were in this arm" }),
    ended: Type.Array(ElicitationId, { description: "have ended, or never were" }),
  }),
  http: { method: "POST", path: "/v1/arms/:arm/reroute", status: 200 },
  run: async (bridge, who, { arm, ids, reason }) => {
    const unique = [...new Set(ids)];
    const value = { rerouted: [] as string[], already: [] as string[], ended: [] as string[] };
    const outcomes = await Promise.all(unique.map((id) => bridge.elicit.reroute(id, arm, reason, callerOf(who))));
    for (const [i, outcome] of outcomes.entries()) {
      const id = unique[i] as string;
      if (outcome.ok) (outcome.events.length > 0 ? value.rerouted : value.already).push(id);
      else if (outcome.refusal.code === "already_ended" || outcome.refusal.code === "not_found") value.ended.push(id);
      // Repeating is harmless, so the rest is told by trying again.
      else return outcome;
    }
    return { ok: true, value };
  },
});

export const probe = operation({
  name: "arms.probe",
  action: "operate",
  summary: "Have the bridge ask you a question by an arm, to see that it gets to you and that your answer gets back.",
  input: Type.Object(
    {
      arm: Arm,
      timeoutMs: Type.Optional(Type.Integer({ minimum: limits.timeoutMsMin, maximum: limits.timeoutMsDefault })),
    },
    { additionalProperties: false },
  ),
  output: Type.Object({ id: ElicitationId, deadline: Millis("deadline") }),
  http: { method: "POST", path: "/v1/arms/:arm/probe", status: 201 },
  run: async (bridge, who, { arm, timeoutMs = PROBE_MS }) => {
    const asked = await bridge.elicit.probe(who.agent, arm, timeoutMs);
    if (!asked.ok) return asked;
    if (asked.state.status === "none") throw new Error(`${asked.id} was asked and is not there`);
    return { ok: true, value: { id: asked.id, deadline: asked.state.question.deadline } };
  },
});

/** How long a probe may take, in milliseconds. */
const PROBE_MS = 30_000;
