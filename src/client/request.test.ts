import { describe, expect, test } from "vitest";
import { type ClientLimits, clientLimits } from "./limit.ts";
import { requestQueue } from "./request.ts";

interface Sent {
  readonly id: number;
  readonly method: string;
}

const queueWith = (limits: Partial<ClientLimits> = {}) => {
  const queue = requestQueue({ ...clientLimits, ...limits });
  const settled: unknown[] = [];
  const add = (method: string, repeatable = true): void =>
    queue.add(
      method,
      {},
      repeatable,
      (result) => settled.push(result),
      (error) => settled.push(error),
    );
  const connect = (): Sent[] => {
    const sent: Sent[] = [];
    queue.connected((text) => sent.push(JSON.parse(text) as Sent));
    return sent;
  };
  return { queue, settled, add, connect };
};

const methods = (sent: readonly Sent[]): readonly string[] => sent.map(({ method }) => method);

describe("requests", () => {
  test("wait for a connection, leave in order, and no more at a time than the bridge takes", () => {
    const { queue, settled, add, connect } = queueWith({ requestsInFlightMax: 2 });
    for (const method of ["a", "b", "c"]) add(method);
    const sent = connect();
    expect(methods(sent)).toEqual(["a", "b"]);

    queue.settle({ id: sent[1]?.id as number, result: "B" });
    expect(methods(sent)).toEqual(["a", "b", "c"]);
    expect(settled).toEqual(["B"]);
  });

  test("without a reply leave again over the next connection, the same byte for byte, those with one do not", () => {
    const { queue, add, connect } = queueWith();
    for (const method of ["a", "b", "c"]) add(method);
    const first = connect();
    queue.settle({ id: first[1]?.id as number, result: 1 });
    queue.disconnected("cut");

    expect(connect()).toEqual([first[0], first[2]]);
  });

  test("that may not be repeated fail when they were on their way, and not when they were not", () => {
    const { queue, settled, add, connect } = queueWith({ requestsInFlightMax: 1 });
    add("first", false);
    add("second", false);
    connect();
    queue.disconnected("cut");

    expect(settled).toEqual([expect.objectContaining({ kind: "interrupted" })]);
    expect(methods(connect())).toEqual(["second"]);
  });

  test("that went out so many times without a reply may be what ends the connections, and fail", () => {
    const { queue, settled, add, connect } = queueWith({ sendsMax: 3 });
    add("poison");
    for (let n = 0; n < 3; n++) {
      expect(settled).toEqual([]);
      connect();
      queue.disconnected("cut");
    }
    expect(settled).toEqual([expect.objectContaining({ kind: "interrupted" })]);
    expect(queue.size()).toBe(0);
  });

  test("beyond what may wait are refused at once", () => {
    const { settled, add } = queueWith({ requestsInFlightMax: 1, requestsQueuedMax: 2 });
    for (let n = 0; n < 4; n++) add("a");
    expect(settled).toEqual([expect.objectContaining({ code: "too_busy" })]);
  });

  test("fail with what ended the client, then and from then on", () => {
    const { queue, settled, add, connect } = queueWith();
    add("a");
    const over = new Error("over");
    queue.end(over);
    add("b");
    expect(settled).toEqual([over, over]);
    expect(connect()).toEqual([]);
  });

  test("do not mind a reply to nothing, or twice", () => {
    const { queue, settled, add, connect } = queueWith();
    add("a");
    const [sent] = connect();
    queue.settle({ id: 99, result: 1 });
    queue.settle({ id: null, result: 1 });
    queue.settle({ id: sent?.id as number, result: 1 });
    queue.settle({ id: sent?.id as number, result: 2 });
    expect(settled).toEqual([1]);
  });

  test("refused by the bridge fail with its code, its problems and its remedy; what is not known is not guessed", () => {
    const { queue, settled, add, connect } = queueWith();
    for (const method of ["a", "b", "c"]) add(method);
    const [a, b, c] = connect();
    const problems = [{ pointer: "/to", message: "is missing" }];
    queue.settle({
      id: a?.id as number,
      error: { code: -32602, message: "", data: { code: "invalid_input", detail: "1", problems } },
    });
    queue.settle({ id: b?.id as number, error: { code: -32603, message: "the bridge failed" } });
    queue.settle({ id: c?.id as number, error: { code: -32999, message: "of a later bridge" } });
    expect(settled).toEqual([
      expect.objectContaining({ code: "invalid_input", problems, remedy: expect.stringContaining("Mend") }),
      expect.objectContaining({ kind: "internal" }),
      expect.objectContaining({ kind: "protocol" }),
    ]);
  });
});
