/**
 * An agent that takes questions and thinks longer than anybody waits.
 *
 *     node examples/agents/oracle.ts .lighthouse/agents/oracle.json
 */
import { readFileSync } from "node:fs";
import { type Credential, connect } from "../../src/client/index.ts";

const credential = JSON.parse(readFileSync(process.argv[2] as string, "utf8")) as Credential;
const oracle = await connect({ credential });

const answering = oracle.answerWith(async ({ withdrawn }) => {
  await new Promise((resolve) => withdrawn.addEventListener("abort", resolve));
  console.log(`too late: ${withdrawn.reason.message}`);
  return undefined;
});
console.log("ready");
await answering;
