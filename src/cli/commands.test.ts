import { expect, test } from "vitest";
import { commands } from "./commands.ts";

test.each(Object.entries(commands))("%s is found under its own name", async (name, load) => {
  expect((await load()).name()).toBe(name);
});
