import { describe, expect, test } from "vitest";
import { enrolled, kidOf, seconds, stamp, testKey } from "../../test/support/key-agent.ts";
import { type TestBridge, testBridge } from "../../test/support/test-bridge.ts";
import { type EnrolmentRequest, enrolmentRequest } from "../client/proof.ts";
import { publicJwk } from "../signing/keys.ts";

const operator = { actor: "operator", trace: null };
const bob = { name: "bob", kind: "ai", roles: ["agent"], expertise: ["sql"] } as const;
const key = testKey(1);

const invite = async (t: TestBridge, wanted: typeof bob | { readonly name: string } = bob) => {
  const invited = await t.bridge.enrolment.invite({ ...bob, ...wanted }, operator);
  if (!invited.ok) throw new Error(invited.refusal.detail);
  return invited;
};
const request = (t: TestBridge, token: string, over: Partial<Parameters<typeof enrolmentRequest>[3]> = {}) =>
  enrolmentRequest(t.bridge.audience, token, key, { ...stamp(t, "bob"), ...over });
const enrol = (t: TestBridge, token: string | undefined, body: EnrolmentRequest) =>
  t.bridge.enrolment.enrol(token, body, null);
const codeOf = async (outcome: ReturnType<typeof enrol>) => {
  const settled = await outcome;
  return settled.ok ? "enrolled" : settled.refusal.code;
};
const facts = async (t: TestBridge, type: string) => (await t.events()).filter((event) => event.type === type);

describe("an invitation", () => {
  test("gives a token that is in its reply and in no event, and is good for a quarter of an hour", async () => {
    const t = await testBridge();
    const { token, notAfter } = await invite(t);
    expect(token).toMatch(/^lhe_[A-Za-z0-9_-]{43}$/);
    expect(notAfter - t.bridge.now()).toBe(900_000);
    expect(JSON.stringify(await t.events())).not.toContain(token);
    expect(t.bridge.agents.list()).toMatchObject([{ name: "bob", status: "invited" }]);
  });

  test("makes nobody reachable: who is invited cannot be asked and has no credential", async () => {
    const t = await testBridge();
    await t.register("alice");
    const { token } = await invite(t);
    await expect(t.ask("alice", "bob")).rejects.toThrow("agent_unknown");
    expect(t.bridge.authenticate(token)).toBeUndefined();
  });
});

