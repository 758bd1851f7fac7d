import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { specification } from "../../test/support/specification.ts";
import { type AgentCommand, type AgentEvent, type AgentFact, agent } from "./agent.ts";

const { given } = specification(agent);
const jwk = { kty: "OKP", crv: "Ed25519", x: "x" } as const;
const proof = { challenge: "c", iat: 1, signature: "s" } as const;
const rotation = { payload: "p", signatures: [{ protected: "h", signature: "s" }] } as const;
const overlapMs = 100;
const DAY = 1_000;

const invitation = {
  agent: "bob",
  kind: "ai",
  roles: ["agent"],
  expertise: ["sql"],
  tokenHash: "t1",
  notAfter: 500,
} as const;
const profile = { agent: "bob", kind: "ai", roles: ["agent"], expertise: [], tokenHash: "h", epoch: 1 } as const;
const registered: AgentEvent = { type: "agent.registered", data: profile, time: 0 };
const invited: AgentEvent = { type: "agent.invited", data: invitation, time: 0 };
const enrolledData = { kid: "k1", jwk, epoch: 1, tokenHash: "t1", proof, retiring: [], until: 110 };
const enrolled: AgentEvent = { type: "agent.enrolled", data: enrolledData, time: 10 };
const added: AgentEvent = {
  type: "agent.key_added",
  data: { kid: "k2", jwk, by: "k1", proof: rotation },
  time: 20,
};
const activated: AgentEvent = {
  type: "agent.key_activated",
  data: { kid: "k2", retiring: ["k1"], until: 120 },
  time: 20,
};
const suspended: AgentEvent = { type: "agent.suspended", data: { reason: "it floods" }, time: 30 };

const enrol = (over: Partial<Extract<AgentCommand, { type: "enrol" }>> = {}) =>
  ({ type: "enrol", tokenHash: "t1", kid: "k1", jwk, epoch: 1, proof, now: 10, overlapMs, ...over }) as const;
const rotate = (over: Partial<Extract<AgentCommand, { type: "rotate" }>> = {}) => {
  const usual = { type: "rotate", kid: "k2", jwk, by: "k1", isHeld: true, proof: rotation, now: DAY } as const;
  return { ...usual, overlapMs, ageMsMin: 50, ...over } as const;
};

describe("an invitation", () => {
  test("is for a name that is free, and a second one takes the place of the first", () => {
    given().when({ type: "invite", invitation }).then({ type: "agent.invited", data: invitation });
    const second = { ...invitation, tokenHash: "t2" };
    given(invited).when({ type: "invite", invitation: second }).then({ type: "agent.invited", data: second });
    given(invited, { type: "agent.invited", data: second, time: 1 }).when(enrol()).thenRefused("unauthenticated");
  });

  test("of a member changes none of its roles", () => {
    given(registered)
      .when({ type: "invite", invitation: { ...invitation, roles: ["admin"], expertise: ["all"] } })
      .then({ type: "agent.invited", data: { ...invitation, roles: ["agent"], expertise: [] } });
  });

  test("makes nobody an agent: the invited cannot be registered over, suspended or seen, and can be revoked", () => {
    given(invited).when({ type: "register", profile }).thenRefused("agent_exists");
    given(invited).when({ type: "suspend", reason: "" }).thenRefused("agent_unknown");
    given(invited).when({ type: "see", via: "poll", now: 1, everyMs: 1 }).thenNothing();
    given(invited)
      .when({ type: "revoke", reason: "" })
      .then({ type: "agent.revoked", data: { reason: "" } });
    given(invited, { type: "agent.revoked", data: { reason: "" }, time: 1 })
      .when(enrol())
      .thenRefused("unauthenticated");
  });

  test("is used up by the first key that is enrolled with it", () => {
    given(invited).when(enrol()).then({ type: "agent.enrolled", data: enrolledData });
    given(invited, enrolled)
      .when(enrol({ kid: "k2" }))
      .thenRefused("unauthenticated");
  });

  test("is worth nothing from its last moment on, and to nobody with another token", () => {
    given(invited)
      .when(enrol({ now: 499 }))
      .then({ type: "agent.enrolled", data: { ...enrolledData, until: 599 } });
    given(invited)
      .when(enrol({ now: 500 }))
      .thenRefused("unauthenticated");
    given(invited)
      .when(enrol({ tokenHash: "t2" }))
      .thenRefused("unauthenticated");
    given().when(enrol()).thenRefused("unauthenticated");
  });

  test("of an agent with a bearer token ends that token, and its MAC key stays", () => {
    const { state } = given(registered, invited, enrolled);
    expect(state).toMatchObject({ status: "active", profile: { agent: "bob", epoch: 1 } });
    expect(state.status === "active" && "tokenHash" in state.profile).toBe(false);
    expect(state.status === "active" && state.keys.map(({ kid, state: { name } }) => [kid, name])).toEqual([
      ["bob#mac1", "active"],
      ["k1", "active"],
    ]);
  });

  test("of an agent that lost its key lets the old one retire, and a key comes never twice", () => {
    const again: AgentEvent = { type: "agent.invited", data: { ...invitation, tokenHash: "t2" }, time: 50 };
    given(invited, enrolled, again)
      .when(enrol({ tokenHash: "t2", kid: "k2", now: 60 }))
      .then({
        type: "agent.enrolled",
        data: { ...enrolledData, kid: "k2", tokenHash: "t2", retiring: ["k1"], until: 160 },
      });
    given(invited, enrolled, again)
      .when(enrol({ tokenHash: "t2", now: 60 }))
      .thenRefused("key_exists");
  });
});

