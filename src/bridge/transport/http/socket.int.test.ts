import { connect, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { openDoors } from "../../../../test/support/open-doors.ts";
import { until } from "../../../../test/support/until.ts";
import type { ProblemBody } from "./problem.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

const scene = async (options: Parameters<typeof openDoors>[0] = {}) => {
  const doors = await openDoors(options);
  cleanups.push(doors.shut);
  const [alice, bob] = [await doors.register("alice"), await doors.register("bob")];
  const offered = async () => (await doors.events()).filter(({ type }) => type === "elicitation.offered");
  return { ...doors, alice, bob, offered };
};

/** A connection that says exactly these bytes. */
const say = (port: number, text: string): { readonly socket: Socket; readonly heard: () => string } => {
  const socket = connect(port, "127.0.0.1");
  cleanups.push(() => socket.destroy());
  let heard = "";
  socket.on("data", (chunk) => {
    heard += String(chunk);
  });
  socket.on("error", () => undefined);
  socket.write(text);
  return { socket, heard: () => heard };
};

const get = (url: string, authorization: string): string =>
  `GET ${url} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: ${authorization}\r\n\r\n`;

describe("a long poll whose client goes away", () => {
  test("ends at once: nothing waits for it, and what comes later is not noted as offered to it", async () => {
    const t = await scene();
    const timers = t.clock.pending();
    const { socket } = say(t.port, get("/v1/inbox?waitMs=30000", t.bob.headers.authorization));
    await until(() => t.bridge.deliver.counts().connections === 1);
    expect(t.clock.pending()).toBe(timers + 1);

    socket.destroy();
    await until(() => t.bridge.deliver.counts().connections === 0);
    expect(t.clock.pending()).toBe(timers);
    await t.ask("alice", "bob");
    expect(await t.offered()).toEqual([]);
    expect(t.faults).toEqual([]);
  });

  test("leaves its place to another", async () => {
    const t = await scene({ limits: { longPollsPerAgentMax: 1 } });
    const poll = () => say(t.port, get("/v1/inbox?waitMs=30000", t.bob.headers.authorization));
    const first = poll();
    await until(() => t.bridge.deliver.counts().connections === 1);
    const second = poll();
    await until(() => second.heard().includes("too_busy"));
    first.socket.destroy();
    await until(() => t.bridge.deliver.counts().connections === 0);
    poll();
    await until(() => t.bridge.deliver.counts().connections === 1);
  });

  test("one whose client is still there when the question comes is noted as offered by poll", async () => {
    const t = await scene();
    const { heard } = say(t.port, get("/v1/inbox?waitMs=30000", t.bob.headers.authorization));
    await until(() => t.bridge.deliver.counts().connections === 1);
    const id = await t.ask("alice", "bob");
    await until(() => heard().includes(id));
    const [event] = await until(async () => (await t.offered()).length === 1 && t.offered());
    expect(event?.data).toMatchObject({ via: "poll" });
  });

  test("one that broke in the middle of its request is no fault", async () => {
    const t = await scene();
    const { socket } = say(
      t.port,
      `POST /v1/elicitations HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: ${t.alice.headers.authorization}\r\n` +
        'Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"to":',
    );
    await new Promise((resolve) => socket.once("connect", resolve));
    await new Promise((resolve) => setTimeout(resolve, 20));
    socket.destroy();
    expect((await t.call({ url: "/health" })).status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(t.faults).toEqual([]);
  });
});

describe("what is not HTTP is answered as far as it can be", () => {
  test.each([
    ["noise", "hello there\r\n\r\n", 400, "invalid_input"],
    ["a broken header", "GET / HTTP/1.1\r\nHost 127.0.0.1\r\n\r\n", 400, "invalid_input"],
    [
      "headers without end",
      `GET / HTTP/1.1\r\nHost: a\r\nX-Long: ${"x".repeat(20_000)}\r\n\r\n`,
      431,
      "header_too_large",
    ],
    [
      "two lengths",
      "POST /v1/elicitations HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
      400,
      "invalid_input",
    ],
    [
      "a length and chunks, which smuggles a second request past a proxy",
      "POST /v1/elicitations HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      400,
      "invalid_input",
    ],
  ])("%s", async (_what, bytes, status, code) => {
    const t = await scene();
    const { socket, heard } = say(t.port, bytes);
    await new Promise((resolve) => socket.once("close", resolve));
    const [head = "", body = ""] = heard().split("\r\n\r\n", 2);
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(head).toContain("application/problem+json");
    expect((JSON.parse(body) as ProblemBody).code).toBe(code);
    expect(t.faults).toEqual([]);
  });
});

test("a stranger's large body is refused without being taken", async () => {
  const t = await scene();
  const { heard } = say(
    t.port,
    "POST /v1/elicitations HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 900000\r\n\r\n{",
  );
  await until(() => heard().includes("\r\n\r\n"));
  expect(heard()).toMatch(/^HTTP\/1.1 401 /);
});

test("an agent's body that says it is too large is refused without being taken", async () => {
  const t = await scene();
  const { heard } = say(
    t.port,
    `POST /v1/elicitations HTTP/1.1\r\nHost: a\r\nAuthorization: ${t.alice.headers.authorization}\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${t.limits.messageBytesMax + 1}\r\n\r\n{`,
  );
  await until(() => heard().includes("too_large"));
  expect(heard()).toMatch(/^HTTP\/1.1 413 /);
});

test("a body in chunks that never says its length ends where the limit is", async () => {
  const t = await scene();
  const { socket, heard } = say(
    t.port,
    `POST /v1/elicitations HTTP/1.1\r\nHost: a\r\nAuthorization: ${t.alice.headers.authorization}\r\n` +
      "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
  );
  const chunk = `10000\r\n${"x".repeat(0x10000)}\r\n`;
  for (let n = 0; n < 40 && !heard().includes("too_large"); n++) {
    socket.write(chunk);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await until(() => heard().includes("too_large"));
});

test("a request that does not come to its end does not keep the door from closing", async () => {
  const t = await scene();
  const { socket } = say(
    t.port,
    `POST /v1/elicitations HTTP/1.1\r\nHost: a\r\nAuthorization: ${t.alice.headers.authorization}\r\n` +
      'Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"to":',
  );
  await new Promise((resolve) => socket.once("connect", resolve));
  await new Promise((resolve) => setTimeout(resolve, 20));
  let isClosed = false;
  const closing = t.app.close().then(() => {
    isClosed = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(isClosed).toBe(false);
  await t.clock.advance(5_000);
  await closing;
});
