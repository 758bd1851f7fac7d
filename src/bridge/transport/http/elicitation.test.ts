import { expect, test } from "vitest";
import { type ElicitationView, httpDoor } from "../../../../test/support/http-door.ts";
import type { Offer } from "../../../domain/answer.ts";

const schema = { type: "object", properties: { port: { type: "integer" } }, required: ["port"] };

/** A bridge with Alice, who asks, Bob, who answers, and Carol, whom it does not concern. */
const trio = async () => {
  const door = await httpDoor();
  const [alice, bob, carol] = [await door.register("alice"), await door.register("bob"), await door.register("carol")];
  const ask = async (more: object = {}) => {
    const asked = await door.call({
      url: "/v1/elicitations",
      as: alice,
      body: { to: "bob", message: "which port?", schema, ...more },
    });
    expect(asked.status).toBe(201);
    return asked.json<{ id: string; deadline: number; status: string; reach: object; repeated: boolean }>();
  };
  const answer = (id: string, jws: object, as = bob) =>
    door.call({ url: `/v1/elicitations/${id}/answer`, as, body: { answer: jws } });
  return { ...door, alice, bob, carol, ask, answer };
};

test("ask, inbox, claim, answer, read: the asker reads exactly the content that was signed", async () => {
  const t = await trio();
  const { id, status, reach } = await t.ask();
  expect({ status, reach }).toEqual({ status: "asked", reach: { state: "never_seen", class: "none" } });

  const inbox = (await t.call({ url: "/v1/inbox", as: t.bob })).json<{ items: { offer: Offer; status: string }[] }>();
  expect(inbox.items.map(({ offer }) => offer.id)).toEqual([id]);
  const claimed = await t.call({ url: `/v1/elicitations/${id}/claim`, as: t.bob, body: { holder: "worker-1" } });
  expect(claimed.json<ElicitationView>().status).toBe("claimed");
  const offer = inbox.items[0]?.offer as Offer;
  const answered = await t.answer(id, t.bob.sign(offer, { action: "accept", content: { port: 8765 } }));

  expect(answered.status).toBe(200);
  const read = await t.call({ url: `/v1/elicitations/${id}`, as: t.alice });
  expect(read.json<ElicitationView>()).toMatchObject({ status: "accepted", content: { port: 8765 } });
  const receipt = await t.call({ url: `/v1/elicitations/${id}/receipt`, as: t.alice });
  expect(receipt.json<{ steps: { what: string }[] }>().steps.map((step) => step.what)).toEqual([
    "asked",
    "offered",
    "claimed",
    "accepted",
  ]);
  expect(t.faults).toEqual([]);
});

test("a stranger to an elicitation is told that there is none: its question, its answer, its receipt and its wait", async () => {
  const t = await trio();
  const { id } = await t.ask();
  for (const url of ["", "/receipt", "/wait?waitMs=1000"].map((rest) => `/v1/elicitations/${id}${rest}`)) {
    const seen = await t.call({ url, as: t.carol });
    expect([url, seen.status, seen.problem().code]).toEqual([url, 404, "not_found"]);
  }
  expect((await t.call({ url: "/v1/inbox", as: t.carol })).json()).toEqual({ items: [], next: null });
  const events = (await t.call({ url: `/v1/events?stream=elicitation/${id}`, as: t.carol })).json<{ events: [] }>();
  expect(events.events).toEqual([]);
});

test("an auditor reads what it is no party of, and still cannot answer it", async () => {
  const t = await trio();
  const auditor = await t.register("auditor", ["auditor"]);
  const { id } = await t.ask();
  expect((await t.call({ url: `/v1/elicitations/${id}`, as: auditor })).status).toBe(200);
  const jws = auditor.sign(t.bob.offer(id), { action: "accept", content: { port: 1 } });
  expect((await t.answer(id, jws, auditor)).problem().code).toBe("forbidden");
});

test("50 answers at once: one is recorded, 49 are told that it has ended, and the log holds one end", async () => {
  const t = await trio();
  const { id } = await t.ask();
  const offer = t.bob.offer(id);
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, port) => t.answer(id, t.bob.sign(offer, { action: "accept", content: { port } }))),
  );

  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  const refused = answers.filter(({ status }) => status === 409);
  expect(refused).toHaveLength(49);
  expect(new Set(refused.map((answer) => answer.problem().code))).toEqual(new Set(["already_ended"]));
  const ends = (await t.events()).filter(({ type }) => /accepted|declined|cancelled|expired/.test(type));
  expect(ends).toHaveLength(1);
});

