import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Folder, folder, type Serving } from "../../test/support/processes.ts";

let at: Folder;
let serving: Serving;
/** Where nothing listens. */
let nowhere: string;

beforeAll(async () => {
  at = folder();
  nowhere = `http://127.0.0.1:${await closedPort()}`;
  serving = await at.serve();
  for (const name of ["alice", "bob"]) expect((await at.run("agent", "add", name)).code).toBe(0);
});
afterAll(() => at.cleanUp());

/** A command takes a second to start, and ten on a machine that is very busy. */
const patiently = { timeout: 120_000 };

const closedPort = async (): Promise<number> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
};

const portSchema = JSON.stringify({ type: "object", properties: { port: { type: "integer" } }, required: ["port"] });

const asked = async (...more: string[]): Promise<string> => {
  const ended = await at.run("ask", "bob", "Which port?", "--as", "alice", "--no-wait", ...more);
  expect(ended).toMatchObject({ code: 0 });
  return ended.out.trim();
};

describe("lighthouse agent", () => {
  test("add writes a credential that only its owner can read, and prints no secret", async () => {
    const added = await at.run("agent", "add", "carol", "--kind", "human", "--expertise", "postgres", "--json");
    const { file } = added.json<{ file: string }>();
    const credential = JSON.parse(readFileSync(file, "utf8")) as { token: string; macSecret: string };

    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(added.out + added.err).not.toContain(credential.token);
    expect(added.out + added.err).not.toContain(credential.macSecret);
  });

  test("add --show prints it to whoever asks for that", async () => {
    const { out } = await at.run("agent", "add", "shown", "--show", "--json");
    expect(JSON.parse(out)).toMatchObject({ credential: { agent: "shown", token: expect.stringMatching(/^lht/) } });
  });

  test("add registers nobody whose credential could not be kept, and keeps no file of an agent that is refused", async () => {
    const taken = await at.run("agent", "add", "alice");
    expect(taken).toMatchObject({ code: 2, err: expect.stringContaining("exists") });

    const refused = await at.run("agent", "add", "alice", "--dir", join(at.cwd, "elsewhere"));
    expect(refused).toMatchObject({ code: 3, err: expect.stringContaining("Choose another name") });
    expect(existsSync(join(at.cwd, "elsewhere", "alice.json"))).toBe(false);
  });

  test("add by somebody who is not the operator is refused", async () => {
    const { code, out } = await at.run("agent", "add", "mallory", "--as", "alice", "--json");
    expect([code, JSON.parse(out).error.code]).toEqual([3, "forbidden"]);
  });

  test("list shows who is there; revoke ends it", async () => {
    await at.run("agent", "add", "dave");
    const before = await at.run("agent", "list");
    expect(before.out).toMatch(/^dave +ai +active +agent +- +never seen$/m);

    expect(await at.run("agent", "revoke", "dave", "--reason", "left")).toMatchObject({ code: 0 });
    expect((await at.run("agent", "list", "--json")).json()).toMatchObject({
      agents: expect.arrayContaining([expect.objectContaining({ name: "dave", status: "revoked" })]),
    });
    expect(await at.run("inbox", "--as", "dave")).toMatchObject({
      code: 3,
      err: expect.stringContaining("credential"),
    });
  });
});

