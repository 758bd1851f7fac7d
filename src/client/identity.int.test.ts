import { afterEach, describe, expect, test } from "vitest";
import { type OpenDoors, openDoors } from "../../test/support/open-doors.ts";
import type { TestBridgeOptions } from "../../test/support/test-bridge.ts";
import { until } from "../../test/support/until.ts";
import { answerTyp } from "../domain/answer.ts";
import type { Jws } from "../domain/elicitation.ts";
import { inquiryTyp } from "../domain/inquiry-core.ts";
import { questionTyp } from "../domain/question.ts";
import { verifyJws } from "../signing/jws.ts";
import { publicKeyFromJwk } from "../signing/keys.ts";
import * as page from "./browser.ts";
import { type KeyCredential, readCredential } from "./credential.ts";
import * as node from "./index.ts";
import { clock, scheduler } from "./world.ts";

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const operator = { actor: "operator", trace: null };

const scene = async (options: TestBridgeOptions = {}): Promise<OpenDoors> => {
  const doors = await openDoors({ time: { ...clock, ...scheduler }, ...options });
  cleanups.push(async () => {
    await doors.shut();
    await doors.close();
    expect(doors.faults).toEqual([]);
  });
  return doors;
};

const invited = async (doors: OpenDoors, name: string): Promise<string> => {
  const asked = await doors.bridge.enrolment.invite({ name, kind: "ai", roles: ["agent"], expertise: [] }, operator);
  if (!asked.ok) throw new Error(asked.refusal.detail);
  return asked.token;
};

type Side = Pick<typeof node, "connect" | "enrol">;

const joined = async (doors: OpenDoors, name: string, side: Side = node, more: Partial<node.ConnectOptions> = {}) => {
  const credential = await side.enrol({ url: doors.url, agent: name, invitation: await invited(doors, name) });
  return { credential, client: await connected(credential, side, more) };
};

const connected = async (credential: KeyCredential, side: Side = node, more: Partial<node.ConnectOptions> = {}) => {
  const client = await side.connect({ credential, ...more });
  cleanups.push(client.close);
  return client;
};

const publicKeysOf = (...credentials: readonly KeyCredential[]) => {
  const known = new Map(credentials.map(({ kid, privateKey: { kty, crv, x } }) => [kid, { kty, crv, x }]));
  return (kid: string) => {
    const publicKey = publicKeyFromJwk(known.get(kid));
    return publicKey === undefined ? undefined : ({ alg: "Ed25519", kid, publicKey } as const);
  };
};

describe.each([
  ["Node", node],
  ["WebCrypto and the global WebSocket, as in a browser", page],
] as const)("with %s", (_name, side) => {
  test("an agent enrols with its invitation, signs in, and everything it asks and answers is signed with its own key", async () => {
    const doors = await scene();
    const alice = await joined(doors, "alice", side);
    const bob = await joined(doors, "bob", side);
    expect(readCredential(JSON.stringify(bob.credential))).toEqual({ ok: true, credential: bob.credential });
    void bob.client.answerWith(() => 42);

    const outcome = await alice.client.ask({
      to: "bob",
      message: "which port?",
      schema: { type: "integer" },
      requireEd25519: true,
    });
    expect(outcome).toMatchObject({ status: "accepted", content: 42 });
    const keyOf = publicKeysOf(alice.credential, bob.credential);
    if (outcome.status !== "accepted") throw new Error(outcome.status);
    expect(verifyJws(outcome.answer, keyOf, answerTyp, "report")).toMatchObject({
      ok: true,
      verified: [bob.credential.kid],
      unknown: ["bob#mac1"],
    });
    const [asked] = (await doors.events()).filter(({ type }) => type === "elicitation.asked");
    expect(
      verifyJws((asked?.data as { readonly signed: Jws } | undefined)?.signed, keyOf, questionTyp, "report"),
    ).toMatchObject({
      ok: true,
      verified: [alice.credential.kid],
      payload: { from: "alice", to: "bob", message: "which port?", requireEd25519: true },
    });

    const { attempts } = await alice.client.inquire({ to: ["bob"], message: "which door?", default: 1 });
    const { question } = await alice.client.exchange(attempts[0]?.elicitation ?? "");
    expect(verifyJws(question, keyOf, inquiryTyp, "report")).toMatchObject({
      ok: true,
      verified: [alice.credential.kid],
      payload: { typ: "lighthouse.inquiry", from: "alice", to: ["bob"], message: "which door?" },
    });
  });

  test("an invitation enrols once, and the second one is told so", async () => {
    const doors = await scene();
    const invitation = await invited(doors, "bob");
    await side.enrol({ url: doors.url, agent: "bob", invitation });
    await expect(side.enrol({ url: doors.url, agent: "bob", invitation })).rejects.toMatchObject({
      code: "unauthenticated",
    });
  });
});

