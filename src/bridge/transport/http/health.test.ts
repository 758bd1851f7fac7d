import { expect, test } from "vitest";
import { httpDoor } from "../../../../test/support/http-door.ts";
import { refusal } from "../../../domain/refusal.ts";

const PATHS = ["/health", "/ready", "/elicitation/health", "/event-store/health"];

test("a bridge that can record is well, needs no credential to say so, and names nobody", async () => {
  const door = await httpDoor();
  const alice = await door.register("alice");
  await door.register("bob");
  await door.ask("alice", "bob");
  await door.clock.advance(1_500);
  const pages = await Promise.all(PATHS.map((url) => door.call({ url })));
  expect(pages.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  expect(pages[0]?.json()).toEqual({
    status: "ok",
    mode: "normal",
    log: { writable: true, position: 4 },
    open: 1,
    connections: 0,
    version: "0.0.0-test",
    uptimeMs: 1_500,
  });
  expect(pages[1]?.json()).toEqual({ ready: true });
  expect(pages[2]?.json()).toEqual({ status: "ok", open: 1, deadlines: 1, agents: 2, agentsConnected: 0 });
  expect(pages[3]?.json()).toEqual({ status: "ok", writable: true, head: door.log.head() });
  for (const { text } of pages) expect(text).not.toMatch(new RegExp(`alice|bob|${alice.token}`));
});

test("a log that cannot be written makes every page fail with the reason, until it can be written again", async () => {
  const door = await httpDoor();
  await door.register("alice");
  await door.register("bob");
  door.disk.break(Object.assign(new Error("no space left"), { code: "ENOSPC" }));
  await expect(door.ask("alice", "bob")).rejects.toThrow("log_unavailable");

  const failing = await Promise.all(PATHS.map((url) => door.call({ url })));
  expect(failing.map(({ status }) => status)).toEqual([503, 503, 503, 503]);
  const reason = expect.stringContaining("the disk is full");
  expect(failing[0]?.json()).toMatchObject({ status: "failing", reason, log: { writable: false, reason } });
  expect(failing[1]?.json()).toEqual({ ready: false, reason });
  expect(failing[2]?.json()).toMatchObject({ status: "failing", reason });
  expect(failing[3]?.json()).toMatchObject({
    status: "failing",
    writable: false,
    failingSince: door.clock.now(),
    reason,
  });

  door.disk.mend();
  await door.clock.advance(1_000);
  expect((await door.call({ url: "/health" })).status).toBe(200);
});

test("a bridge that cannot record still serves what is recorded", async () => {
  const door = await httpDoor();
  const [alice] = [await door.register("alice"), await door.register("bob")];
  const id = await door.ask("alice", "bob");
  door.disk.break(new Error("i/o error"));
  await expect(door.ask("alice", "bob")).rejects.toThrow("log_unavailable");
  expect((await door.call({ url: `/v1/elicitations/${id}`, as: alice })).status).toBe(200);
  expect((await door.call({ url: "/v1/events", as: alice })).status).toBe(200);
});

test("a deadline that fell due while nothing could be recorded is met when it can, with its true time", async () => {
  const door = await httpDoor();
  await door.register("alice");
  await door.register("bob");
  const id = await door.ask("alice", "bob", { timeoutMs: 5_000 });
  const deadline = door.clock.now() + 5_000;
  door.disk.break(new Error("i/o error"));
  await door.clock.advance(60_000);
  expect((await door.events()).at(-1)?.type).toBe("elicitation.asked");
  door.disk.mend();
  await door.clock.advance(2_000);
  expect(door.bridge.elicitations.find(id)?.state).toMatchObject({ end: { how: "expired", deadline } });
  expect((await door.events()).filter(({ type }) => type === "elicitation.expired")).toHaveLength(1);
});

test("a stopped bridge is not well and says why", async () => {
  const door = await httpDoor();
  await door.bridge.stop(refusal("shutting_down", "for an update"));
  const page = await door.call({ url: "/health" });
  expect([page.status, page.json()["reason"]]).toEqual([503, "stopped: for an update"]);
  expect((await door.call({ url: "/ready" })).json()).toEqual({ ready: false, reason: "stopped: for an update" });
});

test("the newest checkpoint is shown where one is kept", async () => {
  const checkpoint = { size: 3, root: "cm9vdA==", at: 1_767_571_200_000 };
  const door = await httpDoor({ http: { lastCheckpoint: () => checkpoint } });
  expect((await door.call({ url: "/event-store/health" })).json()).toMatchObject({ checkpoint });
});

test("a load balancer's HEAD gets the status alone", async () => {
  const door = await httpDoor();
  const head = await door.call({ method: "HEAD", url: "/health" });
  expect([head.status, head.text]).toEqual([200, ""]);
});
