import { EventEmitter } from "node:events";
import type { ServerResponse } from "node:http";
import { expect, test } from "vitest";
import { openExchange } from "./exchange.ts";

const opened = () => {
  const response = new EventEmitter();
  const exchange = openExchange(response as ServerResponse);
  let left = 0;
  exchange.onFlushed(() => left++);
  return { response, exchange, left: () => left };
};

test("a reply that was handed over whole has left, once", () => {
  const { response, exchange, left } = opened();
  response.emit("finish");
  response.emit("finish");
  response.emit("close");
  expect([left(), exchange.signal.aborted]).toEqual([1, false]);
});

test("a connection that closed before has taken nothing, and whoever waits for the reply is let go", () => {
  const { response, exchange, left } = opened();
  response.emit("close");
  expect([left(), exchange.signal.aborted]).toEqual([0, true]);
});

test("a wait can be ended although the client is still there, and its reply leaves all the same", () => {
  const { response, exchange, left } = opened();
  exchange.abort();
  expect(exchange.signal.aborted).toBe(true);
  response.emit("finish");
  expect(left()).toBe(1);
});
