import type { Reply } from "../../domain/answer.ts";
import type { Json } from "../../domain/json.ts";
import type { Problem } from "../../domain/refusal.ts";
import { acceptSchema } from "../../schema/accept.ts";
import { checkValue } from "../../schema/check.ts";
import { type Member, membersOf, onlyMember } from "../../schema/describe.ts";
import type { JsonSchema } from "../../schema/node.ts";
import { printable, printableLine } from "../printable.ts";
import type { Prompter } from "./prompter.ts";

/** What somebody says to a question, asked for field by field; `undefined` leaves the question where it is. */
export const askForReply = async (schema: Json, prompter: Prompter): Promise<Reply | undefined> => {
  const choice = await prompter.choose("What do you say?", [
    { value: "answer", label: "Answer" },
    { value: "decline", label: "Decline, with a reason" },
    { value: "leave", label: "Leave it for later" },
  ]);
  switch (choice) {
    case "answer":
      for (;;) {
        const content = await askForContent(schema, prompter);
        const sure = await prompter.sure(JSON.stringify(content, null, 2));
        if (sure === "leave") return undefined;
        if (sure === "send") return { action: "accept", content };
      }
    case "decline":
      return { action: "decline", reason: await prompter.text("Why not?", () => undefined) };
    case "leave":
      return undefined;
  }
};

export const askForContent = async (schema: Json, prompter: Prompter): Promise<Json> => {
  if (isAnything(schema)) return askForWords(prompter);
  const described = describe(schema as JsonSchema);
  if (described.ok) return fillAll({}, described.members, "", prompter);
  const { field } = safe(onlyMember(schema as JsonSchema));
  if (field !== undefined) return (await prompter.field(field)) as Json;
  return (await askForJson(schema as JsonSchema, `JSON (${described.reason})`, true, prompter)) as Json;
};

/** A question without a schema takes anything: whoever is asked in words may answer in words. */
const isAnything = (schema: Json): boolean =>
  schema === true || (typeof schema === "object" && schema !== null && Object.keys(schema).length === 0);

const askForWords = async (prompter: Prompter): Promise<Json> => {
  const said = await prompter.text("Your answer, in words or as JSON", (typed) =>
    typed.trim() === "" ? "is required" : undefined,
  );
  try {
    return JSON.parse(said) as Json;
  } catch {
    return said;
  }
};

/** Asks again for what the bridge did not take: the fields that have a problem, or everything when it has no place. */
export const mend = async (
  schema: Json,
  before: Json,
  problems: readonly Problem[],
  prompter: Prompter,
): Promise<Json> => {
  prompter.say("The answer does not fit yet:");
  for (const { pointer, message } of problems)
    prompter.say(printable(`  ${pointer === "" ? "(all of it)" : pointer} ${message}`));
  const described = describe(schema as JsonSchema);
  const isObject = typeof before === "object" && before !== null && !Array.isArray(before);
  if (!described.ok || !isObject) return askForContent(schema, prompter);
  const wrong = described.members.filter(({ name }) => problems.some(({ pointer }) => isAt(pointer, name)));
  if (wrong.length === 0) return askForContent(schema, prompter);
  return fillAll({ ...(before as { readonly [name: string]: Json }) }, wrong, "", prompter);
};

type Content = { [name: string]: Json };

/** Member by member, an object within the object too: its members say whose they are. */
const fillAll = async (
  content: Content,
  members: readonly Member[],
  within: string,
  prompter: Prompter,
): Promise<Content> => {
  for (const member of members) {
    const value = await askFor(member, within, prompter);
    if (value === undefined) delete content[member.name];
    else content[member.name] = value as Json;
  }
  return content;
};

const askFor = async (member: Member, within: string, prompter: Prompter): Promise<unknown> => {
  const { field, schema, required } = member;
  const title = within + member.title;
  if (field !== undefined) return prompter.field({ ...field, title });
  const inner = describe(schema);
  const what = member.description === undefined ? title : `${title} (${member.description})`;
  if (!inner.ok) return askForJson(schema, `${what}, as JSON`, required, prompter);
  const isGiven = required || (await prompter.choose(what, givenOrNot)) === "fill";
  return isGiven ? fillAll({}, inner.members, `${title} › `, prompter) : undefined;
};

const givenOrNot = [
  { value: "fill", label: "Fill it in" },
  { value: "leave", label: "Leave it out" },
] as const;

/** Everything that a schema has to say to a person may come from a stranger. */
const describe = (schema: JsonSchema): ReturnType<typeof membersOf> => {
  const accepted = acceptSchema(schema);
  if (!accepted.ok) return { ok: false, reason: "this build cannot read the schema" };
  const described = membersOf(accepted.schema);
  return described.ok ? { ok: true, members: described.members.map(safe) } : described;
};

const safe = (member: Member): Member => {
  const told = {
    title: printableLine(member.title, 80),
    description: member.description === undefined ? undefined : printableLine(member.description, 200),
  };
  const { field } = member;
  if (field === undefined) return { ...member, ...told };
  if (!("options" in field)) return { ...member, ...told, field: { ...field, ...told } };
  const options = field.options.map(({ value, label }) => ({ value, label: printableLine(label, 80) }));
  return { ...member, ...told, field: { ...field, ...told, options } };
};

/** For a form this is too much, for a terminal too: the schema is shown up to here, in lines. */
const SCHEMA_LINES_MAX = 40;

const askForJson = async (
  schema: JsonSchema,
  title: string,
  required: boolean,
  prompter: Prompter,
): Promise<Json | undefined> => {
  const lines = printable(JSON.stringify(schema, null, 2)).split("\n");
  const more = lines.length > SCHEMA_LINES_MAX ? ["… (`lighthouse inbox --json` has all of it)"] : [];
  prompter.say(["It has to fit:", ...lines.slice(0, SCHEMA_LINES_MAX), ...more].join("\n"));
  const accepted = acceptSchema(schema);
  const typed = await prompter.json(
    required ? printableLine(title, 300) : `${printableLine(title, 300)} (may be left out)`,
    (text) => {
      if (text.trim() === "" && !required) return undefined;
      let value: unknown;
      try {
        value = JSON.parse(text);
      } catch (error) {
        return error instanceof Error ? error.message : "not JSON";
      }
      const problems = accepted.ok ? checkValue(accepted.schema, value) : [];
      return problems.length === 0
        ? undefined
        : problems.map(({ pointer, message }) => `${pointer} ${message}`.trim()).join("\n   ");
    },
  );
  return typed.trim() === "" ? undefined : (JSON.parse(typed) as Json);
};

const isAt = (pointer: string, name: string): boolean =>
  pointer.split("/")[1] === name.replaceAll("~", "~0").replaceAll("/", "~1");
