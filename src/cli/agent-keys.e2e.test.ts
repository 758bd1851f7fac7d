import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Folder, folder } from "../../test/support/processes.ts";
import type { KeyCredential } from "../client/credential.ts";
import type { ShownAgent } from "../client/wire.ts";

let f: Folder;
const fileOf = (name: string): string => join(f.data, "agents", `${name}.json`);
const credential = (name: string): KeyCredential => JSON.parse(readFileSync(fileOf(name), "utf8")) as KeyCredential;
const shown = async (name: string): Promise<ShownAgent> => (await f.run("agent", "show", name, "--json")).json();

beforeAll(async () => {
  f = folder();
  await f.serve();
});
afterAll(() => f.cleanUp());

test("an agent is invited, enrols, and has a credential with a private key that only its owner can read", async () => {
  const invited = await f.run("agent", "invite", "bob", "--role", "agent", "--role", "expert", "--expertise", "sql");
  expect([invited.code, invited.out.trim()]).toEqual([0, expect.stringMatching(/^lhe_[\w-]{43}$/)]);
  expect(await shown("bob")).toMatchObject({ status: "invited", keys: [], expertise: ["sql"] });

  const enrolled = await f.runWith(invited.out, "agent", "enrol", "bob", "--json");
  expect(enrolled.code).toBe(0);
  const { kid } = enrolled.json<{ kid: string }>();
  expect(credential("bob")).toMatchObject({ agent: "bob", kid, privateKey: { kty: "OKP", crv: "Ed25519" } });
  expect(statSync(fileOf("bob")).mode & 0o777).toBe(0o600);
  const { d } = credential("bob").privateKey;
  expect(enrolled.out + enrolled.err + invited.err).not.toContain(d);
  expect((await shown("bob")).keys).toMatchObject([
    { kid, state: "active" },
    { alg: "HS256", state: "active" },
  ]);

  const again = await f.runWith(invited.out, "agent", "enrol", "bob", "--dir", f.cwd);
  expect([again.code, again.err]).toEqual([3, expect.stringContaining("not valid")]);
  expect(existsSync(join(f.cwd, "bob.json"))).toBe(false);
});

test("an invitation on a command line is refused, because others can read it there", async () => {
  const token = `lhe_${"A".repeat(43)}`;
  const refused = await f.run("agent", "enrol", "eve", "--invitation", token);
  expect([refused.code, refused.err]).toEqual([2, expect.stringContaining("can be read by others")]);
  expect(refused.err).not.toContain(token);
  const junk = await f.runWith("hello\n", "agent", "enrol", "eve");
  expect([junk.code, junk.err]).toEqual([2, expect.stringContaining("That is no invitation")]);
  expect(existsSync(fileOf("eve"))).toBe(false);
});

test("a credential that others can read is not used, and the words say what to do", async () => {
  chmodSync(fileOf("bob"), 0o644);
  const refused = await f.run("inbox", "--as", "bob");
  expect([refused.code, refused.err]).toEqual([2, expect.stringContaining("chmod 600")]);
  chmodSync(fileOf("bob"), 0o600);
  expect((await f.run("inbox", "--as", "bob")).code).toBe(0);
});

test("every command signs out, so that a script leaves no logins behind", async () => {
  for (let i = 0; i < 3; i++) expect((await f.run("inbox", "--as", "bob")).code).toBe(0);
  const read = await f.run("events", "--json", "--limit", "1000");
  const types = read.json<{ events: readonly { type: string }[] }>().events.map(({ type }) => type);
  const count = (type: string): number => types.filter((one) => one === type).length;
  expect(count("login.opened")).toBeGreaterThanOrEqual(4);
  expect(count("login.closed")).toBe(count("login.opened"));
});

test("keys are not replaced within a minute, and what was begun is kept for the next time", async () => {
  const { kid } = credential("bob");
  const early = await f.run("agent", "rotate", "--as", "bob");
  expect([early.code, early.err]).toEqual([3, expect.stringContaining("60000 ms")]);
  expect(credential("bob")).toMatchObject({ kid, next: { kid: expect.stringMatching(/^[\w-]{43}$/) } });
  expect((await f.run("inbox", "--as", "bob")).code).toBe(0);
});

test("an agent is suspended and resumed, and is told why while it is", async () => {
  await f.run("agent", "suspend", "bob", "--reason", "it asks too much");
  expect(await shown("bob")).toMatchObject({ status: "suspended", reason: "it asks too much" });
  const refused = await f.run("inbox", "--as", "bob");
  expect([refused.code, refused.err]).toEqual([3, expect.stringContaining("it asks too much")]);
  const resumed = await f.run("agent", "resume", "bob", "--json");
  expect(resumed.json()).toEqual({ agent: "bob", status: "active" });
  expect((await f.run("inbox", "--as", "bob")).code).toBe(0);
});

test("one key is revoked with the place from which it is suspect; the agent is invited again and goes on", async () => {
  const { kid } = credential("bob");
  const revoked = await f.run("agent", "revoke", "bob", "--key", kid, "--reason", "stolen", "--compromised-since", "3");
  expect(revoked.code).toBe(0);
  const told = await f.run("agent", "show", "bob");
  expect(told.out).toMatch(/revoked .*stolen; suspect from position 3 on/);
  const barred = await f.run("inbox", "--as", "bob");
  expect([barred.code, barred.err]).toEqual([3, expect.stringContaining("sign-in is not valid")]);

  const { out } = await f.run("agent", "invite", "bob");
  writeFileSync(join(f.cwd, "token"), out, { mode: 0o600 });
  const enrolled = await f.run("agent", "enrol", "bob", "--invitation", "token", "--dir", f.cwd);
  expect([enrolled.code, enrolled.err]).toEqual([0, enrolled.err]);
  expect((await f.run("inbox", "--as", join(f.cwd, "bob.json"))).code).toBe(0);
  expect(await shown("bob")).toMatchObject({ roles: ["agent", "expert"], expertise: ["sql"] });
});

test("an agent with a bearer token goes on as ever, and can come for a MAC key of the newest epoch", async () => {
  expect((await f.run("agent", "add", "alice")).code).toBe(0);
  await f.run("keys", "rotate-master");
  const rotated = await f.run("agent", "rotate", "--as", "alice", "--json");
  expect(rotated.json()).toMatchObject({ agent: "alice", kid: null, macKid: "alice#mac2" });
  const asked = await f.run("ask", "alice", "there?", "--as", join(f.cwd, "bob.json"), "--no-wait");
  const answered = await f.run("answer", asked.out.trim(), "--content", "true", "--as", "alice");
  expect([answered.code, answered.err]).toEqual([0, answered.err]);
});
