import type { Attack } from "./attack.ts";
import { answerCall, askCall, type Trial } from "./trial.ts";

const nested = (levels: number): string => `${"[".repeat(levels)}${"]".repeat(levels)}`;

/** The bridge is still there, and quick: what was refused has not hurt it. */
const unhurt = async (trial: Trial): Promise<void> => {
  const asker = await trial.agent("asker");
  await trial.control("the bridge serves others", asker, { path: "/v1/inbox?peek=true" });
};

/** What is too much, too deep or too clever for whoever reads it. */
export const input: readonly Attack[] = [
  {
    id: "input.large",
    title: "A body of ten megabytes",
    does: "Asks with a message of ten megabytes.",
    tries: "the limit on a body",
    run: async (trial) => {
      const [asker, target] = [await trial.agent("asker"), await trial.agent("target")];
      const message = "x".repeat(10 * 1_048_576);
      // The reply may be lost to a connection that is closed while it still sends.
      const codes = ["too_large", "ECONNRESET", "EPIPE"];
      await trial.attempt("ten megabytes", asker, askCall(target, { message }), { codes });
      const offer = await trial.ask(asker, target, { message: "x".repeat(10_000) });
      await trial.control("ten kilobytes", target, answerCall(offer.id, trial.sign(target, offer)));
      await unhurt(trial);
    },
  },
  {
    id: "input.deep",
    title: "Deep nesting",
    does: "Asks with a schema of 4,000 levels, appends an event of 100,000 nested arrays, and answers with as many.",
    tries: "the limit on nesting",
    run: async (trial) => {
      const [asker, target] = [await trial.agent("asker"), await trial.agent("target")];
      const schema = `${'{"items":'.repeat(4_000)}true${"}".repeat(4_000)}`;
      const asked = { ...askCall(target), body: `{"to":"${target.name}","message":"?","schema":${schema}}` };
      await trial.attempt("in a schema", asker, asked, { codes: ["schema_invalid", "invalid_input"] });
      const event = { path: "/v1/events", body: `{"name":"attack.deep","payload":${nested(100_000)}}` };
      await trial.attempt("in an event", asker, event, { codes: ["invalid_input"] });
      const offer = await trial.ask(asker, target);
      const call = { ...answerCall(offer.id, null), body: `{"answer":${nested(100_000)}}` };
      await trial.attempt("in an answer", target, call, { codes: ["invalid_input"] });
      await trial.control("a flat one", target, answerCall(offer.id, trial.sign(target, offer)));
    },
  },
  {
    id: "input.proto",
    title: "__proto__ in a body",
    does: "Asks with the members __proto__ and constructor.",
    tries: "unknown members are refused",
    run: async (trial) => {
      const [asker, target] = [await trial.agent("asker"), await trial.agent("target")];
      for (const member of ["__proto__", "constructor"]) {
        const body = `{"to":"${target.name}","message":"?","${member}":{"roles":["admin"]}}`;
        await trial.attempt(member, asker, { ...askCall(target), body }, { codes: ["invalid_input"] });
      }
      const offer = await trial.ask(asker, target);
      await trial.control("without", target, answerCall(offer.id, trial.sign(target, offer)));
    },
  },
  {
    id: "input.schema-bomb",
    title: "A schema that multiplies",
    does: "Asks with 30 definitions of which each refers to the next one twice, 2^30 checks, and answers.",
    tries: "a limit on the steps of a check",
    run: async (trial) => {
      const [asker, target] = [await trial.agent("asker"), await trial.agent("target")];
      const bomb = await trial.ask(asker, target, { schema: { $ref: "#/$defs/d0", $defs: doubling(30) } });
      const call = answerCall(bomb.id, trial.sign(target, bomb));
      await trial.attempt("30 levels", target, call, { codes: ["content_invalid"] });
      const offer = await trial.ask(asker, target, { schema: { $ref: "#/$defs/d0", $defs: doubling(3) } });
      await trial.control("3 levels", target, answerCall(offer.id, trial.sign(target, offer)));
      await unhurt(trial);
    },
  },
  {
    id: "input.regex-bomb",
    title: "A pattern that backtracks (ReDoS)",
    does: "Asks for text of the pattern ^(a+)+$ and answers with 40 a and a b.",
    tries: "patterns match in linear time",
    run: async (trial) => {
      const [asker, target] = [await trial.agent("asker"), await trial.agent("target")];
      const offer = await trial.ask(asker, target, { schema: { type: "string", pattern: "^(a+)+$" } });
      const bad = trial.sign(target, offer, { action: "accept", content: `${"a".repeat(40)}b` });
      await trial.attempt("a text that fits almost", target, answerCall(offer.id, bad), { codes: ["content_invalid"] });
      const good = trial.sign(target, offer, { action: "accept", content: "a".repeat(40) });
      await trial.control("a text that fits", target, answerCall(offer.id, good));
    },
  },
  {
    id: "input.names",
    title: "Names with control characters",
    does: "Registers agents and appends events under names with line breaks, escapes and path separators.",
    tries: "a name is one plain word",
    run: async (trial) => {
      const asker = await trial.agent("asker");
      for (const name of ["a\r\nX-Injected: 1", "a\u001b[2Jb", "../../etc/passwd", "a b", ""]) {
        const call = { path: "/v1/events", body: { name, payload: 1 } };
        await trial.attempt(`event ${JSON.stringify(name)}`, asker, call, { codes: ["invalid_input"] });
        const asked = askCall({ name });
        await trial.attempt(`agent ${JSON.stringify(name)}`, asker, asked, { codes: ["invalid_input"] });
      }
      const name = `attack.${trial.casting.run}.plain`;
      await trial.control("a plain word", asker, { path: "/v1/events", body: { name, payload: 1 } }, 201);
    },
  },
];

const doubling = (levels: number): Record<string, unknown> => {
  const defs: Record<string, unknown> = { [`d${levels}`]: { type: "string" } };
  for (let i = 0; i < levels; i++) defs[`d${i}`] = { allOf: [next(i), next(i)] };
  return defs;
};

const next = (i: number) => ({ $ref: `#/$defs/d${i + 1}` });
