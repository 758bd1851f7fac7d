import type { Static } from "typebox";
import { expect, expectTypeOf, test } from "vitest";
import type { KeySchema } from "../bridge/transport/key-view.ts";
import type * as agents from "../bridge/transport/operations/agents.ts";
import type { ConditionSchema } from "../bridge/transport/operations/conditions.ts";
import type { ExchangeSchema } from "../bridge/transport/operations/exchange.ts";
import { operations } from "../bridge/transport/operations.ts";
import type { OpeningSchema, Opening as ServedOpening } from "../bridge/transport/session-opening.ts";
import type * as served from "../bridge/transport/views.ts";
import type { Exchange } from "../domain/exchange.ts";
import type { Opening } from "./conversation.ts";
import type { AgentKeyView, ConditionView, ElicitationView, LogEvent, Reach } from "./wire.ts";

test("what the client reads is what the bridge's schemas say", () => {
  expectTypeOf<Static<typeof served.ElicitationSchema>>().toExtend<ElicitationView>();
  expectTypeOf<Static<typeof served.EventSchema>>().toExtend<LogEvent>();
  expectTypeOf<Static<typeof served.ReachSchema>>().toExtend<Reach>();
  expectTypeOf<Static<typeof ConditionSchema>>().toExtend<ConditionView>();
  expectTypeOf<Static<typeof KeySchema>>().toExtend<AgentKeyView>();
  expectTypeOf<Static<typeof ExchangeSchema>>().toExtend<Exchange>();
  expectTypeOf<Opening>().toExtend<Static<typeof OpeningSchema>>();
  expectTypeOf<ServedOpening>().toExtend<Opening>();
  expectTypeOf<typeof agents>().not.toBeAny();
});

test("the methods that the client calls are served", () => {
  const names = operations.map(({ name }) => name);
  expect(names).toEqual(
    expect.arrayContaining([
      ...["ask", "get", "wait", "claim", "answer", "cancel", "receipt"].map((name) => `elicitations.${name}`),
      ...["elicitations.exchange", "agents.invite", "agents.show", "agents.suspend", "agents.resume", "agents.rotate"],
      ...["keys.revoke", "master.rotate", "sessions.close"],
      ...["messages.wait", "messages.ack", "arms.probe"],
      ...["inbox.list", "events.append", "events.query", "agents.add", "agents.list", "agents.revoke"],
    ]),
  );
});
