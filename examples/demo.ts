/**
 * A bridge and four agents, each a process of its own, live a short story: an answer that has to be mended, a refusal, a
 * question that nobody answers in time, a person at a terminal, and in the middle of it all the bridge is killed. Then
 * the log is verified, and the story is told from it. Ends with 0 only if everything came as it should.
 *
 *     npm run demo
 */
import { deepStrictEqual } from "node:assert";
import type { LogEvent } from "../src/client/index.ts";
import { expected, toldBy } from "./demo/expected.ts";
import { type Stage, stage } from "./demo/stage.ts";

const say = (text: string): void => void process.stdout.write(`${text}\n`);

const play = async ({ lighthouse, agent, register }: Stage): Promise<void> => {
  say("A bridge starts on a folder of its own.");
  let bridge = lighthouse(["serve", "--port", "0", "--json"]);
  await bridge.says('"ready":true');
  const { url } = JSON.parse(
    bridge
      .output()
      .split("\n")
      .find((line) => line.includes('"ready"')) as string,
  ) as {
    readonly url: string;
  };

  say("Four agents are registered: three programs, and Dana, who is a person.");
  await register([
    { name: "deployer", kind: "ai" },
    { name: "reviewer", kind: "ai" },
    { name: "oracle", kind: "ai" },
    { name: "dana", kind: "human" },
  ]);
  const [reviewer, oracle] = [agent("reviewer"), agent("oracle")];
  await Promise.all([reviewer.says("ready"), oracle.says("ready")]);

  say("The deployer asks the reviewer, whose first answer does not fit; it mends it.");
  const deployer = agent("deployer");
  await deployer.says('"about":"target","id"');
  await reviewer.says("mending /port");
  say("It asks whether it may skip the tests. It may not.");
  await deployer.says('"status":"declined"');
  say("It asks the oracle, who thinks longer than the deployer waits.");
  await deployer.says('"status":"expired"');
  await oracle.says("too late");
  say("It asks Dana, who is not there. The question waits on disk.");
  await deployer.says('"state":"never_seen"');

  say("The bridge is killed: kill -9.");
  bridge.process.kill("SIGKILL");
  await bridge.left;
  say("It starts again on the same folder. Nobody else is restarted.");
  bridge = lighthouse(["serve", "--port", new URL(url).port, "--json"]);
  await bridge.says('"ready":true');

  say("Dana comes to a terminal and fills in the form.");
  const dana = lighthouse(["answer", "--as", "dana"], "answer\nyes\ntonight\nI am on call\n");
  deepStrictEqual(await dana.left, 0, dana.output());
  await deployer.says('"about":"ship","id"');
  deepStrictEqual(await deployer.left, 0, deployer.output());

  bridge.process.kill("SIGTERM");
  deepStrictEqual(await bridge.left, 0, bridge.output());
};

const check = async ({ lighthouse }: Stage): Promise<void> => {
  const verify = lighthouse(["log", "verify"]);
  deepStrictEqual(await verify.left, 0, verify.output());
  say(`\n${verify.output().trim()}`);

  const bridge = lighthouse(["serve", "--port", "0", "--json"]);
  await bridge.says('"ready":true');
  const [story, told] = [lighthouse(["events", "--all"]), lighthouse(["events", "--all", "--json"])];
  await Promise.all([story.left, told.left]);
  say("\nThe story, as the log tells it:\n");
  say(story.output());
  const events = told
    .output()
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as LogEvent);
  deepStrictEqual(toldBy(events), expected);
  deepStrictEqual(events.filter(({ type }) => type === "bridge.started").length, 3);
  say("Everything came as it should.");
};

const curtain = stage();
try {
  await play(curtain);
  await check(curtain);
} catch (error) {
  process.exitCode = 1;
  say(`\nThis is not how the story goes:\n${error instanceof Error ? error.message : error}`);
} finally {
  await curtain.fall();
}
