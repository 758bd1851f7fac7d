import { describe, expect, test } from "vitest";
import { enrolled, rotated, seconds, signIn, stamp, testKey } from "../../test/support/key-agent.ts";
import { peer } from "../../test/support/peer.ts";
import { type TestBridge, testBridge } from "../../test/support/test-bridge.ts";
import { signedLogin } from "../client/proof.ts";
import { loginCore } from "../domain/proof.ts";
import { signJws } from "../signing/jws.ts";
import { identify } from "./transport/identify.ts";
import { serveSession } from "./transport/session.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const operator = { actor: "operator", trace: null };

const isIn = (t: TestBridge, token: string): boolean => identify(t.bridge, token, undefined) !== undefined;

/** A WebSocket session that was opened with this token. */
const connected = async (t: TestBridge, token: string) => {
  const who = identify(t.bridge, token, undefined);
  if (who === undefined) throw new Error("that token is nobody's");
  const far = peer();
  serveSession(t.bridge, far.channel, who, `s-${token.slice(4, 8)}`, t.onFault);
  await far.request("session.open", { inbox: true });
  return far;
};

describe("signing in", () => {
  test("works at once when the machine's clock was an hour ahead and is right again, though the log's time goes on from there", async () => {
    const t = await testBridge();
    const bob = await enrolled(t, "bob", testKey(1));
    t.clock.jump(HOUR);
    await t.ask("bridge", "bob");
    t.clock.jump(-HOUR);
    const now = { ...stamp(t, "bob"), iat: Math.floor(t.clock.now() / 1_000) };
    const opened = await t.bridge.signIn.open(signedLogin(t.bridge.audience, bob.privateKey, now), null);
    expect(opened).toMatchObject({ ok: true });
    expect(t.bridge.now() - t.clock.now()).toBeGreaterThan(HOUR / 2);
  });

  test("with the key gives a token that is the agent, is in the reply and nowhere else, and is known after a restart", async () => {
    const t = await testBridge();
    const bob = await enrolled(t, "bob", testKey(1), ["agent", "auditor"]);
    const { token, id } = await signIn(t, bob);
    expect(token).toMatch(/^lhs_[A-Za-z0-9_-]{43}$/);
    expect(identify(t.bridge, token, undefined)).toEqual({
      ...{ agent: "bob", roles: ["agent", "auditor"], mayAudit: true, trace: null, login: id },
    });
    const events = await t.events();
    expect(JSON.stringify(events)).not.toContain(token);
    expect(events.at(-1)).toMatchObject({ type: "login.opened", actor: "bob", parties: ["bob"] });
    await t.close();
    const after = await testBridge({ disk: t.disk, seed: 2 });
    await after.clock.advance(1_000);
    expect(isIn(after, token)).toBe(true);
  });

  test("tells a stranger the same whatever is wrong: no such key, another's name, a forged signature, an old start", async () => {
    const t = await testBridge();
    const bob = await enrolled(t, "bob", testKey(1));
    const open = async (jws: ReturnType<typeof signedLogin>) => {
      const outcome = await t.bridge.signIn.open(jws, null);
      return outcome.ok ? "signed in" : outcome.refusal.code;
    };
    const sound = signedLogin(t.bridge.audience, bob.privateKey, stamp(t, "bob"));
    const [entry] = sound.signatures;
    const forged = { ...sound, signatures: [{ protected: entry?.protected ?? "", signature: "A".repeat(86) }] };
    const mac = signJws(loginCore(t.bridge.audience, stamp(t, "bob")), [bob.mac], "lighthouse-login+jws");
    const confused = signJws(
      loginCore(t.bridge.audience, stamp(t, "bob")),
      [{ alg: "HS256", kid: bob.kid, secret: bob.mac.secret }],
      "lighthouse-login+jws",
    );
    for (const bad of [
      signedLogin(t.bridge.audience, testKey(2), stamp(t, "bob")),
      signedLogin(t.bridge.audience, bob.privateKey, stamp(t, "alice")),
      forged,
      mac,
      confused,
      { ...sound, signatures: [] },
      { ...sound, signatures: [...sound.signatures, ...sound.signatures] },
      signJws(loginCore(t.bridge.audience, stamp(t, "bob")), [ownOf(bob.privateKey, bob.kid)], "lighthouse-answer+jws"),
    ]) {
      expect(await open(bad)).toBe("unauthenticated");
    }
    expect(await open(sound)).toBe("signed in");
    expect(await open(sound)).toBe("unauthenticated");
  });

  test("says to whoever holds the key what is wrong with what it signed", async () => {
    const t = await testBridge();
    const bob = await enrolled(t, "bob", testKey(1));
    const elsewhere = signedLogin("lighthouse://elsewhere", bob.privateKey, stamp(t, "bob"));
    expect(await t.bridge.signIn.open(elsewhere, null)).toMatchObject({
      refusal: { code: "invalid_input", problems: [{ pointer: "/aud" }] },
    });
    const early = signedLogin(t.bridge.audience, bob.privateKey, { ...stamp(t, "bob"), iat: seconds(t) - 301 });
    expect(await t.bridge.signIn.open(early, null)).toMatchObject({
      refusal: { code: "invalid_input", problems: [{ pointer: "/iat" }] },
    });
  });

  test("has a limit for each agent, and closing one makes room", async () => {
    const t = await testBridge({ limits: { loginsPerAgentMax: 2 } });
    const [alice, bob] = [await enrolled(t, "alice", testKey(1)), await enrolled(t, "bob", testKey(2))];
    const first = await signIn(t, bob);
    await signIn(t, bob);
    await expect(signIn(t, bob)).rejects.toThrow("too_busy");
    await signIn(t, alice);
    await t.bridge.signIn.close(first.id, "bob", "signed out", { actor: "bob", trace: null });
    await signIn(t, bob);
    expect(isIn(t, first.token)).toBe(false);
  });

  test("is not kept from it by logins that died unused", async () => {
    const t = await testBridge({ limits: { loginsPerAgentMax: 2 } });
    const bob = await enrolled(t, "bob", testKey(2));
    await signIn(t, bob);
    await signIn(t, bob);
    await t.clock.advance(15 * MINUTE);
    await signIn(t, bob);
  });
});

