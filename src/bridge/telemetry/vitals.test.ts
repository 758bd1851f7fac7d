import { expect, test } from "vitest";
import { signals } from "../../domain/signal.ts";
import { openSeries } from "./series.ts";
import { vitalsFrom } from "./vitals.ts";

const measured = () => {
  const series = openSeries(Object.values(signals), () => undefined);
  let now = 0;
  const read = vitalsFrom({
    series,
    clock: { monotonic: () => now },
    windowMs: 60_000,
    disk: async () => ({ freeBytes: 3, sizeBytes: 100 }),
  });
  const append = (seconds: number, times = 1): void => {
    for (let n = 0; n < times; n++) series.record(signals.logAppend, {}, seconds);
  };
  const ended = (status: "accepted" | "error" | "rejected", times: number): void =>
    series.add(signals.elicitationsEnded, { status, arm: "canary" }, times);
  const pass = (ms: number): void => {
    now += ms;
  };
  return { read, append, ended, pass };
};

test("before anything happened, there is nothing but the disk", async () => {
  const { read } = measured();
  expect(await read()).toEqual({ appends: 0, appendP99Ms: 0, calls: 0, errorShare: 0, diskFreeShare: 0.03 });
});

test("appends are read as the bound of the bucket of their 99th percentile, beyond the last as twice that", async () => {
  const { read, append } = measured();
  append(0.004, 99);
  append(0.4);
  expect(await read()).toMatchObject({ appends: 100, appendP99Ms: 5 });
  append(0.4, 5);
  expect(await read()).toMatchObject({ appendP99Ms: 500 });
  append(9, 5);
  expect(await read()).toMatchObject({ appendP99Ms: 2_000 });
});

test("errors are a share of what came to something; what was refused at the door does not count", async () => {
  const { read, ended } = measured();
  ended("accepted", 18);
  ended("error", 2);
  ended("rejected", 1_000);
  expect(await read()).toMatchObject({ calls: 20, errorShare: 0.1 });
});

test("what is longer ago than the window is forgotten", async () => {
  const { read, ended, append, pass } = measured();
  ended("error", 50);
  append(5, 50);
  expect(await read()).toMatchObject({ errorShare: 1, appends: 50 });
  pass(30_000);
  expect(await read()).toMatchObject({ errorShare: 1 });
  pass(31_000);
  ended("accepted", 10);
  expect(await read()).toMatchObject({ errorShare: 0, calls: 10, appends: 0 });
});