test("a key of age is replaced by itself, kept before it is used, and the agent goes on", async () => {
  const doors = await scene({ limits: { keyAgeMsMin: 0 } });
  const kept: KeyCredential[] = [];
  let age = 0;
  const { credential } = await joined(doors, "bob");
  await doors.register("alice");
  const bob = await connected(credential, node, {
    // Due with the first login, and not with those after it.
    limits: { keyAgeMsMax: age },
    onCredential: (changed) => {
      kept.push(changed);
      age = Number.MAX_SAFE_INTEGER;
    },
  });
  await until(() => kept.length >= 2);
  expect(kept[0]).toMatchObject({ kid: credential.kid, next: { kid: kept[1]?.kid } });
  expect(kept[1]?.next).toBeUndefined();
  const states = () => doors.bridge.keys.of("bob").map(({ kid, retiring }) => [kid, retiring === null]);
  expect(states()).toEqual(expect.arrayContaining([[credential.kid, false]]));

  void bob.answerWith(() => true);
  const id = await doors.ask("alice", "bob", { requireEd25519: true });
  await until(() => doors.bridge.elicitations.find(id)?.state.status === "ended");
});

test("keys that are to be replaced twice at the same time are replaced one after the other", async () => {
  const doors = await scene({ limits: { keyAgeMsMin: 0 } });
  const { credential } = await joined(doors, "bob");
  const bob = await connected(credential, node);
  const [first, second] = await Promise.all([bob.keys.rotate(), bob.keys.rotate()]);
  expect(new Set([credential.kid, first.kid, second.kid]).size).toBe(3);
});

test("a client that ended in the middle of a rotation finds out which key is in use", async () => {
  const doors = await scene({ limits: { keyAgeMsMin: 0 } });
  const first = await joined(doors, "bob");
  const last = await first.client.keys.rotate();
  first.client.close();
  // As it stood in the file when the reply was lost.
  const { kid, privateKey } = last as KeyCredential;
  const torn: KeyCredential = { ...first.credential, next: { kid, privateKey } };
  const kept: KeyCredential[] = [];
  const again = await connected(torn, node, { onCredential: (changed) => void kept.push(changed) });
  expect(kept[0]).toMatchObject({ kid });
  expect(kept[0]?.next).toBeUndefined();
  expect(await again.agents.list()).toMatchObject([{ name: "bob" }]);
});

test("when the master secret has a new epoch, the agent comes for its MAC key with the next login", async () => {
  const doors = await scene({ master: { epoch: 1, secret: new Uint8Array(32).fill(7), keep: () => undefined } });
  const { credential, client } = await joined(doors, "bob");
  client.close();
  await doors.bridge.master.rotate("accepted", "yearly", operator);
  const kept: KeyCredential[] = [];
  const bob = await connected(credential, node, { onCredential: (changed) => void kept.push(changed) });
  await until(() => kept.length > 0);
  expect(kept[0]).toMatchObject({ kid: credential.kid, macKid: "bob#mac2" });
  await doors.register("alice");
  void bob.answerWith(() => true);
  const id = await doors.ask("alice", "bob", { requireEd25519: true });
  await until(() => doors.bridge.elicitations.find(id)?.state.status === "ended");
});

