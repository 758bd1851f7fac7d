import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Folder, folder } from "../../test/support/processes.ts";

let f: Folder;
let status = 204;
const bodies: string[] = [];
const server = createServer((request, response) => {
  request.setEncoding("utf8").on("data", (text: string) => bodies.push(text));
  request.on("end", () => response.writeHead(status).end());
});

beforeEach(async () => {
  f = folder();
  const running = f.start("serve", "--port", "0", "--json", "--allow-private-webhooks");
  await running.printed(/"url":"[^"]+"/);
  for (const name of ["alice", "bob"]) await f.run("agent", "add", name);
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
  await f.cleanUp();
});

test("a webhook is set, tried out, listed and taken away; and a ping says who can be reached", async () => {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  expect((await f.run("webhook", "list", "--as", "bob", "--json")).json()).toEqual({ webhooks: [] });
  const unset = await f.run("webhook", "test", "--as", "bob");
  expect([unset.code, unset.out]).toEqual([6, expect.stringContaining("no connection and no webhook")]);
  expect((await f.run("webhook", "add", url, "--as", "bob")).out).toMatch(/whsec_[\w+/=-]+/);
  const tried = await f.run("webhook", "test", "--as", "bob");
  expect([tried.code, tried.out]).toEqual([0, expect.stringContaining("took it with 204")]);
  expect(JSON.parse(bodies.join(""))).toMatchObject({ type: "agent.ping" });
  expect((await f.run("webhook", "list", "--as", "bob")).out).toContain(`${url}  ok, `);

  status = 500;
  const failed = await f.run("ping", "bob", "--as", "alice", "--json");
  expect(failed.code).toBe(6);
  expect(failed.json<object>()).toMatchObject({ agent: "bob", reach: { ping: { via: "webhook", ok: false } } });
  expect((await f.run("webhook", "remove", "--as", "bob")).code).toBe(0);

  const watching = f.start("watch", "--as", "bob");
  await watching.printed("watching");
  const reached = await f.run("ping", "bob", "--as", "alice");
  expect([reached.code, reached.out]).toEqual([0, expect.stringContaining("bob answered on its connection")]);
  watching.child.kill("SIGKILL");
});
