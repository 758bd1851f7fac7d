import { describe, expect, test } from "vitest";
import type { Fact, Recorded } from "./event.ts";
import { isSuspect, type KeyHistory, keyStateAt, keysAfter, type Place, signs } from "./key.ts";

const jwk = { kty: "OKP", crv: "Ed25519", x: "x" } as const;
const proof = { challenge: "c", iat: 1, signature: "s" } as const;

/** The keys after these facts, at positions 1, 2, 3 … and times 10, 20, 30 … */
const keysOf = (...facts: readonly (Fact & { readonly stream?: string })[]): ReadonlyMap<string, KeyHistory> => {
  const keys = new Map<string, KeyHistory>();
  for (const [i, fact] of facts.entries()) {
    const event = {
      ...{ version: 1, actor: "x", parties: [], correlation: "", causation: null, trace: null, revision: 0 },
      ...{ stream: "agent/bob", position: i + 1, time: (i + 1) * 10, ...fact },
    } as Recorded;
    for (const key of keysAfter(keys, event)) keys.set(key.kid, key);
  }
  return keys;
};
const at = (position: number, time = position * 10): Place => ({ position, time });
const states = (keys: ReadonlyMap<string, KeyHistory>, kid: string, ...places: readonly Place[]) =>
  places.map((place) => keyStateAt(keys.get(kid) as KeyHistory, place));

const elsewhere: Fact = { type: "bridge.stopped", data: { reason: "" } };
const enrolled = (over: Partial<Extract<Fact, { type: "agent.enrolled" }>["data"]> = {}): Fact => ({
  type: "agent.enrolled",
  data: { kid: "k1", jwk, epoch: 1, tokenHash: "t", proof, retiring: [], until: 0, ...over },
});
const rotation: readonly Fact[] = [
  { type: "agent.key_added", data: { kid: "k2", jwk, by: "k1", proof: { payload: "", signatures: [] } } },
  { type: "agent.key_activated", data: { kid: "k2", retiring: ["k1"], until: 60 } },
];

describe("what a key is worth to a signature", () => {
  test("depends on where the signature stands in the log, not on today", () => {
    const keys = keysOf(elsewhere, enrolled(), elsewhere, ...rotation, elsewhere);
    expect(states(keys, "k1", at(1), at(2), at(3), at(4), at(5), at(6, 59), at(7, 60))).toEqual([
      ...["unknown", "active", "active", "active", "retiring", "retiring", "retired"],
    ]);
    expect(states(keys, "k2", at(3), at(4), at(5), at(6))).toEqual(["unknown", "pending", "active", "active"]);
  });

  test("is nothing while it is pending, and after it was retired or revoked", () => {
    expect(["unknown", "pending", "active", "retiring", "retired", "revoked"].map((s) => signs(s as never))).toEqual([
      ...[false, false, true, true, false, false],
    ]);
  });

  test("ends with its revocation, and what it signed since the theft is suspect", () => {
    const revoked: Fact = { type: "agent.key_revoked", data: { kid: "k1", reason: "stolen", compromisedSince: 2 } };
    const keys = keysOf(enrolled(), elsewhere, elsewhere, revoked, elsewhere);
    expect(states(keys, "k1", at(3), at(4), at(5))).toEqual(["active", "revoked", "revoked"]);
    const key = keys.get("k1") as KeyHistory;
    expect([1, 2, 3].map((position) => isSuspect(key, position))).toEqual([false, true, true]);
  });

  test("does not come back when a revocation is made stricter", () => {
    const revoke = (compromisedSince?: number): Fact => ({
      type: "agent.key_revoked",
      data: { kid: "k1", reason: "", ...(compromisedSince === undefined ? {} : { compromisedSince }) },
    });
    const keys = keysOf(enrolled(), revoke(), elsewhere, revoke(1));
    expect(states(keys, "k1", at(1), at(2), at(3))).toEqual(["active", "revoked", "revoked"]);
    expect(isSuspect(keys.get("k1") as KeyHistory, 1)).toBe(true);
  });

  test("ends with its agent", () => {
    const keys = keysOf(enrolled(), { type: "agent.revoked", data: { reason: "left" } });
    expect(states(keys, "k1", at(1), at(2))).toEqual(["active", "revoked"]);
    expect(states(keys, "bob#mac1", at(1), at(2))).toEqual(["active", "revoked"]);
  });
});

describe("MAC keys", () => {
  const registered = (agent: string): Fact & { readonly stream: string } => ({
    type: "agent.registered",
    data: { agent, kind: "ai", roles: [], expertise: [], tokenHash: "", epoch: 1 },
    stream: `agent/${agent}`,
  });
  const rotated = (older: "accepted" | "revoked"): Fact & { readonly stream: string } => ({
    type: "master.rotated",
    data: { epoch: 2, fingerprints: [], older, reason: "" },
    stream: "master",
  });

  test("are one for each agent and epoch, and the old one verifies on while the agent moves to the new", () => {
    const keys = keysOf(registered("bob"), {
      type: "agent.mac_renewed",
      data: { epoch: 2, retiring: ["bob#mac1"], until: 40 },
    });
    expect(states(keys, "bob#mac1", at(1), at(2), at(3), at(4))).toEqual(["active", "retiring", "retiring", "retired"]);
    expect(states(keys, "bob#mac2", at(1), at(2))).toEqual(["unknown", "active"]);
  });

  test("of older epochs go on when a new one comes, unless the master itself was revoked", () => {
    const accepted = keysOf(registered("bob"), registered("alice"), rotated("accepted"));
    expect(states(accepted, "bob#mac1", at(3))).toEqual(["active"]);
    const revoked = keysOf(registered("bob"), registered("alice"), rotated("revoked"));
    expect([states(revoked, "bob#mac1", at(2), at(3)), states(revoked, "alice#mac1", at(3))]).toEqual([
      ["active", "revoked"],
      ["revoked"],
    ]);
  });

  test("are not made anew by a key that is enrolled beside them", () => {
    const keys = keysOf(registered("bob"), enrolled());
    expect(keys.get("bob#mac1")?.added.position).toBe(1);
  });
});
