import { describe, expect, test } from "vitest";
import { enrolled, type KeyAgent, kidOf, rotated, signIn, stamp, testKey } from "../../test/support/key-agent.ts";
import { type TestBridge, testBridge } from "../../test/support/test-bridge.ts";
import { ownKey, signedRotation } from "../client/proof.ts";
import { keyStateAt } from "../domain/key.ts";
import { hmacKeyOf, macKid, type SigningKey } from "../signing/keys.ts";
import type { MasterSecret } from "./command/master.ts";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const operator = { actor: "operator", trace: null };
const as = (actor: string) => ({ actor, trace: null });

const stateOf = (t: TestBridge, kid: string) => {
  const key = t.bridge.keys.get(kid);
  return key === undefined ? "none" : keyStateAt(key, { position: Number.MAX_SAFE_INTEGER, time: t.bridge.now() });
};
const rotate = async (t: TestBridge, who: string, keys: readonly SigningKey[], next: number | null) => {
  const rotation = signedRotation(t.bridge.audience, keys, next === null ? null : testKey(next), stamp(t, who));
  const outcome = await t.bridge.rotate(rotation, as(who));
  return outcome.ok ? "rotated" : outcome.refusal.code;
};
const bobWithKey = async (t: TestBridge): Promise<KeyAgent> => {
  const bob = await enrolled(t, "bob", testKey(1));
  await t.clock.advance(MINUTE);
  return bob;
};

describe("a rotation", () => {
  test("puts the new key in the place of the old one, which verifies for a day and opens nothing", async () => {
    const t = await testBridge();
    const bob = await bobWithKey(t);
    expect(await rotated(t, bob, testKey(2))).toMatchObject({
      ok: true,
      rotated: { agent: "bob", kid: kidOf(testKey(2)), macKid: "bob#mac1" },
    });
    expect([stateOf(t, bob.kid), stateOf(t, kidOf(testKey(2)))]).toEqual(["retiring", "active"]);
    await expect(signIn(t, bob)).rejects.toThrow("unauthenticated");
    await signIn(t, { name: "bob", privateKey: testKey(2) });
    await t.clock.advance(DAY);
    expect(stateOf(t, bob.kid)).toBe("retired");
    await t.close();
    const after = await testBridge({ disk: t.disk, seed: 2 });
    await after.clock.advance(DAY + 2 * MINUTE);
    expect([stateOf(after, bob.kid), stateOf(after, kidOf(testKey(2)))]).toEqual(["retired", "active"]);
  });

  test("in two steps: the old key announces the new one, which is worth nothing until it signs itself", async () => {
    const t = await testBridge();
    const bob = await bobWithKey(t);
    expect(await rotate(t, "bob", [ownKey(bob.privateKey)], 2)).toBe("rotated");
    expect([stateOf(t, bob.kid), stateOf(t, kidOf(testKey(2)))]).toEqual(["active", "pending"]);
    await expect(signIn(t, { name: "bob", privateKey: testKey(2) })).rejects.toThrow("unauthenticated");
    expect(await rotate(t, "bob", [ownKey(testKey(2))], 2)).toBe("rotated");
    expect([stateOf(t, bob.kid), stateOf(t, kidOf(testKey(2)))]).toEqual(["retiring", "active"]);
  });

  test("is refused without the old key, whatever else signs for it", async () => {
    const t = await testBridge();
    const bob = await bobWithKey(t);
    const alice = await enrolled(t, "alice", testKey(5));
    for (const keys of [[ownKey(testKey(2))], [bob.mac], [bob.mac, ownKey(testKey(2))], [ownKey(alice.privateKey)]]) {
      expect(await rotate(t, "bob", keys, 2)).toBe("signature_invalid");
    }
    // A rotation that alice signed for herself is not one of bob's.
    const hers = signedRotation(t.bridge.audience, [ownKey(alice.privateKey)], testKey(2), stamp(t, "alice"));
    expect(await t.bridge.rotate(hers, as("bob"))).toMatchObject({ refusal: { code: "signature_invalid" } });
    expect(stateOf(t, bob.kid)).toBe("active");
    expect(stateOf(t, kidOf(testKey(2)))).toBe("none");
  });

  test("takes each signed rotation once, and no key that somebody has", async () => {
    const t = await testBridge();
    const bob = await bobWithKey(t);
    await enrolled(t, "alice", testKey(5));
    const keys = [ownKey(bob.privateKey), ownKey(testKey(2))];
    const rotation = signedRotation(t.bridge.audience, keys, testKey(2), stamp(t, "bob"));
    expect(await t.bridge.rotate(rotation, as("bob"))).toMatchObject({ ok: true });
    expect(await t.bridge.rotate(rotation, as("bob"))).toMatchObject({ refusal: { code: "unauthenticated" } });
    await t.clock.advance(MINUTE);
    const taken = [ownKey(testKey(2)), ownKey(testKey(5))];
    expect(await rotate(t, "bob", taken, 5)).toBe("key_exists");
  });

  test("of a key that is a minute old at the earliest", async () => {
    const t = await testBridge();
    const bob = await enrolled(t, "bob", testKey(1));
    expect(await rotate(t, "bob", [ownKey(bob.privateKey), ownKey(testKey(2))], 2)).toBe("rate_limited");
  });

  test("gives the MAC key to the own key alone, where there is one", async () => {
    const t = await testBridge();
    const bob = await bobWithKey(t);
    const carol = await t.register("carol");
    expect(await rotate(t, "bob", [bob.mac], null)).toBe("signature_invalid");
    expect(await rotate(t, "bob", [ownKey(bob.privateKey)], null)).toBe("rotated");
    const { macKid: kid, macSecret: secret } = carol.credential;
    expect(await rotate(t, "carol", [{ alg: "HS256", kid, secret }], null)).toBe("rotated");
  });
});

