import { type Static, Type } from "typebox";
import { emergencyTriggers } from "../../../domain/event-mode.ts";
import { defaultLimits } from "../../../domain/limit.ts";
import { modes } from "../../../domain/signal.ts";
import type { Bridge } from "../../bridge.ts";
import type { Handled } from "../../command/handle.ts";
import { operation, type Reply } from "../operation.ts";
import { callerOf } from "./elicitations.ts";

const Reason = Type.String({
  minLength: 1,
  maxLength: defaultLimits.reasonCharsMax,
  description: "why; it is recorded",
});

const ModeSchema = Type.Object(
  {
    mode: Type.Enum([...modes]),
    since: Type.Union([Type.Integer(), Type.Null()], { description: "milliseconds since 1970; null: always" }),
    trigger: Type.Optional(Type.Enum([...emergencyTriggers])),
    detail: Type.Optional(Type.String({ description: "what was measured, or why" })),
    checks: Type.Array(Type.Object({ name: Type.String(), ok: Type.Boolean(), says: Type.String() }), {
      description: "what has to be so before it may go back to normal, looked at now",
    }),
  },
  { description: "how much of its work the bridge does: outside of normal, no new work is taken" },
);

const viewOf = async (bridge: Bridge): Promise<Static<typeof ModeSchema>> => {
  const { name, ...rest } = bridge.degrade.current();
  return { mode: name, ...rest, checks: (await bridge.degrade.checks()).map((check) => ({ ...check })) };
};

const changed = async (bridge: Bridge, outcome: Handled<unknown>): Promise<Reply<Static<typeof ModeSchema>>> =>
  outcome.ok ? { ok: true, value: await viewOf(bridge) } : outcome;

const input = Type.Object({ reason: Reason }, { additionalProperties: false });

export const get = operation({
  name: "mode.get",
  action: "list",
  summary: "Whether the bridge works normally, since when not and why, and what stands in the way back.",
  input: Type.Object({}, { additionalProperties: false }),
  output: ModeSchema,
  http: { method: "GET", path: "/v1/mode", status: 200 },
  run: async (bridge) => ({ ok: true, value: await viewOf(bridge) }),
});

export const emergency = operation({
  name: "mode.emergency",
  action: "operate",
  summary: "Take no new work from now on. Reads go on, and what is under way finishes.",
  input,
  output: ModeSchema,
  http: { method: "POST", path: "/v1/mode/emergency", status: 200 },
  run: async (bridge, who, { reason }) => changed(bridge, await bridge.degrade.declare(reason, callerOf(who))),
});

export const recover = operation({
  name: "mode.recover",
  action: "recover",
  summary:
    "Say that somebody is at work on the emergency. New work is still refused. Needs a person with the role admin.",
  input,
  output: ModeSchema,
  http: { method: "POST", path: "/v1/mode/recover", status: 200 },
  run: async (bridge, who, { reason }) => changed(bridge, await bridge.degrade.recover(reason, callerOf(who))),
});

export const resume = operation({
  name: "mode.resume",
  action: "recover",
  summary: "Go back to normal. Refused while a check fails, which it names. Needs a person with the role admin.",
  input,
  output: ModeSchema,
  http: { method: "POST", path: "/v1/mode/resume", status: 200 },
  run: async (bridge, who, { reason }) => changed(bridge, await bridge.degrade.resume(reason, callerOf(who))),
});