describe("lighthouse ask", () => {
  test("prints the accepted content alone on stdout", async () => {
    const waiting = at.start("ask", "bob", "Which port?", "--as", "alice", "--schema", portSchema);
    const id = /el_[0-9a-z]{26}/.exec(await waiting.printed(/el_[0-9a-z]{26}/))?.[0] as string;
    expect(await at.run("answer", id, "--as", "bob", "--content", '{"port": 8765}')).toMatchObject({ code: 0 });

    const { code, out, err } = await waiting.ended;
    expect([code, JSON.parse(out)]).toEqual([0, { port: 8765 }]);
    expect(err).toContain("bob accepts:");
  });

  test("takes its schema from a file or standard input too", async () => {
    const file = join(at.cwd, "port.json");
    writeFileSync(file, portSchema);
    const first = await asked("--schema", file);
    const piped = await at.runWith(
      portSchema,
      "ask",
      "bob",
      "?",
      "--as",
      "alice",
      "--no-wait",
      "--json",
      "--schema",
      "-",
    );
    for (const id of [first, piped.json<{ id: string }>().id]) {
      expect(await at.run("answer", id, "--as", "bob", "--content", "7")).toMatchObject({ code: 2 });
      expect(await at.run("cancel", id, "--as", "alice")).toMatchObject({ code: 0 });
    }
  });

  test("ends with 4 when declined, 5 when expired, 8 when taken back, 3 when refused", async () => {
    const declined = at.start("ask", "bob", "?", "--as", "alice", "--json");
    await expect.poll(async () => (await at.run("inbox", "--as", "bob")).out, patiently).toContain("el_");
    await at.run("answer", "--as", "bob", "--decline", "not mine");
    expect(await declined.ended).toMatchObject({ code: 4, out: expect.stringContaining('"reason":"not mine"') });

    expect(await at.run("ask", "bob", "?", "--as", "alice", "--timeout", "1s")).toMatchObject({ code: 5 });

    const taken = at.start("ask", "bob", "?", "--as", "alice");
    const id = /el_[0-9a-z]{26}/.exec(await taken.printed(/el_/))?.[0] as string;
    await at.run("cancel", id, "--as", "alice");
    expect(await taken.ended).toMatchObject({ code: 8 });

    expect(await at.run("ask", "nobody", "?", "--as", "alice")).toMatchObject({
      code: 3,
      err: expect.stringContaining("lighthouse agent list"),
    });
  });

  test("left with Ctrl-C leaves the question open and says how to go on", async () => {
    const waiting = at.start("ask", "bob", "patience?", "--as", "alice");
    const id = /el_[0-9a-z]{26}/.exec(await waiting.printed(/el_/))?.[0] as string;
    waiting.child.kill("SIGINT");
    expect(await waiting.ended).toMatchObject({ code: 130, err: expect.stringContaining(`receipt ${id} --wait`) });

    const later = at.start("receipt", id, "--wait", "--as", "alice", "--json");
    await at.run("answer", id, "--as", "bob", "--content", '"yes"');
    const { code, out } = await later.ended;
    expect([code, JSON.parse(out).elicitation]).toMatchObject([0, { status: "accepted", content: "yes" }]);
  });

  test("with one key asks once", async () => {
    const ids = [await asked("--key", "once"), await asked("--key", "once")];
    expect(ids[0]).toBe(ids[1]);
    await at.run("cancel", ids[0] as string, "--as", "alice");
  });
});

describe("lighthouse answer", () => {
  test("asks for each field on standard input, and asks again for what does not fit", async () => {
    const id = await asked("--schema", portSchema);
    const filled = await at.runWith("answer\nmany\n8765\n", "answer", id, "--as", "bob");

    expect(filled).toMatchObject({ code: 0, out: `Recorded: ${id} is accepted.\n` });
    expect(filled.err).toContain("must be a whole number");
  });

  test("shows every problem of content that does not fit, with its place", async () => {
    const id = await asked("--schema", portSchema);
    const refused = await at.run("answer", id, "--as", "bob", "--content", '{"port": "x"}', "--json");

    expect(refused.code).toBe(2);
    expect(refused.json()).toMatchObject({
      error: { code: "content_invalid", problems: [{ pointer: "/port", message: expect.any(String) }] },
    });
    await at.run("answer", id, "--as", "bob", "--decline", "enough");
  });

  test("of nothing that waits is refused, and an input that ends early answers nothing", async () => {
    expect(await at.run("answer", "--as", "bob")).toMatchObject({ code: 3 });
    const id = await asked();
    expect(await at.runWith("answer\n", "answer", id, "--as", "bob")).toMatchObject({ code: 2 });
    expect((await at.run("receipt", id, "--as", "bob", "--json")).json()).toMatchObject({
      elicitation: { status: expect.stringMatching(/asked|offered/) },
    });
    await at.run("cancel", id, "--as", "alice");
  });
});

