import { OpenFeature } from "@openfeature/server-sdk";
import { beforeEach, describe, expect, test } from "vitest";
import { type ClientWorld, clientWorld } from "../../test/support/client.ts";
import { atRest } from "../../test/support/manual-time.ts";
import { isWithin } from "../domain/bucketing.ts";
import type { Lighthouse } from "./lighthouse.ts";
import { lighthouseProvider } from "./openfeature.ts";

let w: ClientWorld;
let admin: Lighthouse;
let bob: Lighthouse;
let domains = 0;

beforeEach(async () => {
  w = await clientWorld();
  admin = await w.join("admin", {}, ["admin"]);
  bob = await w.join("bob");
});

const set = (percentage: number, fence: number, targets: object[] = []) =>
  admin.operate("flags.set", { name: "new-summary", percentage, targets, fence, reason: "test" });

const openFeature = async () => {
  const domain = `test-${++domains}`;
  await OpenFeature.setProviderAndWait(domain, lighthouseProvider(bob));
  const client = OpenFeature.getClient(domain);
  return (targetingKey?: string, more: object = {}) =>
    client.getBooleanDetails("new-summary", false, {
      ...more,
      ...(targetingKey === undefined ? {} : { targetingKey }),
    });
};

describe("our provider, in OpenFeature's own SDK", () => {
  test("gives each agent what the bridge gives it", async () => {
    await set(25, 0);
    const of = await openFeature();
    for (let n = 0; n < 200; n++) {
      const { value, reason, variant, flagMetadata } = await of(`agent-${n}`);
      const isOn = isWithin("new-summary", `agent-${n}`, 25);
      expect({ value, reason, variant, flagMetadata }).toEqual({
        value: isOn,
        reason: "SPLIT",
        variant: isOn ? "on" : "off",
        flagMetadata: { fence: 1 },
      });
    }
    const theirs = await admin.operate<{ value: boolean }>("flags.evaluate", { name: "new-summary", agent: "bob" });
    expect((await of("bob")).value).toBe(theirs.value);
  });

  test("follows every change without asking anybody, also one that was made while it was cut off", async () => {
    await set(0, 0);
    const of = await openFeature();
    expect((await of("bob")).value).toBe(false);
    await set(100, 1);
    await atRest();
    expect(await of("bob")).toMatchObject({ value: true, flagMetadata: { fence: 2 } });
    w.wires.cut();
    await w.t.bridge.flagSet.kill("new-summary", "errors", { actor: "admin", trace: null });
    await w.t.clock.advance(60_000);
    expect(await of("bob")).toMatchObject({ value: false, reason: "DISABLED", flagMetadata: { fence: 3 } });
  });

  test("looks at targets", async () => {
    await set(0, 0, [{ roles: ["agent"], expertise: ["postgres"], on: true }]);
    const of = await openFeature();
    const dba = { roles: ["agent"], expertise: ["postgres"] };
    expect(await of("x", dba)).toMatchObject({ value: true, reason: "TARGETING_MATCH" });
    expect(await of("x", { ...dba, expertise: ["css"] })).toMatchObject({ value: false, reason: "SPLIT" });
  });

  test("gives the caller's default, with the reason, for what it cannot say", async () => {
    const of = await openFeature();
    expect(await of("bob")).toMatchObject({ value: false, reason: "ERROR", errorCode: "FLAG_NOT_FOUND" });
    await set(50, 0);
    await atRest();
    expect(await of()).toMatchObject({ value: false, reason: "ERROR", errorCode: "TARGETING_KEY_MISSING" });
    const client = OpenFeature.getClient(`test-${domains}`);
    expect(await client.getStringDetails("new-summary", "x", { targetingKey: "bob" })).toMatchObject({
      value: "x",
      errorCode: "TYPE_MISMATCH",
    });
  });

  test("says that it is stale once its client is closed, and keeps what was last true", async () => {
    await set(100, 0);
    const of = await openFeature();
    bob.close();
    await atRest();
    expect(await of("bob")).toMatchObject({ value: true, reason: "STALE" });
  });
});