test("the same answer, byte for byte, sent again is the same result again and no second event", async () => {
  const t = await trio();
  const { id } = await t.ask();
  const jws = t.bob.sign(t.bob.offer(id), { action: "accept", content: { port: 1 } });
  const [first, second] = [await t.answer(id, jws), await t.answer(id, jws)];
  expect([first.status, second.status]).toEqual([200, 200]);
  expect(second.json()).toEqual(first.json());
  expect((await t.events()).filter(({ type }) => type === "elicitation.accepted")).toHaveLength(1);
});

test.each([
  { early: 1, status: 200, end: "elicitation.accepted" },
  { early: 0, status: 410, end: "elicitation.expired" },
  { early: -1, status: 410, end: "elicitation.expired" },
])("an answer $early ms before the deadline: $status, and exactly one end: $end", async ({ early, status, end }) => {
  const t = await trio();
  const { id } = await t.ask({ timeoutMs: 5_000 });
  const jws = t.bob.sign(t.bob.offer(id), { action: "accept", content: { port: 1 } });

  // The clock alone moves: no timer has told the bridge, which has to see for itself.
  t.clock.jump(5_000 - early);
  expect((await t.answer(id, jws)).status).toBe(status);
  await t.clock.advance(10_000);

  const ends = (await t.events()).filter(({ type }) => /accepted|declined|cancelled|expired/.test(type));
  expect(ends.map(({ type }) => type)).toEqual([end]);
  expect((await t.call({ url: "/v1/inbox", as: t.bob })).json()).toEqual({ items: [], next: null });
});

test("answers that race with the clock's own expiry: each question ends once, and its answerer is told how", async () => {
  const t = await trio();
  const race = async (turns: number): Promise<string> => {
    const { id } = await t.ask({ timeoutMs: 1_000 });
    const jws = t.bob.sign(t.bob.offer(id), { action: "accept", content: { port: 1 } });
    const passing = t.clock.advance(1_000);
    for (let n = 0; n < turns; n++) await new Promise((resolve) => setImmediate(resolve));
    const { status } = await t.answer(id, jws);
    await passing;
    const ends = (await t.events()).filter(
      ({ stream, type }) => stream.endsWith(id) && /accepted|declined|cancelled|expired/.test(type),
    );
    // Late is 410 for whoever finds the deadline passed, 409 for whoever finds that recorded.
    expect([200, 409, 410]).toContain(status);
    expect(ends.map(({ type }) => type)).toEqual([status === 200 ? "elicitation.accepted" : "elicitation.expired"]);
    return ends[0]?.type as string;
  };
  const ends = new Set<string>();
  for (let n = 0; n < 100; n++) ends.add(await race(n % 10));
  expect(t.faults).toEqual([]);
  expect(ends).toEqual(new Set(["elicitation.accepted", "elicitation.expired"]));
});

test("cancelled is cancelled: not declined, not expired, and twice is once", async () => {
  const t = await trio();
  const { id } = await t.ask();
  const cancel = () => t.call({ url: `/v1/elicitations/${id}/cancel`, as: t.alice, body: { reason: "found it" } });
  expect((await cancel()).json<ElicitationView>()).toMatchObject({ status: "cancelled", reason: "found it" });
  expect((await cancel()).status).toBe(200);
  expect((await t.events()).filter(({ type }) => type === "elicitation.cancelled")).toHaveLength(1);
});

test("an answer that is neither accept nor decline is refused and leaves the question open", async () => {
  const t = await trio();
  const { id } = await t.ask();
  const jws = t.bob.sign(t.bob.offer(id), { action: "banana", content: { port: 1 } } as never);
  const refused = await t.answer(id, jws);
  expect(refused.status).toBe(409);
  expect(refused.problem().problems).toContainEqual({ pointer: "/action", message: 'must be "accept" or "decline"' });
  expect((await t.call({ url: `/v1/elicitations/${id}`, as: t.alice })).json<ElicitationView>().status).toBe("asked");
});