test("when older epochs are revoked, an agent that is connected gets its new MAC key as soon as it needs it", async () => {
  const doors = await scene({ master: { epoch: 1, secret: new Uint8Array(32).fill(7), keep: () => undefined } });
  const kept: KeyCredential[] = [];
  const { client } = await joined(doors, "bob", node, { onCredential: (changed) => void kept.push(changed) });
  await doors.register("alice");
  await doors.bridge.master.rotate("revoked", "a backup was stolen", operator);
  const id = await doors.ask("alice", "bob", { requireEd25519: true });
  const [question] = await client.inbox({ waitMs: 5_000 });
  expect(await question?.accept("still me")).toMatchObject({ id, status: "accepted" });
  expect(kept.at(-1)).toMatchObject({ macKid: "bob#mac2" });
});

test("a login that is revoked with its key ends the client; one that died of age is renewed by itself", async () => {
  const doors = await scene({ limits: { loginMs: 700 } });
  const seen: string[] = [];
  const { client, credential } = await joined(doors, "bob", node, { onStatus: ({ state }) => void seen.push(state) });
  await until(() => seen.filter((state) => state === "connected").length >= 2);
  expect(await client.agents.list()).toMatchObject([{ name: "bob" }]);
  await doors.bridge.registry.revokeKey("bob", credential.kid, "stolen", null, operator);
  await until(() => seen.at(-1) === "closed");
  await expect(client.agents.list()).rejects.toMatchObject({ code: "unauthenticated" });
});

test("two processes that sign with one key are told where to count on, and do", async () => {
  const doors = await scene();
  const { client: one, credential } = await joined(doors, "bob");
  const ahead = { ...clock, now: () => clock.now() + 60_000 };
  const other = await node.connect({ credential, clock: ahead });
  cleanups.push(other.close);
  await doors.register("alice");
  for (const bob of [one, other, one, other, one]) {
    const id = await doors.ask("alice", "bob");
    const question = (await bob.inbox({ waitMs: 5_000 })).find((held) => held.id === id);
    expect(await question?.accept("done")).toMatchObject({ status: "accepted" });
  }
});

test("without a key of its own, a client says so before it sends what would be refused", async () => {
  const doors = await scene();
  await doors.register("alice");
  const { credential } = await joined(doors, "bob");
  const { kid: _, privateKey: __, ...rest } = credential;
  const added = await doors.register("carol");
  const carol = await node.connect({ credential: { ...rest, agent: "carol", token: added.token } });
  cleanups.push(carol.close);
  const id = await doors.ask("alice", "bob", { requireEd25519: true });
  const [offer] = doors.bridge.deliver.inbox("bob").filter((item) => item.offer.id === id);
  if (offer === undefined) throw new Error("no offer");
  await expect(carol.questionOf(offer.offer).accept(1)).rejects.toMatchObject({ code: "own_signature_missing" });
});

test("a tampered signed question is refused with what differs", async () => {
  const doors = await scene();
  const { client, credential } = await joined(doors, "alice");
  await doors.register("bob");
  const { nodeSuite } = node;
  const core = {
    v: 1,
    typ: "lighthouse.question",
    aud: doors.bridge.audience,
    from: "alice",
    to: "bob",
    message: "yes?",
  };
  const rest = { schema: "x", timeoutMs: null, key: "k1", causedBy: null, requireEd25519: false, iat: 1 };
  const keys = [{ alg: "HS256", kid: credential.macKid, secret: credential.macSecret }] as const;
  const signed = await nodeSuite.sign({ ...core, ...rest }, keys, questionTyp);
  const asking = client.operate("elicitations.ask", { to: "bob", message: "no?", key: "k1", signed });
  await expect(asking).rejects.toMatchObject({
    code: "invalid_input",
    problems: [
      { pointer: "/signed/message", message: "differs from what is asked" },
      { pointer: "/signed/schema", message: "differs from what is asked" },
    ],
  });
});
