/**
 * An agent that answers. Its first answer does not fit the schema; the bridge says where, and it mends it.
 *
 *     node examples/agents/reviewer.ts .lighthouse/agents/reviewer.json
 */
import { readFileSync } from "node:fs";
import { type Credential, connect, decline } from "../../src/client/index.ts";

const credential = JSON.parse(readFileSync(process.argv[2] as string, "utf8")) as Credential;
const reviewer = await connect({ credential });

const answering = reviewer.answerWith(({ message }, { problems }) => {
  if (message.includes("skip the tests")) return decline("Not even once.");
  for (const { pointer, message: wrong } of problems) console.log(`mending ${pointer}: ${wrong}`);
  return { canary: "eu-west", port: problems.length === 0 ? "8765" : 8765 };
});
console.log("ready");
await answering;