const ownOf = (privateKey: ReturnType<typeof testKey>, kid: string) => ({ alg: "Ed25519", kid, privateKey }) as const;

describe("a login", () => {
  test("dies when it was not used for 15 minutes, and lives on while it is", async () => {
    const t = await testBridge();
    const { token } = await signIn(t, await enrolled(t, "bob", testKey(1)));
    for (let n = 0; n < 4; n++) {
      await t.clock.advance(15 * MINUTE - 1);
      expect(isIn(t, token)).toBe(true);
    }
    await t.clock.advance(15 * MINUTE);
    expect(isIn(t, token)).toBe(false);
  });

  test("is in use while one of its connections is open, however silent, and until it closes", async () => {
    const t = await testBridge();
    const { token } = await signIn(t, await enrolled(t, "bob", testKey(1)));
    const far = await connected(t, token);
    await t.clock.advance(HOUR);
    expect(isIn(t, token)).toBe(true);
    await t.clock.advance(HOUR);
    far.cut();
    await t.clock.advance(15 * MINUTE - 1);
    expect(isIn(t, token)).toBe(true);
  });

  test("dies after 12 hours however much it is used, and its connection with it", async () => {
    const t = await testBridge();
    const { token } = await signIn(t, await enrolled(t, "bob", testKey(1)));
    const far = await connected(t, token);
    await t.clock.advance(12 * HOUR - 1);
    expect([isIn(t, token), far.closed()]).toEqual([true, undefined]);
    await t.clock.advance(1);
    expect(isIn(t, token)).toBe(false);
    expect(far.pushes("closing")).toMatchObject([{ code: "unauthenticated" }]);
    expect(far.closed()?.code).toBe(4401);
  });

  test("is not made longer by a restart: it dies at the same hour, and unused at once", async () => {
    const t = await testBridge();
    const bob = await enrolled(t, "bob", testKey(1));
    const [used, unused] = [await signIn(t, bob), await signIn(t, bob)];
    await t.clock.advance(10 * MINUTE);
    expect(isIn(t, used.token)).toBe(true);
    await t.close();
    const after = await testBridge({ disk: t.disk, seed: 2 });
    await after.clock.advance(16 * MINUTE);
    expect([isIn(after, used.token), isIn(after, unused.token)]).toEqual([false, false]);
  });

  test("that was closed is closed after a restart, and its connections end when it is", async () => {
    const t = await testBridge();
    const bob = await enrolled(t, "bob", testKey(1));
    const [mine, other] = [await signIn(t, bob), await signIn(t, bob)];
    const [far, stays] = [await connected(t, mine.token), await connected(t, other.token)];
    expect(await far.request("sessions.close", {})).toMatchObject({ result: { id: mine.id, status: "closed" } });
    await t.clock.advance(0);
    expect([far.closed()?.code, stays.closed()]).toEqual([4401, undefined]);
    expect([isIn(t, mine.token), isIn(t, other.token)]).toEqual([false, true]);
    await t.close();
    const after = await testBridge({ disk: t.disk, seed: 2 });
    await after.clock.advance(1_000);
    expect([isIn(after, mine.token), isIn(after, other.token)]).toEqual([false, true]);
  });

  test("dies with the key that signed in: replaced or revoked, live and after a restart", async () => {
    const t = await testBridge();
    const [bob, alice] = [await enrolled(t, "bob", testKey(1)), await enrolled(t, "alice", testKey(2))];
    await t.clock.advance(MINUTE);
    const [bobs, alices] = [await signIn(t, bob), await signIn(t, alice)];
    const [far, near] = [await connected(t, bobs.token), await connected(t, alices.token)];

    expect(await rotated(t, bob, testKey(3))).toMatchObject({ ok: true });
    expect(isIn(t, bobs.token)).toBe(false);
    expect(far.closed()).toBeUndefined();
    await t.clock.advance(1_000);
    expect(far.pushes("closing")).toMatchObject([
      { code: "unauthenticated", detail: expect.stringContaining("replaced") },
    ]);

    await t.bridge.registry.revokeKey("alice", alice.kid, "stolen", null, operator);
    expect(isIn(t, alices.token)).toBe(false);
    expect(near.closed()?.code).toBe(4401);
    await expect(signIn(t, alice)).rejects.toThrow("unauthenticated");
    await expect(signIn(t, bob)).rejects.toThrow("unauthenticated");

    await t.close();
    const after = await testBridge({ disk: t.disk, seed: 2 });
    expect([isIn(after, bobs.token), isIn(after, alices.token)]).toEqual([false, false]);
  });
});

describe("a suspension", () => {
  test("ends connections and logins and says why; resumed, the agent signs in anew with the same key", async () => {
    const t = await testBridge();
    const bob = await enrolled(t, "bob", testKey(1));
    await t.register("alice");
    const { token } = await signIn(t, bob);
    const far = await connected(t, token);

    await t.bridge.registry.suspend("bob", "it floods", operator);
    expect(far.pushes("closing")).toMatchObject([{ code: "agent_suspended", detail: "it floods" }]);
    expect(far.closed()).toEqual({ code: 4403, reason: "agent_suspended" });
    expect(isIn(t, token)).toBe(false);
    await expect(t.ask("alice", "bob")).rejects.toThrow("agent_suspended");
    // To whoever has shown that it holds the key, and to nobody else.
    await expect(signIn(t, bob)).rejects.toThrow("agent_suspended: you are suspended: it floods");
    await expect(signIn(t, { ...bob, privateKey: testKey(9) })).rejects.toThrow("unauthenticated");

    await t.bridge.registry.resume("bob", "", operator);
    expect(isIn(t, token)).toBe(false);
    expect(isIn(t, (await signIn(t, bob)).token)).toBe(true);
    await t.ask("alice", "bob");
  });
});