describe("the master secret", () => {
  const keeping = () => {
    const kept: { secrets: readonly { readonly epoch: number; readonly secret: Uint8Array }[] } = { secrets: [] };
    const keep: MasterSecret["keep"] = (secrets) => {
      kept.secrets = secrets;
    };
    return { kept, keep };
  };
  const first = { epoch: 1, secret: new Uint8Array(32).fill(7) };

  test("rotates into a new epoch: new keys derive from it, older ones go on, and agents come for theirs", async () => {
    const { kept, keep } = keeping();
    const t = await testBridge({ master: { ...first, keep } });
    const bob = await bobWithKey(t);
    expect(await t.bridge.master.rotate("accepted", "yearly", operator)).toEqual({ ok: true, epoch: 2 });
    expect(kept.secrets.map(({ epoch }) => epoch)).toEqual([1, 2]);
    expect(stateOf(t, "bob#mac1")).toBe("active");
    expect((await t.register("carol")).credential.macKid).toBe("carol#mac2");

    const keys = [ownKey(bob.privateKey)];
    const outcome = await t.bridge.rotate(signedRotation(t.bridge.audience, keys, null, stamp(t, "bob")), as("bob"));
    const secret = kept.secrets[1]?.secret as Uint8Array;
    expect(outcome).toMatchObject({
      ok: true,
      rotated: { kid: bob.kid, macKid: macKid("bob", 2), macSecret: hmacKeyOf(secret, "bob", 2).secret },
    });
    expect([stateOf(t, "bob#mac1"), stateOf(t, "bob#mac2")]).toEqual(["retiring", "active"]);
    expect(JSON.stringify(await t.events())).not.toContain(Buffer.from(secret).toString("base64url"));
  });

  test("that was lost takes every older MAC key with it", async () => {
    const t = await testBridge({ master: { ...first, ...keeping() } });
    await bobWithKey(t);
    await t.bridge.master.rotate("revoked", "stolen", operator);
    expect(stateOf(t, "bob#mac1")).toBe("revoked");
    expect((await t.register("carol")).credential.macKid).toBe("carol#mac2");
  });

  test("that came from outside cannot be rotated from inside", async () => {
    const t = await testBridge();
    expect(await t.bridge.master.rotate("accepted", "", operator)).toMatchObject({ refusal: { code: "master_fixed" } });
  });

  test("with an epoch that was added while the bridge was down is recorded at start", async () => {
    const t = await testBridge();
    await t.close();
    const second = { epoch: 2, secret: new Uint8Array(32).fill(8) };
    const after = await testBridge({ disk: t.disk, seed: 2, master: { ...second, older: [first] } });
    expect((await after.events()).map(({ type }) => type)).toContain("master.rotated");
    expect((await after.register("carol")).credential.macKid).toBe("carol#mac2");
  });

  test("that is not the one which this log's keys derive from lets no bridge start", async () => {
    const { kept, keep } = keeping();
    const t = await testBridge({ master: { ...first, keep } });
    await t.bridge.master.rotate("accepted", "", operator);
    await t.close();
    const second = kept.secrets[1] as { epoch: number; secret: Uint8Array };
    const other = { epoch: 2, secret: new Uint8Array(32).fill(9) };
    await expect(testBridge({ disk: t.disk, seed: 2, master: { ...other, older: [first] } })).rejects.toThrow(
      /epoch 2 .* not the one/,
    );
    await expect(testBridge({ disk: t.disk, seed: 2, master: second })).rejects.toThrow(/epoch 1 .* missing/);
    await testBridge({ disk: t.disk, seed: 2, master: { ...second, older: [first] } });
  });
});