describe("lighthouse inbox and watch", () => {
  test("inbox --watch makes its agent reachable, and shows each question as it comes", async () => {
    const inbox = at.start("inbox", "--as", "bob", "--watch", "--json");
    await expect
      .poll(async () => (await at.run("agent", "list", "--json")).json<{ agents: object[] }>().agents, patiently)
      .toContainEqual(
        expect.objectContaining({ name: "bob", reach: expect.objectContaining({ state: "reachable", class: "live" }) }),
      );
    const id = await asked();
    await inbox.printed(id);
    inbox.child.kill("SIGINT");

    const { code, out } = await inbox.ended;
    expect([code, JSON.parse(out.trim())]).toMatchObject([130, { id, from: "alice" }]);
    await at.run("cancel", id, "--as", "alice");
  });

  test("watch tells what happens, one line an event, and rides out a restart of the bridge", async () => {
    const watch = at.start("watch", "--as", "alice");
    await watch.printed("watching");
    await at.run("events", "append", "before.restart", "1", "--as", "alice");
    await watch.printed("before.restart 1");

    const { port } = serving;
    await serving.crash();
    serving = await at.serve(port);
    await at.run("events", "append", "after.restart", '{"calm":true}', "--as", "alice");
    await watch.printed('after.restart {"calm":true}');

    watch.child.kill("SIGINT");
    const { code, out } = await watch.ended;
    expect(code).toBe(130);
    expect(out.match(/restart/g)).toHaveLength(2);
  });

  test("watch into a pipe that closes ends quietly", async () => {
    const watch = at.start("watch", "--after", "0");
    await watch.printed("bridge");
    watch.child.stdout?.destroy();
    await at.run("events", "append", "one.more", "1");
    expect((await watch.ended).code).toBe(0);
  });
});

describe("lighthouse events", () => {
  test("appends, reads, and reads the log as it was", async () => {
    const first = (await at.run("events", "append", "counter.set", "1", "--as", "alice", "--json")).json<{
      position: number;
    }>();
    await at.run("events", "append", "counter.set", "2", "--as", "alice");

    const now = (await at.run("events", "--name", "counter.set", "--json")).json<{ events: unknown[] }>();
    const then = await at.run("events", "--name", "counter.set", "--as-of", String(first.position), "--json");
    expect([now.events.length, then.json<{ events: unknown[] }>().events.length]).toEqual([2, 1]);

    const [event] = then.json<{ events: { time: string }[] }>().events;
    const atTime = await at.run(
      "events",
      "query",
      "--name",
      "counter.set",
      "--as-of",
      event?.time as string,
      "--all",
      "--json",
    );
    expect(atTime.out.trim().split("\n")).toHaveLength(1);
  });

  test("appended where the stream has moved on is refused; bad JSON is a matter of usage", async () => {
    await at.run("events", "append", "only.once", "1", "--expect", "-1");
    expect(await at.run("events", "append", "only.once", "1", "--expect", "-1")).toMatchObject({ code: 3 });
    expect(await at.run("events", "append", "only.once", "{not json")).toMatchObject({ code: 2 });
    expect(await at.run("events", "append", "nodot", "1")).toMatchObject({
      code: 2,
      err: expect.stringContaining("/name"),
    });
  });
});

describe("lighthouse receipt", () => {
  test("says what is known about a question's way, to its parties alone", async () => {
    const id = await asked();
    await at.run("answer", id, "--as", "bob", "--content", '"yes"');

    const { out } = await at.run("receipt", id, "--as", "alice");
    expect(out).toContain("alice asks bob: Which port?");
    expect(out).toMatch(/asked, deadline .*\n(.*offered.*\n)?.*accepted/);
    expect(await at.run("receipt", id, "--as", "carol")).toMatchObject({ code: 3 });
  });
});

