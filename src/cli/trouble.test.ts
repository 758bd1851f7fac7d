import { expect, test } from "vitest";
import { manualTime } from "../../test/support/manual-time.ts";
import { sayTrouble } from "./trouble.ts";

test("trouble is said once, again when it is another, and when it is over", async () => {
  const time = manualTime(Date.UTC(2026, 0, 5));
  let wrong: string | undefined;
  const said: string[] = [];
  const trouble = sayTrouble({ clock: time, scheduler: time, look: () => wrong, say: (text) => said.push(text) });

  await time.advance(20_000);
  wrong = "the disk is full";
  await time.advance(20_000);
  wrong = "emergency: disk";
  await time.advance(5_000);
  wrong = undefined;
  await time.advance(5_000);
  expect(said).toEqual([
    "2026-01-05T00:00:25.000Z  the disk is full",
    "2026-01-05T00:00:45.000Z  emergency: disk",
    "2026-01-05T00:00:50.000Z  all is well again",
  ]);
  trouble.stop();
  expect(time.pending()).toBe(0);
});
