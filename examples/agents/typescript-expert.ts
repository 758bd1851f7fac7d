/**
 * An expert: takes a piece of TypeScript and says whether Node can run it as it is, by erasing its types.
 *
 *     lighthouse agent add ts --expertise typescript
 *     node examples/agents/typescript-expert.ts .lighthouse/agents/ts.json
 *     lighthouse ask ts 'enum Colour { red }' --schema '{"type":"object","properties":{"runs":{"type":"boolean"}},"required":["runs"]}'
 */
import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { type Credential, connect, decline } from "../../src/client/index.ts";

const credential = JSON.parse(readFileSync(process.argv[2] as string, "utf8")) as Credential;
await using expert = await connect({ credential, patient: true });
process.stdout.write(`${expert.agent} takes questions\n`);

await expert.answerWith(({ message, schema }, { problems }) => {
  // What was asked is data. The answer fits what was asked for, or there is none.
  if (problems.length > 0) return decline(`my answer does not fit your schema: ${JSON.stringify(schema)}`);
  try {
    return { runs: true, code: stripTypeScriptTypes(message).trimEnd() };
  } catch (error) {
    return { runs: false, because: (error as Error).message.split("\n")[0] ?? "" };
  }
});