test("content that does not fit comes back with a pointer to every problem, and can be mended", async () => {
  const t = await trio();
  const strict = {
    ...schema,
    properties: { port: { type: "integer" }, host: { type: "string" } },
    required: ["port", "host"],
  };
  const { id } = await t.ask({ schema: strict });
  const offer = t.bob.offer(id);
  const wrong = await t.answer(id, t.bob.sign(offer, { action: "accept", content: { port: "high", host: 7 } }));
  expect(wrong.status).toBe(422);
  expect(
    wrong
      .problem()
      .problems?.map(({ pointer }) => pointer)
      .sort(),
  ).toEqual(["/host", "/port"]);
  const right = await t.answer(id, t.bob.sign(offer, { action: "accept", content: { port: 1, host: "a" } }));
  expect(right.status).toBe(200);
});

test.each([-5, 0, 1e9, 1.5, "5", null, true, [5_000]])(
  "a timeout of %j is refused where it stands",
  async (timeoutMs) => {
    const t = await trio();
    const refused = await t.call({
      url: "/v1/elicitations",
      as: t.alice,
      body: { to: "bob", message: "when?", timeoutMs },
    });
    expect(refused.status).toBe(400);
    expect(refused.problem().problems?.map(({ pointer }) => pointer)).toContain("/timeoutMs");
  },
);

test("everything wrong with a request is told at once, each with a pointer to it", async () => {
  const t = await trio();
  const refused = await t.call({
    url: "/v1/elicitations",
    as: t.alice,
    body: {
      to: "bob smith",
      message: "",
      timeoutMs: 5_000.5,
      key: "",
      causedBy: "nothing",
      priority: 1,
      "a/b~c": 2,
      from: "bob",
    },
  });
  expect(refused.status).toBe(400);
  expect(
    refused
      .problem()
      .problems?.map(({ pointer }) => pointer)
      .sort(),
  ).toEqual(["/a~1b~0c", "/causedBy", "/from", "/key", "/message", "/priority", "/timeoutMs", "/to"]);
});

test("an idempotency key asks once, in the body or as a header, also when both requests are under way", async () => {
  const t = await trio();
  const body = { to: "bob", message: "which port?", schema };
  const asked = await Promise.all([
    t.call({ url: "/v1/elicitations", as: t.alice, body, headers: { "idempotency-key": "k1" } }),
    t.call({ url: "/v1/elicitations", as: t.alice, body, headers: { "idempotency-key": '"k1"' } }),
    t.call({ url: "/v1/elicitations", as: t.alice, body: { ...body, key: "k1" } }),
  ]);
  expect(new Set(asked.map((answer) => answer.json<{ id: string }>().id)).size).toBe(1);
  expect((await t.events()).filter(({ type }) => type === "elicitation.asked")).toHaveLength(1);
});

test("a key in the header and another in the body contradict each other", async () => {
  const t = await trio();
  const refused = await t.call({
    url: "/v1/elicitations",
    as: t.alice,
    body: { to: "bob", message: "m", key: "k1" },
    headers: { "idempotency-key": "k2" },
  });
  expect(refused.status).toBe(400);
  expect(refused.problem().problems?.[0]?.pointer).toBe("/key");
});

test("an operation that does again what is asked again refuses an idempotency key instead of ignoring it", async () => {
  const t = await trio();
  const { id } = await t.ask();
  const refused = await t.call({
    url: `/v1/elicitations/${id}/form`,
    as: t.bob,
    body: {},
    headers: { "idempotency-key": "k1" },
  });
  expect([refused.status, refused.problem().problems?.[0]?.message]).toEqual([
    400,
    "this operation takes no Idempotency-Key: repeating it does it again",
  ]);
});

test("an append and an inquiry take the key from its header, and are done once", async () => {
  const t = await trio();
  const twice = async (url: string, body: object) => {
    const call = () => t.call({ url, as: t.alice, body, headers: { "idempotency-key": "k1" } });
    return [await call(), await call()].map((answer) => [answer.status, answer.json<{ id: string }>().id]);
  };
  for (const [url, body] of [
    ["/v1/events", { name: "build.done", payload: 1 }],
    ["/v1/inquiries", { to: ["bob"], message: "Ship it?" }],
  ] as const) {
    const [first, second] = await twice(url, body);
    expect(first?.[0]).toBe(201);
    expect(second).toEqual(first);
  }
});

test("the trace that a request brings is kept with the event it led to", async () => {
  const t = await trio();
  const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  await t.call({ url: "/v1/elicitations", as: t.alice, body: { to: "bob", message: "m" }, headers: { traceparent } });
  expect((await t.events()).find(({ type }) => type === "elicitation.asked")?.trace).toBe(traceparent);
});
