/**
 * An agent that wants to deploy, and asks before it does. Run it with its credential file:
 *
 *     node examples/agents/deployer.ts .lighthouse/agents/deployer.json
 *
 * It tells each outcome as one line of JSON. (In your own project: `import { connect } from "lighthouse-bridge"`.)
 */
import { readFileSync } from "node:fs";
import { type Credential, connect, type Outcome } from "../../src/client/index.ts";

const credential = JSON.parse(readFileSync(process.argv[2] as string, "utf8")) as Credential;
const tell = (about: string, outcome: Outcome<unknown>): void => {
  process.stdout.write(`${JSON.stringify({ about, ...outcome })}\n`);
};

await using deployer = await connect({ credential });

// The type of `content` follows from the schema: `outcome.content.port` is a number.
const target = await deployer.ask({
  to: "reviewer",
  message: "Where does revision 4f1c go first?",
  schema: {
    type: "object",
    properties: { canary: { type: "string" }, port: { type: "integer", minimum: 1, maximum: 65_535 } },
    required: ["canary", "port"],
    additionalProperties: false,
  },
});
tell("target", target);

tell("tests", await deployer.ask({ to: "reviewer", message: "May I skip the tests, just this once?" }));

tell("weather", await deployer.ask({ to: "oracle", message: "Will it hold over the weekend?", timeoutMs: 1_500 }));

// The last question waits for a person, through a crash of the bridge if there is one.
const ship = await deployer.ask.start({
  to: "dana",
  message: "Ship 4f1c to production?",
  schema: {
    type: "object",
    properties: {
      approve: { type: "boolean", title: "Approve" },
      window: { enum: ["now", "tonight", "monday"], title: "When" },
      note: { type: "string", title: "Note", maxLength: 200 },
    },
    required: ["approve", "window"],
  },
  ...(target.status === "accepted" ? { causedBy: target.id } : {}),
});
process.stdout.write(`${JSON.stringify({ about: "waiting", id: ship.id, reach: ship.reach })}\n`);
tell("ship", await ship.outcome);