describe("a rotation", () => {
  test("with both signatures adds the new key and puts it in the place of the old one, which goes on verifying", () => {
    given(invited, enrolled)
      .when(rotate())
      .then(
        { type: "agent.key_added", data: { kid: "k2", jwk, by: "k1", proof: rotation } },
        { type: "agent.key_activated", data: { kid: "k2", retiring: ["k1"], until: DAY + overlapMs } },
      );
  });

  test("with the old key's signature alone leaves the new one pending, until that one signs too", () => {
    given(invited, enrolled)
      .when(rotate({ isHeld: false }))
      .then({ type: "agent.key_added", data: { kid: "k2", jwk, by: "k1", proof: rotation } });
    given(invited, enrolled, added)
      .when(rotate({ by: null }))
      .then({ type: "agent.key_activated", data: { kid: "k2", retiring: ["k1"], until: DAY + overlapMs } });
    given(invited, enrolled, added)
      .when(rotate({ kid: "k3" }))
      .thenRefused("key_exists");
  });

  test("without a signature of an active key is refused: not by a stranger's, a retiring or a revoked one", () => {
    given(invited, enrolled)
      .when(rotate({ by: null }))
      .thenRefused("signature_invalid");
    given(invited, enrolled, added, activated)
      .when(rotate({ kid: "k3", by: "k1" }))
      .thenRefused("signature_invalid");
    given(invited, enrolled, { type: "agent.key_revoked", data: { kid: "k1", reason: "" }, time: 20 })
      .when(rotate())
      .thenRefused("signature_invalid");
    given(registered)
      .when(rotate({ by: "bob#mac1" }))
      .thenRefused("signature_invalid");
  });

  test("twice is once, a key that was replaced never comes back, and keys are not churned", () => {
    given(invited, enrolled, added, activated).when(rotate()).thenNothing();
    given(invited, enrolled, added, activated)
      .when(rotate({ kid: "k1", by: "k2" }))
      .thenRefused("key_exists");
    const early = given(invited, enrolled)
      .when(rotate({ now: 40 }))
      .thenRefused("rate_limited");
    expect(early?.retryAfterMs).toBe(20);
  });
});

test("a MAC key is renewed when there is a newer epoch, and the old one goes on verifying", () => {
  given(invited, enrolled).when({ type: "renewMac", epoch: 1, now: 50, overlapMs }).thenNothing();
  given(invited, enrolled)
    .when({ type: "renewMac", epoch: 2, now: 50, overlapMs })
    .then({ type: "agent.mac_renewed", data: { epoch: 2, retiring: ["bob#mac1"], until: 150 } });
  const renewed: AgentEvent = {
    type: "agent.mac_renewed",
    data: { epoch: 2, retiring: ["bob#mac1"], until: 150 },
    time: 50,
  };
  expect(given(invited, enrolled, renewed).state).toMatchObject({ profile: { epoch: 2 } });
});

test("a key is revoked once, and again only to say that the theft was older", () => {
  const revokeKey = (compromisedSince: number | null, kid = "k1") =>
    ({ type: "revokeKey", kid, reason: "stolen", compromisedSince }) as const;
  const revoked = (compromisedSince?: number): AgentEvent => ({
    type: "agent.key_revoked",
    data: { kid: "k1", reason: "stolen", ...(compromisedSince === undefined ? {} : { compromisedSince }) },
    time: 40,
  });
  given(invited, enrolled)
    .when(revokeKey(null))
    .then({ type: "agent.key_revoked", data: { kid: "k1", reason: "stolen" } });
  given(invited, enrolled).when(revokeKey(null, "k9")).thenRefused("not_found");
  given().when(revokeKey(null)).thenRefused("not_found");
  given(invited, enrolled, revoked()).when(revokeKey(null)).thenNothing();
  given(invited, enrolled, revoked(7)).when(revokeKey(9)).thenNothing();
  given(invited, enrolled, revoked(7))
    .when(revokeKey(5))
    .then({ type: "agent.key_revoked", data: { kid: "k1", reason: "stolen", compromisedSince: 5 } });
  // Of an agent that was revoked with the laptop, it may turn out later since when.
  given(invited, enrolled, { type: "agent.revoked", data: { reason: "" }, time: 30 })
    .when(revokeKey(3))
    .then({ type: "agent.key_revoked", data: { kid: "k1", reason: "stolen", compromisedSince: 3 } });
});

