import { expect, test } from "vitest";
import { manualTime } from "../../../test/support/manual-time.ts";
import type { Recorded } from "../../domain/event.ts";
import { recentAgents } from "./recent-agents.ts";
import type { Turn } from "./story.ts";

const MINUTE_MS = 60_000;

const rig = () => {
  const clock = manualTime(0);
  const recent = recentAgents(clock);
  const ended = (to: string, ...types: readonly string[]): void => {
    for (const type of types) recent.folded({ type } as Recorded, { story: { to } } as Turn);
  };
  return { clock, recent, ended };
};
const [yes, no, late] = ["elicitation.accepted", "elicitation.declined", "elicitation.expired"];

test("an agent fails when more of its questions expired than it answered, and one alone says nothing", () => {
  const { recent, ended } = rig();
  ended("bob", late, late, yes);
  ended("carol", late, yes);
  ended("dan", late);
  ended("eve", no);
  ended("fay", "elicitation.cancelled");
  expect(recent.counts()).toEqual({ answering: 3, failing: 1 });
});

test("five minutes are remembered, minute by minute", async () => {
  const { clock, recent, ended } = rig();
  ended("bob", late);
  await clock.advance(MINUTE_MS);
  ended("bob", late);
  await clock.advance(3 * MINUTE_MS);
  expect(recent.counts()).toEqual({ answering: 0, failing: 1 });
  await clock.advance(MINUTE_MS);
  expect(recent.counts()).toEqual({ answering: 1, failing: 0 });
  await clock.advance(MINUTE_MS);
  expect(recent.counts()).toEqual({ answering: 0, failing: 0 });
});
