import { expect, test } from "vitest";
import type { Attack } from "./attack.ts";
import { attacks } from "./list.ts";
import { runAttacks } from "./run.ts";

test("every attack has an id of its own, a family, and says what it does and tries", () => {
  expect(new Set(attacks.map(({ id }) => id)).size).toBe(attacks.length);
  for (const { id, title, does, tries } of attacks) {
    expect(id).toMatch(/^[a-z]+\.[a-z-]+$/);
    expect([title, does, tries].every((text) => text.length > 8)).toBe(true);
  }
});

test("nothing begins where no agent can be registered", async () => {
  const never: Attack = { id: "x.y", title: "t", does: "d", tries: "c", run: async () => expect.unreachable() };
  const running = runAttacks({
    target: { url: "http://127.0.0.1:9", token: "lht_none" },
    attacks: [never],
    patienceMs: 2_000,
    clock: { now: () => 0, monotonic: () => 0 },
    scheduler: { after: () => () => undefined },
    rng: { bytes: (size) => new Uint8Array(size) },
  });
  await expect(running).rejects.toMatchObject({ name: "Unprepared", status: 0 });
});
