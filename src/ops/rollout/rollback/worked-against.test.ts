import { expect, test } from "vitest";
import { type RolloutWorld, rolloutWorld } from "../../../../test/support/rollout-world.ts";
import { type FlagStanding, operatorOf } from "../operator.ts";
import { finishRollback } from "./go-back.ts";
import { prepareRehearsal, restoreAfterRehearsal, shadowAgents } from "./rehearsal.ts";
import { beginRollback } from "./roll-back.ts";

const ID = "rb_00000001";
const flag = "push-elicitation";

test("a rollback ends although somebody switched the arm on for a moment after the drain, and a question was pushed and answered", async () => {
  const world = await rolloutWorld();
  const bob = await world.join("bob");
  void bob.answerWith(async () => "well");
  await beginRollback(world, { id: ID, flag, scope: { kind: "full" }, reason: "it smells" });
  const ports = world.controller();
  let isOver = false;
  const probe: typeof ports.probe = async () => {
    if (!isOver) {
      isOver = true;
      const { fence } = await world.operator.operate<FlagStanding>("flags.get", { name: flag });
      await world.operator.operate("flags.restore", {
        name: flag,
        percentage: 100,
        targets: [],
        fence,
        reason: "oops",
      });
      await world.t.ask("operator", "bob", { message: "in between" });
      await world.advance(5_000);
      await world.operator.operate("flags.kill", { name: flag, reason: "back again" });
    }
    return { ok: true, ms: 1, says: "answered" };
  };
  expect(await finishRollback({ ...ports, probe }, ID)).toMatchObject({ ok: true });
  const story = await world.story();
  expect(story.filter(({ type }) => type === "rollback.finished")).toHaveLength(1);
});

test("an operator who goes on with another's rehearsal leaves that one's questions to end, and everything else as it was", async () => {
  const world = await rolloutWorld();
  const scope = { kind: "partial", agents: shadowAgents(ID), roles: [] } as const;
  const { rollback } = await beginRollback(world, { id: ID, flag, scope, reason: "r", rehearsal: true });
  if (rollback === null) throw new Error("it did not begin");
  await prepareRehearsal(world.operator, rollback);
  const other = operatorOf(await world.join("another", {}, ["admin"]));
  await restoreAfterRehearsal(other, rollback);
  expect(await stillThere(world)).toEqual([]);
});

const stillThere = async ({ operator }: RolloutWorld): Promise<readonly string[]> => {
  const { agents } = await operator.operate<{
    readonly agents: readonly { readonly name: string; readonly status: string }[];
  }>("agents.list", {});
  return agents.flatMap(({ name, status }) => (shadowAgents(ID).includes(name) && status === "active" ? [name] : []));
};
