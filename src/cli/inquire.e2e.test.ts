import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Folder, folder } from "../../test/support/processes.ts";
import { connect, decline, type Handler, type InquiryView, type Lighthouse, readCredential } from "../client/index.ts";

let f: Folder;
const experts: Lighthouse[] = [];

const enter = async (name: string, handler: Handler): Promise<void> => {
  const read = readCredential(readFileSync(join(f.data, "agents", `${name}.json`), "utf8"));
  if (!read.ok) throw new Error(`${name} has no credential`);
  const client = await connect({ credential: read.credential });
  experts.push(client);
  void client.answerWith(handler);
};

beforeAll(async () => {
  f = folder();
  await f.serve();
  await f.run("agent", "add", "alice");
  for (const name of ["bob", "carol"]) await f.run("agent", "add", name, "--expertise", "sql");
  await f.run("agent", "add", "dba");
  await enter("bob", () => "gin");
  await enter("carol", () => "gin");
  await enter("dba", () => decline("on holiday"));
});
afterAll(async () => {
  for (const expert of experts) expert.close();
  await f.cleanUp();
});

test("a quorum by expertise is told as a story, and its answers are what is printed", async () => {
  const asked = await f.run("ask", "--expertise", "sql", "--quorum", "2/2", "Which index?", "--as", "alice");
  expect(asked.code).toBe(0);
  expect(asked.out.trim().split("\n").sort()).toEqual(['bob: "gin"', 'carol: "gin"']);
  expect(asked.err).toMatch(/asks bob \(knows sql, reachable/);
  expect(asked.err).toContain("carol answers");
});

test("a fallback is asked last, a default is assumed and said to be one, and without one the end is a no", async () => {
  const args = ["ask", "dba,nobody", "Drop it?", "--as", "alice"];
  expect((await f.run(...args)).code).toBe(3);
  const fallen = await f.run("ask", "dba", "Which index?", "--fallback", "bob", "--as", "alice", "--json");
  expect(fallen.json<InquiryView>()).toMatchObject({
    status: "agreed",
    attempts: [
      { to: "dba", outcome: "declined" },
      { to: "bob", outcome: "accepted", why: "asked when nobody else answered" },
    ],
    answers: [{ from: "bob", content: "gin" }],
  });
  const assumed = await f.run("ask", "dba", "Drop it?", "--default", "false", "--as", "alice");
  expect([assumed.code, assumed.out.trim()]).toEqual([0, "no agreement; the default is assumed: false"]);
  const none = await f.run("ask", "dba", "Drop it?", "--quorum", "1", "--as", "alice");
  expect([none.code, none.out.trim()]).toEqual([4, "no agreement, and no default was declared"]);
});

test("what cannot be meant is said before anything is asked", async () => {
  for (const args of [
    ["ask", "bob"],
    ["ask", "bob", "?", "--expertise", "sql"],
    ["ask", "bob", "?", "--quorum", "3/2"],
  ])
    expect((await f.run(...args, "--as", "alice")).code).toBe(2);
});
