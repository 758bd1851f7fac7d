import { expect, test } from "vitest";
import { checkedBy } from "../../../test/review/checked.ts";
import { seededRng } from "../../../test/support/seeded-rng.ts";
import { logstashProbe } from "./logstash.ts";
import type { Stage } from "./probe.ts";

interface Case {
  readonly isOpen?: boolean;
  /** What each line that the bridge writes adds to what came in and went out, and to what the bridge gave up. */
  readonly adds?: readonly [taken: number, passedOn: number, dropped: number];
  readonly answers?: boolean;
}

const looked = ({ isOpen = true, adds = [1, 1, 0], answers = true }: Case) => {
  let lines = 0;
  const http: Stage["http"] = async (request) => {
    if (request.path !== "/metrics") lines++;
    const body = `lighthouse_log_lines_dropped_total{sink="logstash"} ${lines * adds[2]}\n`;
    return { request, response: { status: 200, contentType: "text/plain", body }, at: 0, tookMs: 0 };
  };
  const probe = logstashProbe({
    address: "logs:5514",
    connect: async () => ({ isOpen, says: isOpen ? "it takes connections" : "ECONNREFUSED" }),
    counts: async () => {
      if (!answers) throw new Error("nobody answers at http://logs:9600");
      const events = { in: 40 + lines * adds[0], out: 40 + lines * adds[1] };
      return { asked: "GET", status: 200, body: { pipelines: { lighthouse: { events } } } };
    },
  });
  return checkedBy(probe, { http, rng: seededRng(1), register: async () => ({ token: "t" }) as never });
};

test("lines that came in and went out are what is wanted", async () => {
  expect((await looked({})).state).toBe("pass");
});

test.each([
  ["takes connections and reads nothing", { adds: [0, 0, 0] }, "lines-taken 0 (out), lines-passed-on 0 (out)"],
  ["passes nothing on", { adds: [1, 0, 0] }, "lines-passed-on 0 (out)"],
  ["is too slow for the bridge", { adds: [1, 1, 1] }, "lines-given-up 1 (out)"],
  ["takes no connection any more", { isOpen: false }, "connected false (out)"],
] as const)("a Logstash that %s is red", async (_, found, says) => {
  expect(await looked(found)).toMatchObject({ state: "fail", says: expect.stringContaining(says) });
});

test("one that cannot be asked is not run, with everything that is known", async () => {
  expect(await looked({ isOpen: false, answers: false })).toMatchObject({
    state: "not-run",
    says: "logs:5514: ECONNREFUSED; nobody answers at http://logs:9600",
  });
});
