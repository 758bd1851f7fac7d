import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { enrolled, type KeyAgent, seconds, testKey } from "../../test/support/key-agent.ts";
import { type TestBridge, testBridge } from "../../test/support/test-bridge.ts";
import { ownKey } from "../client/proof.ts";
import type { Jws } from "../domain/elicitation.ts";
import { inquiryCore, inquiryTyp } from "../domain/inquiry-core.ts";
import { questionCore, questionTyp } from "../domain/question.ts";
import { canonical } from "../signing/canonical.ts";
import { base64url, sha256 } from "../signing/digest.ts";
import { signJws } from "../signing/jws.ts";
import type { Inquire } from "./command/inquire.ts";

let t: TestBridge;
let alice: KeyAgent;

beforeEach(async () => {
  t = await testBridge();
  alice = await enrolled(t, "alice", testKey(1));
  for (const name of ["bob", "carol", "dave"]) await t.register(name, ["agent"], { expertise: ["sql"] });
});
afterEach(async () => {
  expect(t.faults).toEqual([]);
  await t.close();
});

const caller = (actor: string) => ({ actor, trace: null });
const hashOf = (value: unknown): string => base64url(sha256(canonical(value)));
const plain = { to: ["bob", "carol"], message: "which index?", key: "k1" };
type Keyed = Inquire & { readonly key: string };

const signedBy = (asker: KeyAgent, asked: Keyed, iat = seconds(t)): Jws => {
  const hashes = {
    schema: hashOf(asked.schema ?? {}),
    default: asked.default === undefined ? null : hashOf(asked.default),
  };
  return signJws(
    inquiryCore(t.bridge.audience, asker.name, asked, hashes, iat),
    [asker.mac, ownKey(asker.privateKey)],
    inquiryTyp,
  );
};
const ask = async (request: Inquire, actor = "alice") => {
  const asked = await t.bridge.inquire.ask(request, caller(actor));
  return asked.ok ? asked.id : asked.refusal.code;
};
const violations = async () => (await t.events()).filter(({ type }) => type === "security.violation");

describe("a signed inquiry", () => {
  test("is put to each of those asked with the envelope that came, and binds their answers to it", async () => {
    const asked = { ...plain, quorum: { kind: "all" }, default: 7, schema: { type: "integer" } } as const;
    const signed = signedBy(alice, asked);
    expect(await ask({ ...asked, signed })).toMatch(/^iq_/);
    const attempts = (await t.events()).filter(({ type }) => type === "elicitation.asked");
    expect(attempts.map(({ data }) => (data as { signed?: Jws }).signed)).toEqual([signed, signed]);
    expect(new Set(attempts.map(({ data }) => (data as { requestHash: string }).requestHash)).size).toBe(2);
  });

  test.each([
    ["other words", { message: "drop the table?" }],
    ["another addressee", { to: ["bob", "dave"] }],
    ["nobody of those", { to: undefined, expertise: "sql" }],
    ["another schema", { schema: { type: "integer" } }],
    ["another quorum", { quorum: { kind: "all" } }],
    ["a last resort", { finally: "dave" }],
    ["a default", { default: true }],
    ["another width", { width: 2 }],
    ["more time", { timeoutMs: 60_000 }],
    ["less proof", { requireEd25519: false }],
    ["another key", { key: "k2" }],
    ["no key", { key: undefined }],
  ])("is refused with %s than was signed", async (_name, change) => {
    const signed = signedBy(alice, { ...plain, requireEd25519: _name === "less proof" } as Keyed);
    expect(await ask({ ...plain, ...change, signed } as Inquire)).toBe("invalid_input");
    expect((await t.events()).filter(({ type }) => type.startsWith("inquiry."))).toEqual([]);
  });

  test("is refused when another signed it, when it is of another day, and when what was signed is a question", async () => {
    const mallory = await enrolled(t, "mallory", testKey(9));
    const forged = { ...mallory, name: "alice" };
    expect(await ask({ ...plain, signed: signedBy(forged, plain) })).toBe("signature_invalid");
    expect(await ask({ ...plain, signed: signedBy(alice, plain, seconds(t) - 3 * 86_400) })).toBe("invalid_input");
    const core = questionCore(t.bridge.audience, "alice", { ...plain, to: "bob" }, hashOf({}), seconds(t));
    const question = signJws(core, [alice.mac], questionTyp);
    expect(await ask({ ...plain, signed: question })).toBe("envelope_malformed");
    expect((await violations()).map(({ actor, data }) => [actor, (data as { code: string }).code])).toEqual([
      ["alice", "signature_invalid"],
      ["alice", "envelope_malformed"],
    ]);
    const asQuestion = { to: "bob", message: plain.message, key: "k1", signed: signedBy(alice, plain) };
    const asked = await t.bridge.elicit.ask(asQuestion, caller("alice"));
    expect(asked).toMatchObject({ ok: false, refusal: { code: "envelope_malformed" } });
  });

  test("signed again a second later under the same key is the same inquiry", async () => {
    const first = await ask({ ...plain, signed: signedBy(alice, plain) });
    expect(await ask({ ...plain, signed: signedBy(alice, plain, seconds(t) + 1) })).toBe(first);
    expect((await t.events()).filter(({ type }) => type === "inquiry.asked")).toHaveLength(1);
  });
});

describe("an inquiry in a chain of causes", () => {
  test("hangs on a question of its asker's own, and counts in that story", async () => {
    const root = await t.ask("alice", "bob");
    expect(await ask({ ...plain, to: ["carol"], causedBy: root }, "dave")).toBe("not_found");
    expect(await ask({ ...plain, to: ["carol"], causedBy: root }, "bob")).toMatch(/^iq_/);
    const attempt = (await t.events()).findLast(({ type }) => type === "elicitation.asked");
    expect(attempt).toMatchObject({ correlation: root, data: { root, causedBy: root, to: "carol" } });
    expect(t.bridge.stories.get(root).asked).toBe(1);
  });

  test("is stopped where a circle closes, like a question", async () => {
    const first = await t.ask("alice", "bob");
    const second = await t.ask("bob", "alice", { causedBy: first });
    expect(await ask({ ...plain, to: ["bob"], causedBy: second })).toBe("loop_detected");
    expect(await ask({ expertise: "sql", message: "?", causedBy: second, quorum: { kind: "all" } })).toMatch(/^iq_/);
    const asked = (await t.events()).filter(({ type }) => type === "elicitation.asked").slice(2);
    expect(asked.map(({ data }) => (data as { to: string }).to)).toEqual(["carol", "dave"]);
  });
});
