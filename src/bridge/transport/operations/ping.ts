import { Type } from "typebox";
import { operation } from "../operation.ts";
import { reachOf } from "../reach.ts";
import { Name, ReachSchema } from "../views.ts";
import { callerOf } from "./elicitations.ts";

export const ping = operation({
  name: "agents.ping",
  action: "ask",
  target: ({ name }) => name,
  charge: "ask",
  summary:
    "Send a canary to an agent along the strongest way on which an answer can come back, and wait for it. What came of " +
    "it is on record, and in the reply as `reach.ping`.",
  input: Type.Object(
    {
      name: Name,
      via: Type.Optional(Type.Enum(["websocket", "webhook"], { description: "this way only" })),
    },
    { additionalProperties: false },
  ),
  output: Type.Object({ agent: Name, reach: ReachSchema }),
  http: { method: "POST", path: "/v1/agents/:name/ping", status: 200 },
  run: async (bridge, who, { name, via }) => {
    const outcome = await bridge.ping(name, via, callerOf(who));
    if (!outcome.ok) return outcome;
    return {
      ok: true,
      value: { agent: name, reach: { ...reachOf(bridge, name), ping: { at: outcome.at, ...outcome.pinged } } },
    };
  },
});
