import { expect, test } from "vitest";
import { manualTime } from "../../../test/support/manual-time.ts";
import { paced } from "./paced.ts";

const START = 1_767_571_200_000;
const signal = new AbortController().signal;

test("work leaves on schedule, whether or not earlier work has come back", async () => {
  const time = manualTime(START);
  const finish: (() => void)[] = [];
  const results = paced(
    { perSecond: 10, count: 3 },
    { clock: time, scheduler: time, signal },
    (index) =>
      new Promise<number>((resolve) => {
        finish[index] = () => resolve(index);
      }),
  );
  await time.advance(200);
  expect(finish).toHaveLength(3);
  for (const done of finish.toReversed()) done();
  expect((await results).map(({ intendedUs, leftUs, result }) => [intendedUs, leftUs, result])).toEqual([
    [0, 0, 0],
    [100_000, 100_000, 1],
    [200_000, 200_000, 2],
  ]);
});

test("a stall is paid for by everything that it held up: times count from when work should have left", async () => {
  const time = manualTime(START);
  let stalledMs = 0;
  // A process that does not get to run: every timer is late by as much.
  const scheduler = { after: (ms: number, task: () => void) => time.after(ms + stalledMs, task) };
  const results = paced({ perSecond: 10, count: 4 }, { clock: time, scheduler, signal }, async () => {
    stalledMs = 250;
  });
  await time.advance(2_000);
  const late = (await results).map(({ intendedUs, endedUs }) => (endedUs - intendedUs) / 1_000);
  expect(late).toEqual([0, 250, 150, 50]);
});

test("cut off, it rejects with the reason and begins nothing more", async () => {
  const time = manualTime(START);
  const stop = new AbortController();
  let begun = 0;
  const results = paced(
    { perSecond: 10, count: 100 },
    { clock: time, scheduler: time, signal: stop.signal },
    async () => {
      begun++;
    },
  );
  results.catch(() => undefined);
  await time.advance(500);
  stop.abort(new Error("enough"));
  await time.advance(5_000);
  await expect(results).rejects.toThrow("enough");
  expect(begun).toBe(6);
});