describe("enrolling", () => {
  test("makes an agent of the invited, with its own key and the MAC key of the newest epoch", async () => {
    const t = await testBridge();
    const { token } = await invite(t);
    const outcome = await enrol(t, token, request(t, token));
    expect(outcome).toMatchObject({ ok: true, enrolled: { agent: "bob", kid: kidOf(key), macKid: "bob#mac1" } });
    expect(t.bridge.agents.list()).toMatchObject([{ name: "bob", status: "active", expertise: ["sql"] }]);
    expect(t.bridge.keys.of("bob").map(({ kid }) => kid)).toEqual([kidOf(key), "bob#mac1"]);
    const log = JSON.stringify(await t.events());
    expect(log).not.toContain(token);
    if (outcome.ok) expect(log).not.toContain(Buffer.from(outcome.enrolled.macSecret).toString("base64url"));
  });

  test("works once for one token, also for two who try at the same time", async () => {
    const t = await testBridge();
    const { token } = await invite(t);
    const [first, second] = await Promise.all([
      codeOf(enrol(t, token, request(t, token))),
      codeOf(enrol(t, token, enrolmentRequest(t.bridge.audience, token, testKey(2), stamp(t, "bob")))),
    ]);
    expect([first, second].sort()).toEqual(["enrolled", "unauthenticated"]);
    expect(await codeOf(enrol(t, token, request(t, token)))).toBe("unauthenticated");
    expect(await facts(t, "agent.enrolled")).toHaveLength(1);
  });

  test("works once across a restart", async () => {
    const before = await testBridge();
    const { token } = await invite(before);
    const unused = await invite(before, { name: "carol" });
    expect(await codeOf(enrol(before, token, request(before, token)))).toBe("enrolled");
    await before.close();

    const after = await testBridge({ disk: before.disk, seed: 2 });
    expect(await codeOf(enrol(after, token, request(after, token)))).toBe("unauthenticated");
    const carol = enrolmentRequest(after.bridge.audience, unused.token, testKey(3), stamp(after, "carol"));
    expect(await codeOf(enrol(after, unused.token, carol))).toBe("enrolled");
  });

  test("with no token, a made-up, an expired or another's is refused in the same words", async () => {
    const t = await testBridge();
    const { token } = await invite(t);
    const carols = await invite(t, { name: "carol" });
    const words = async (given: string | undefined, body: EnrolmentRequest) => {
      const outcome = await enrol(t, given, body);
      return outcome.ok ? "enrolled" : `${outcome.refusal.code}: ${outcome.refusal.detail}`;
    };
    const invalid = "unauthenticated: that enrolment token is not valid";
    expect(await words(undefined, request(t, token))).toBe(invalid);
    expect(await words(`lhe_${"A".repeat(43)}`, request(t, token))).toBe(invalid);
    expect(await words(carols.token, request(t, carols.token))).toBe(invalid);
    expect(await words(token, { ...request(t, token), name: "nobody" })).toBe(invalid);
    await t.clock.advance(900_000);
    expect(await words(token, request(t, token))).toBe(invalid);
  });

  test("needs the key itself: each member of what is signed counts", async () => {
    const t = await testBridge();
    const { token } = await invite(t);
    const sound = request(t, token);
    const other = publicJwk(testKey(9));
    for (const forged of [
      { ...sound, jwk: other },
      { ...sound, iat: sound.iat + 1 },
      { ...sound, challenge: t.bridge.challenges.make().challenge },
      { ...sound, signature: `${sound.signature.startsWith("A") ? "B" : "A"}${sound.signature.slice(1)}` },
      { ...sound, signature: "" },
      { ...request(t, `lhe_${"A".repeat(43)}`) },
      { ...enrolmentRequest("lighthouse://elsewhere", token, key, stamp(t, "bob")) },
    ]) {
      expect(await codeOf(enrol(t, token, forged))).toBe("unauthenticated");
    }
    expect(await codeOf(enrol(t, token, sound))).toBe("enrolled");
  });

  test("takes a challenge once, not after its minute, and not one of an earlier start", async () => {
    const t = await testBridge();
    const [first, second, third] = [
      await invite(t),
      await invite(t, { name: "carol" }),
      await invite(t, { name: "dora" }),
    ];
    const used = request(t, first.token);
    expect(await codeOf(enrol(t, first.token, used))).toBe("enrolled");
    const again = enrolmentRequest(t.bridge.audience, second.token, testKey(2), {
      ...{ agent: "carol", challenge: used.challenge, iat: seconds(t) },
    });
    expect(await codeOf(enrol(t, second.token, again))).toBe("unauthenticated");
    const late = enrolmentRequest(t.bridge.audience, second.token, testKey(2), stamp(t, "carol"));
    await t.clock.advance(60_000);
    expect(await codeOf(enrol(t, second.token, late))).toBe("unauthenticated");
    const early = enrolmentRequest(t.bridge.audience, third.token, testKey(3), stamp(t, "dora"));
    await t.close();
    const after = await testBridge({ disk: t.disk, seed: 2 });
    expect(await codeOf(enrol(after, third.token, early))).toBe("unauthenticated");
  });

  test("says it when the clock of the agent is wrong, and when the key is no key", async () => {
    const t = await testBridge();
    const { token } = await invite(t);
    const outcome = await enrol(t, token, request(t, token, { iat: seconds(t) + 301 }));
    expect(outcome).toMatchObject({ refusal: { code: "invalid_input", problems: [{ pointer: "/iat" }] } });
    const noKey = { ...request(t, token), jwk: { kty: "OKP", crv: "X25519", x: "A".repeat(43) } } as never;
    expect(await enrol(t, token, noKey)).toMatchObject({
      refusal: { code: "invalid_input", problems: [{ pointer: "/jwk" }] },
    });
  });

  test("takes no key that anybody has or had", async () => {
    const t = await testBridge();
    await enrolled(t, "alice", key);
    const { token } = await invite(t);
    expect(await codeOf(enrol(t, token, request(t, token)))).toBe("key_exists");
    // What failed for that reason has used up nothing: the token is still good for a fresh key.
    const fresh = enrolmentRequest(t.bridge.audience, token, testKey(2), stamp(t, "bob"));
    expect(await codeOf(enrol(t, token, fresh))).toBe("enrolled");
  });

  test("ends the bearer token of an agent that was registered with one", async () => {
    const t = await testBridge();
    const old = await t.register("bob", ["agent", "auditor"]);
    const { token } = await invite(t);
    expect(t.bridge.authenticate(old.token)).toEqual({ agent: "bob" });
    expect(await codeOf(enrol(t, token, request(t, token)))).toBe("enrolled");
    expect(t.bridge.authenticate(old.token)).toBeUndefined();
    expect(t.bridge.agents.list()).toMatchObject([{ name: "bob", roles: ["agent", "auditor"] }]);
  });
});
