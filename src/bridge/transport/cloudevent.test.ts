import { expect, test } from "vitest";
import { enrolled, signIn, testKey } from "../../../test/support/key-agent.ts";
import { testBridge } from "../../../test/support/test-bridge.ts";
import { cloudEvent } from "./cloudevent.ts";

test("what readers of the log are shown holds no hash of a credential that is good", async () => {
  const t = await testBridge();
  await t.register("alice");
  await signIn(t, await enrolled(t, "bob", testKey(1)));
  await t.bridge.enrolment.invite(
    { name: "carol", kind: "ai", roles: ["agent"], expertise: [] },
    { actor: "operator", trace: null },
  );
  const recorded = await t.events();
  const hashesIn = (type: string, events: readonly { readonly type: string; readonly data: unknown }[]) =>
    events.filter((e) => e.type === type && "tokenHash" in (e.data as object)).length;
  const shown = recorded.map((event) => cloudEvent(event, t.bridge.audience));
  for (const type of ["agent.registered", "agent.invited", "login.opened"]) {
    expect([type, hashesIn(type, recorded) > 0, hashesIn(type, shown)]).toEqual([type, true, 0]);
  }
  expect(shown.find(({ type }) => type === "login.opened")?.data).toMatchObject({ agent: "bob" });
});
