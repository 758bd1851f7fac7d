import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { expect, onTestFinished, test } from "vitest";
import { type WebSocket as Served, WebSocket, WebSocketServer } from "ws";
import { openOutbox } from "./outbox.ts";

const connected = async (): Promise<{ served: Served; socket: Duplex; client: WebSocket }> => {
  const server = createServer();
  const wss = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const upgraded = new Promise<{ served: Served; socket: Duplex }>((resolve) => {
    server.on("upgrade", (request, socket, head) => {
      wss.handleUpgrade(request, socket, head, (served) => resolve({ served, socket }));
    });
  });
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  onTestFinished(() => {
    client.terminate();
    server.close();
  });
  return { ...(await upgraded), client };
};

const nothing = (): void => undefined;

test("frames of every size arrive whole and in order, whatever is in them", async () => {
  const { socket, client } = await connected();
  const sizes = [0, 1, 125, 126, 127, 65_535, 65_536, 200_000];
  const sent = sizes.flatMap((size) => ["a".repeat(size), `é${"b".repeat(size)}`, `😀${"ü".repeat(size)}`]);
  const got: string[] = [];
  const all = new Promise<void>((resolve) => {
    client.on("message", (data) => {
      got.push(data.toString());
      if (got.length === sent.length) resolve();
    });
  });
  const outbox = openOutbox(socket);
  for (const text of sent) outbox.send(text, nothing);
  await all;
  expect(got).toEqual(sent);
});

test("what one turn sends, replies behind promises included, leaves in one write", async () => {
  const { socket, client } = await connected();
  const writes: string[] = [];
  const write = socket.write.bind(socket) as (...all: unknown[]) => boolean;
  socket.write = ((...all: unknown[]) => {
    writes.push(String(all[0]));
    return write(...all);
  }) as typeof socket.write;
  const outbox = openOutbox(socket);
  const told: number[] = [];
  const received = new Promise((resolve) => client.on("message", (data) => data.toString() === "3" && resolve(1)));
  outbox.send("1", () => told.push(1));
  await Promise.resolve().then(() => Promise.resolve());
  outbox.send("2", () => told.push(2));
  await Promise.resolve();
  outbox.send("3", () => told.push(3));
  await received;
  expect(writes).toHaveLength(1);
  expect(told).toEqual([1, 2, 3]);
});

test("a turn that sends much does not keep it: a reader is not to blame for what it was not given", async () => {
  const { socket, client } = await connected();
  let received = 0;
  const all = new Promise<void>((resolve) => client.on("message", () => ++received === 100 && resolve()));
  const outbox = openOutbox(socket);
  let waiting = 0;
  for (let i = 0; i < 100; i++) {
    outbox.send("x".repeat(10_000), nothing);
    waiting = Math.max(waiting, outbox.waitingBytes());
  }
  await all;
  expect(waiting).toBeLessThan(16_384);
});

test("what waits is written before a close, and counted until then", async () => {
  const { served, socket, client } = await connected();
  const got: string[] = [];
  client.on("message", (data) => got.push(data.toString()));
  const outbox = openOutbox(socket);
  outbox.send("last words", nothing);
  expect(outbox.waitingBytes()).toBeGreaterThan("last words".length);
  outbox.flush();
  expect(outbox.waitingBytes()).toBe(0);
  served.close(1000);
  await new Promise((resolve) => client.on("close", resolve));
  expect(got).toEqual(["last words"]);
});

test("whoever sent is told when the socket is gone", async () => {
  const { socket } = await connected();
  const outbox = openOutbox(socket);
  socket.destroy();
  const errors: (Error | undefined)[] = [];
  outbox.send("ascii", (error) => errors.push(error));
  outbox.send("not ascii: é", (error) => errors.push(error));
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(errors.map((error) => error instanceof Error)).toEqual([true, true]);
});
