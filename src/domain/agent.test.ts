import { expect, test } from "vitest";
import { specification } from "../../test/support/specification.ts";
import { type AgentEvent, agent } from "./agent.ts";

const { given } = specification(agent);
const profile = { agent: "bob", kind: "ai", roles: ["agent"], expertise: ["sql"], tokenHash: "h", epoch: 1 } as const;
const registered: AgentEvent = { type: "agent.registered", data: profile, time: 0 };
const revoked: AgentEvent = { type: "agent.revoked", data: { reason: "lost laptop" }, time: 5 };
const seen: AgentEvent = { type: "agent.seen", data: { via: "poll" }, time: 100 };

test("an agent registers once, and its name is never given out again", () => {
  given().when({ type: "register", profile }).then({ type: "agent.registered", data: profile });
  given(registered).when({ type: "register", profile }).thenRefused("agent_exists");
  given(registered, revoked).when({ type: "register", profile }).thenRefused("agent_exists");
});

test("revoking twice is once, and nobody cannot be revoked", () => {
  given(registered)
    .when({ type: "revoke", reason: "lost laptop" })
    .then({ type: "agent.revoked", data: { reason: "lost laptop" } });
  given(registered, revoked).when({ type: "revoke", reason: "again" }).thenNothing();
  given().when({ type: "revoke", reason: "" }).thenRefused("agent_unknown");
});

test("being seen is recorded once per period, and never of the revoked", () => {
  const see = (now: number) => ({ type: "see", via: "poll", now, everyMs: 60 }) as const;
  given(registered)
    .when(see(100))
    .then({ type: "agent.seen", data: { via: "poll" } });
  given(registered, seen).when(see(159)).thenNothing();
  given(registered, seen)
    .when(see(160))
    .then({ type: "agent.seen", data: { via: "poll" } });
  given(registered, revoked).when(see(1_000)).thenNothing();
  expect(given(registered, seen).state).toMatchObject({ status: "active", lastSeen: 100 });
});
