import { expect, test } from "vitest";
import { httpDoor } from "../../../../test/support/http-door.ts";
import { signOffLine } from "../../../domain/sign-off.ts";

const day = 86_400_000;

const scene = async () => {
  const door = await httpDoor();
  const admin = await door.register("admin", ["admin"]);
  const olga = await door.register("olga");
  const other = await door.register("second", ["system"]);
  const at = (days: number): number => door.clock.now() + days * day;
  const open = async (more: object = {}): Promise<string> => {
    const finding = {
      check: "alerts.delivered",
      title: "Alerts",
      severity: "major",
      review: "rv-1",
      what: "no",
      due: at(9),
    };
    const reply = await door.call({ url: "/v1/conditions", as: other, body: { ...finding, ...more } });
    return (reply.json() as { readonly id: string }).id;
  };
  const act = (as: typeof admin, id: string, verb: string, body: object) =>
    door.call({ url: `/v1/conditions/${id}/${verb}`, as, body });
  const run = (more: object = {}) => ({
    passed: true,
    digest: "a".repeat(64),
    ranAt: at(0),
    prober: "prober",
    ...more,
  });
  return { door, admin, olga, other, at, open, act, run };
};

test("a condition is opened, taken on, claimed, and closed by a later run of somebody else; the census names it", async () => {
  const { door, olga, other, at, open, act, run } = await scene();
  const id = await open();
  await act(olga, id, "acknowledge", { due: at(5) });
  expect((await act(olga, id, "claim", { note: "set up", evidence: [] })).json()).toMatchObject({
    standing: "claimed",
  });
  door.clock.jump(1_000);
  expect((await act(other, id, "resolve", run())).json()).toMatchObject({ standing: "closed", owner: "olga" });

  const census = await door.call({ url: "/v1/conditions/census", as: other, body: { review: "rv-2" } });
  expect(census.json()).toMatchObject({ conditions: [{ id, standing: "closed" }] });
  const events = await door.events();
  expect(events.map(({ type }) => type).filter((type) => type.startsWith("condition."))).toEqual([
    "condition.opened",
    "condition.acknowledged",
    "condition.claimed",
    "condition.closed",
    "condition.census",
  ]);
  const stated = events.find(({ type }) => type === "condition.census");
  expect(stated?.data).toEqual({ review: "rv-2", conditions: [{ id, revision: 3 }], signOffs: [] });
});

test("workers mend and do not judge; only an admin waives, never a blocker", async () => {
  const { admin, olga, other, at, open, act, run } = await scene();
  const [id, blocker] = [await open(), await open({ severity: "blocker" })];
  expect((await act(olga, id, "resolve", run())).problem().code).toBe("forbidden");
  const waiver = { reason: "known", until: at(3) };
  expect((await act(other, id, "waive", waiver)).problem().code).toBe("forbidden");
  expect((await act(admin, id, "waive", waiver)).json()).toMatchObject({ standing: "waived" });
  expect((await act(admin, blocker, "waive", waiver)).problem().code).toBe("forbidden");
});

test("the list leaves out what is closed unless asked, and tells what is overdue", async () => {
  const { door, other, open, act, run } = await scene();
  const [closed, late] = [await open(), await open()];
  door.clock.jump(1_000);
  await act(other, closed, "resolve", run());
  door.clock.jump(10 * day);
  const list = (url: string) => door.call({ url, as: other }).then((reply) => reply.json());
  expect(await list("/v1/conditions")).toMatchObject({ conditions: [{ id: late, standing: "overdue" }] });
  expect(await list("/v1/conditions?all=true")).toMatchObject({ conditions: [{ id: closed }, { id: late }] });
});

test("the census counts the sign-offs that its caller asked for, answered or not", async () => {
  const { door, olga, other } = await scene();
  const question = { to: "olga", message: `${signOffLine("rv-3")}\nCore: …`, schema: {} };
  const asked = await door.call({ url: "/v1/elicitations", as: other, body: question });
  await door.call({ url: "/v1/elicitations", as: olga, body: { ...question, to: "second" } });
  const { id } = asked.json<{ readonly id: string }>();
  const census = await door.call({ url: "/v1/conditions/census", as: other, body: { review: "rv-3" } });
  expect(census.json()).toMatchObject({ signOffs: [{ elicitation: id, to: "olga", how: "open" }] });
});
