import { afterEach, describe, expect, it } from "vitest";
import { eventually, tcpListener } from "../../../../test/support/tcp-listener.ts";
import { dialTcp } from "../../../cli/dial-tcp.ts";
import type { Scheduler } from "../../../domain/world.ts";
import type { Line } from "./line.ts";
import { type TcpLines, tcpLines } from "./tcp.ts";

const scheduler: Scheduler = {
  // The waits of an outage, a tenth as long.
  after: (delayMs, task) => {
    const timer = setTimeout(task, delayMs / 10);
    return () => clearTimeout(timer);
  },
};

let open: TcpLines | undefined;
afterEach(() => open?.close(0));

const shipping = (port: number, bufferBytes = 10_485_760) => {
  const told = { failed: 0, dropped: 0 };
  const shipper = tcpLines({
    dial: dialTcp("127.0.0.1", port),
    scheduler,
    bufferBytes,
    watch: {
      sent: () => undefined,
      failed: () => {
        told.failed++;
      },
      dropped: (items) => {
        told.dropped += items;
      },
    },
  });
  open = shipper;
  const write = (from: number, to: number): void => {
    for (let i = from; i < to; i++) shipper.sink({} as Line, JSON.stringify({ n: i }));
  };
  return { shipper, told, write };
};
const numbers = (lines: readonly string[]) => lines.map((line) => (JSON.parse(line) as { n: number }).n);
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

describe("lines over TCP", () => {
  it("arrive once each, in order, one document a line", async () => {
    const server = await tcpListener();
    const { write, told } = shipping(server.port);
    write(0, 500);
    await eventually(() => server.lines.length === 500);
    expect(numbers(server.lines)).toEqual(range(0, 500));
    expect(told).toEqual({ failed: 0, dropped: 0 });
    await server.kill();
  });

  it("that are written while the other side is dead all arrive when it is back", async () => {
    const first = await tcpListener();
    const { write, told } = shipping(first.port);
    write(0, 50);
    await eventually(() => first.lines.length === 50);
    await first.kill();
    await eventually(() => told.failed > 0);
    write(50, 150);
    const second = await tcpListener(first.port);
    await eventually(() => second.lines.length === 100);
    expect(numbers(second.lines)).toEqual(range(50, 150));
    expect(told.dropped).toBe(0);
    await second.kill();
  });

  it("that nobody was ever there for wait for the first one who is", async () => {
    const reserved = await tcpListener();
    await reserved.kill();
    const { write, told } = shipping(reserved.port);
    write(0, 20);
    await eventually(() => told.failed >= 2);
    const server = await tcpListener(reserved.port);
    await eventually(() => server.lines.length === 20);
    await server.kill();
  });

  it("beyond the buffer are given up, the newest first, and counted exactly", async () => {
    const reserved = await tcpListener();
    await reserved.kill();
    const { write, told, shipper } = shipping(reserved.port, 100);
    write(10, 40);
    expect(shipper.waitingBytes()).toBeLessThanOrEqual(100);
    const kept = 30 - told.dropped;
    expect(told.dropped).toBeGreaterThan(0);
    const server = await tcpListener(reserved.port);
    await eventually(() => server.lines.length === kept);
    expect(numbers(server.lines)).toEqual(range(10, 10 + kept));
    await server.kill();
  });

  it("leave before it closes, and what cannot is counted", async () => {
    const server = await tcpListener();
    const { write, shipper } = shipping(server.port);
    write(0, 1);
    await eventually(() => server.lines.length === 1);
    write(1, 2_000);
    await shipper.close(5_000);
    await eventually(() => server.lines.length === 2_000);
    await server.kill();

    const { write: into, told, shipper: lost } = shipping(server.port);
    into(0, 3);
    await lost.close(10);
    expect(told.dropped).toBe(3);
  });
});