test("a suspended agent does nothing and says why; resumed, it is who it was", () => {
  given(invited, enrolled)
    .when({ type: "suspend", reason: "it floods" })
    .then({ type: "agent.suspended", data: { reason: "it floods" } });
  given(invited, enrolled, suspended).when({ type: "suspend", reason: "again" }).thenNothing();
  for (const command of [
    rotate(),
    { type: "renewMac", epoch: 2, now: 0, overlapMs },
    { type: "invite", invitation },
  ] as const) {
    const refused = given(invited, enrolled, suspended).when(command).thenRefused("agent_suspended");
    expect(refused?.detail).toContain("it floods");
  }
  given(invited, enrolled, suspended).when({ type: "see", via: "poll", now: 99, everyMs: 1 }).thenNothing();
  given(invited, enrolled, suspended)
    .when({ type: "resume", reason: "mended" })
    .then({ type: "agent.resumed", data: { reason: "mended" } });
  const resumed: AgentEvent = { type: "agent.resumed", data: { reason: "" }, time: 31 };
  expect(given(invited, enrolled, suspended, resumed).state).toEqual(given(invited, enrolled).state);
  given(invited, enrolled).when({ type: "resume", reason: "" }).thenNothing();
});

const kid = fc.constantFrom("k1", "k2", "k3");
const now = fc.integer({ min: 0, max: 2_000 });
const tokenHash = fc.constantFrom("t1", "t2");
const command: fc.Arbitrary<AgentCommand> = fc.oneof(
  tokenHash.map((hash) => ({ type: "invite", invitation: { ...invitation, tokenHash: hash } }) as const),
  fc.record({ kid, now, tokenHash }).map((over) => enrol(over)),
  fc
    .record({ kid, now, by: fc.constantFrom("k1", "k2", "k3", null), isHeld: fc.boolean() })
    .map((over) => rotate(over)),
  fc
    .record({ epoch: fc.integer({ min: 1, max: 3 }), now })
    .map((over) => ({ type: "renewMac", overlapMs, ...over }) as const),
  fc
    .record({ kid, compromisedSince: fc.option(fc.integer({ min: 1, max: 9 })) })
    .map((over) => ({ type: "revokeKey", reason: "", ...over }) as const),
  fc.constantFrom<AgentCommand>({ type: "suspend", reason: "" }, { type: "resume", reason: "" }),
  fc.constant<AgentCommand>({ type: "register", profile }),
);

/** The master's epochs only grow, and an enrolment is made in the newest: back in an older one, a MAC key would come again. */
const live = (commands: readonly AgentCommand[]) => {
  let state = agent.initial;
  let epoch = 1;
  const facts: AgentFact[] = [];
  for (const [time, next] of commands.entries()) {
    if (next.type === "renewMac") epoch = Math.max(epoch, next.epoch);
    for (const fact of agent.decide(state, next.type === "enrol" ? { ...next, epoch } : next).facts) {
      facts.push(fact);
      state = agent.evolve(state, { ...fact, time });
    }
  }
  return { state, facts };
};

test("whatever is tried in whatever order: replay gives what is live, and an invitation enrols one key at most", () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 30 }), (commands) => {
      const { facts } = live(commands);
      let replayed = agent.initial;
      let invitations = 0;
      for (const fact of facts) {
        replayed = agent.evolve(replayed, { ...fact, time: 0 });
        if (fact.type === "agent.invited") invitations++;
        if (fact.type === "agent.enrolled") invitations--;
        expect(invitations).toBeGreaterThanOrEqual(0);
      }
      const shape = (state: typeof replayed) => JSON.stringify(state, (key, value) => (key === "since" ? 0 : value));
      expect(shape(replayed)).toBe(shape(live(commands).state));
    }),
    { numRuns: 500 },
  );
});

test("whatever is tried in whatever order: a key comes once, and one that was revoked or replaced is never active again", () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 30 }), (commands) => {
      const { facts } = live(commands);
      let state = agent.initial;
      const gone = new Set<string>();
      for (const fact of facts) {
        state = agent.evolve(state, { ...fact, time: 0 });
        if (state.status !== "active" && state.status !== "suspended") continue;
        const kids = state.keys.map((key) => key.kid);
        expect(new Set(kids).size).toBe(kids.length);
        for (const key of state.keys) {
          if (key.state.name === "active") expect(gone.has(key.kid)).toBe(false);
          if (key.state.name === "retiring" || key.state.name === "revoked") gone.add(key.kid);
        }
        expect(state.keys.filter((key) => key.isOwn && key.state.name === "active").length).toBeLessThanOrEqual(1);
      }
    }),
    { numRuns: 500 },
  );
});
