/**
 * A rollout that goes wrong before your eyes. A bridge and a fleet of agents, real processes all; the mailbox is the
 * stable way of delivery, and push is rolled out: 25 %, 50 %, 100 %. At 50 % the agents get a new release of their
 * program, with a real fault: it reads its mailbox and does not hear what is pushed. Nobody tells the rollout. It sees
 * the canary arm fail where the stable one does not, goes back by itself in seven steps, and the agents work again.
 * The timeline at the end is read from the log. Ends with 0 only if it came so.
 *
 *     npm run demo:rollout
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { EventPage } from "../src/client/index.ts";
import { rolloutStage } from "./demo-rollout/stage.ts";

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const began = performance.now();
const at = (): string => `${((performance.now() - began) / 1_000).toFixed(1).padStart(5)} s`;

/** Soaks of seconds, so that you can watch; the limits are those of every day. */
const plan = `
steps: [{ percent: 25, soak: 3s }, { percent: 50, soak: 3s }, { percent: 100, soak: 3s }]
analysis: { every: 500ms, maxHold: 20s }
`;

const stage = await rolloutStage((who, line) => {
  if (who === "lighthouse rollout start") say(`${at()}   ${line}`);
});
try {
  say(`${at()} A bridge, and 60 agents that are asked 120 questions a second. All of it goes by the mailbox.`);
  await stage.client.operate("flags.set", {
    ...{ name: "push-elicitation", percentage: 0, targets: [], fence: 0, reason: "the mailbox is the stable arm" },
  });
  const fleet = await stage.fleet({ workers: 60, rate: 120, timeoutMs: 2_500 });

  say(`${at()} $ lighthouse rollout start plan.yaml --reason "push is faster"`);
  const rollout = stage.lighthouse("rollout", "start", stage.write("plan.yaml", plan), "--reason", "push is faster");
  await rollout.says("enters step 2");
  const broken = performance.now();
  say(`${at()} The agents get a new release. It has a fault: it does not hear what is pushed to it.`);
  fleet.process.stdin?.write("deaf\n");

  const code = await rollout.left;
  const seconds = ((performance.now() - broken) / 1_000).toFixed(1);
  say(
    `${at()} The rollout ended with exit code ${code}, ${seconds} s after the fault; the questions time out after 2.5 s.`,
  );
  if (code !== 10) throw new Error("it should have gone back (exit code 10)");

  say("\nThe timeline, from the log:");
  const history = stage.lighthouse("rollout", "history");
  await history.left;
  say(history.output());

  const [report] = readdirSync(join(stage.data, "incidents")).filter((file) => file.endsWith(".json"));
  const incident = JSON.parse(readFileSync(join(stage.data, "incidents", report ?? ""), "utf8")) as {
    readonly data_loss: { readonly lost: number; readonly statement: string };
  };
  say(`From the incident's report ${report}:\n${incident.data_loss.statement}\n`);
  if (incident.data_loss.lost !== 0) throw new Error("questions were lost");

  say(`${at()} The same faulty agents are asked on, by the mailbox:`);
  const answered = await answeredOf(50);
  say(`${at()} ${answered} of the next 50 that ended were answered.`);
  if (answered < 50) throw new Error("the stable arm does not answer");
} finally {
  await stage.fall();
}

/** Of so many questions that end from now on. */
async function answeredOf(count: number): Promise<number> {
  const types = ["elicitation.accepted", "elicitation.expired"];
  let { head: after } = await stage.client.operate<EventPage>("events.query", { limit: 1 });
  // What expires in the first seconds was asked before.
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  after = (await stage.client.operate<EventPage>("events.query", { limit: 1, after })).head;
  for (;;) {
    const page = await stage.client.operate<EventPage>("events.query", { types, after, limit: count });
    if (page.events.length === count) return page.events.filter(({ type }) => type === "elicitation.accepted").length;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