describe("lighthouse log", () => {
  test("verifies, proves, exports and backs up while the bridge runs", async () => {
    const verified = await at.run("log", "verify", "--json");
    expect(verified).toMatchObject({ code: 0 });
    expect(verified.json()).toMatchObject({
      ok: true,
      signaturesChecked: true,
      root: expect.stringMatching(/^[0-9a-f]{64}$/),
    });

    const backup = join(at.cwd, "backup.db");
    expect(await at.run("log", "backup", backup)).toMatchObject({ code: 0, out: expect.stringContaining("verifies") });
    expect(await at.run("log", "backup", backup)).toMatchObject({ code: 2, err: expect.stringContaining("exists") });
  });

  test("an export and a proof verify; one flipped bit in them does not", async () => {
    // A checkpoint is signed every few seconds and when the bridge stops.
    const { port } = serving;
    expect(await serving.stop()).toMatchObject({ code: 0 });
    serving = await at.serve(port);

    const proof = join(at.cwd, "proof.json");
    writeFileSync(proof, (await at.run("log", "prove", "3")).out);
    expect(await at.run("log", "verify", "--proof", proof)).toMatchObject({ code: 0 });
    const story = join(at.cwd, "story.jsonl");
    expect(await at.run("log", "export", "--output", story, "--agent", "alice")).toMatchObject({ code: 0 });
    expect(await at.run("log", "verify", "--export", story)).toMatchObject({ code: 0 });
    expect(await at.run("log", "export", "--output", story)).toMatchObject({ code: 2, out: "" });

    for (const [file, option] of [
      [proof, "--proof"],
      [story, "--export"],
    ] as const) {
      const text = readFileSync(file, "utf8");
      const place = text.indexOf("record") + 40;
      // The lowest bit of one character of the record.
      writeFileSync(
        file,
        `${text.slice(0, place)}${String.fromCharCode(text.charCodeAt(place) ^ 1)}${text.slice(place + 1)}`,
      );
      expect(await at.run("log", "verify", option, file)).toMatchObject({
        code: 7,
        out: expect.stringContaining("DOES NOT VERIFY"),
      });
    }
  });

  test("a folder without a log is told so, and nothing is made in it", async () => {
    const empty = join(at.cwd, "nothing-here");
    expect(await at.run("log", "verify", "--data", empty)).toMatchObject({ code: 2 });
    expect(existsSync(empty)).toBe(false);
  });
});

describe("lighthouse doctor", () => {
  test("finds nothing wrong, with a real question between agents that it takes away again", async () => {
    const { code, json } = await at.run("doctor", "--json");
    expect(code).toBe(0);
    expect(json()).toMatchObject({
      ok: true,
      findings: expect.arrayContaining([
        expect.objectContaining({ check: "round trip", state: "ok" }),
        expect.objectContaining({ check: "lock", says: `process ${serving.running.child.pid} uses the folder` }),
      ]),
    });
    const { agents } = (await at.run("agent", "list", "--json")).json<{ agents: { name: string; status: string }[] }>();
    expect(agents.filter(({ name }) => name.startsWith("doctor-")).every(({ status }) => status === "revoked")).toBe(
      true,
    );
  });

  test("says what is wrong, and what it could not look at", async () => {
    chmodSync(at.data, 0o755);
    const open = await at.run("doctor", "--url", nowhere, "--json");
    chmodSync(at.data, 0o700);

    expect(open.code).not.toBe(0);
    expect(open.json()).toMatchObject({
      ok: false,
      findings: expect.arrayContaining([
        expect.objectContaining({ check: "data folder", state: expect.stringMatching(/warning|problem/) }),
        expect.objectContaining({ check: "bridge", state: "problem", says: expect.stringContaining("ECONNREFUSED") }),
        expect.objectContaining({ check: "round trip", state: "not run" }),
      ]),
    });
  });

  test("cannot make the round trip without the operator, and says that it did not", async () => {
    const { code, json } = await at.run("doctor", "--as", "alice", "--json");
    expect(code).toBe(0);
    expect(json()).toMatchObject({
      findings: expect.arrayContaining([expect.objectContaining({ check: "round trip", state: "not run" })]),
    });
  });
});

describe("every command", () => {
  test("a wrong option or command is a matter of usage", async () => {
    for (const words of [["bogus"], ["ask", "a", "b", "--timeout", "5"], ["serve", "--port", "99999"]]) {
      expect(await at.run(...words)).toMatchObject({ code: 2, err: expect.stringContaining("--help") });
    }
    const { code, out, err } = await at.run("log", "prove", "nine", "--json");
    const error = { code: "usage", remedy: "try `lighthouse log prove --help`" };
    expect([code, JSON.parse(out), err]).toEqual([2, { error: expect.objectContaining(error) }, ""]);
  });

  test("says that no bridge answers, when none does", async () => {
    for (const words of [["ask", "bob", "?"], ["watch"]]) {
      const { code, err } = await at.run(...words, "--url", nowhere);
      expect([code, err]).toEqual([6, expect.stringContaining("lighthouse serve")]);
      expect(err).not.toContain("    at ");
    }
  });

  test("says what is wrong with a credential file, and quotes nothing from it", async () => {
    const file = join(at.cwd, "broken.json");
    writeFileSync(file, JSON.stringify({ url: "s3cret", agent: "a b" }), { mode: 0o600 });
    const { code, err } = await at.run("inbox", "--as", file);
    expect(code).toBe(2);
    expect(err).toContain("/macSecret is missing");
    expect(err).not.toContain("s3cret");
  });
});
