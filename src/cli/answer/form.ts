import type { Reply } from "../../domain/answer.ts";
import type { Json } from "../../domain/json.ts";
import type { Problem } from "../../domain/refusal.ts";
import { acceptSchema } from "../../schema/accept.ts";
import { checkValue } from "../../schema/check.ts";
import { type Described, fieldsOf } from "../../schema/describe.ts";
import type { Field } from "../../schema/field.ts";
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
      return { action: "accept", content: await askForContent(schema, prompter) };
    case "decline":
      return { action: "decline", reason: await prompter.text("Why not?", () => undefined) };
    case "leave":
      return undefined;
  }
};

export const askForContent = async (schema: Json, prompter: Prompter): Promise<Json> => {
  const described = describe(schema);
  if (!described.flat) return askForJson(schema as JsonSchema, described.reason, prompter);
  const content: { [name: string]: Json } = {};
  for (const field of described.fields) await fill(content, field, prompter);
  return content;
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
  const described = describe(schema);
  const isObject = typeof before === "object" && before !== null && !Array.isArray(before);
  if (!described.flat || !isObject) return askForContent(schema, prompter);
  const wrong = described.fields.filter(({ name }) => problems.some(({ pointer }) => isAt(pointer, name)));
  if (wrong.length === 0) return askForContent(schema, prompter);
  const content = { ...(before as { readonly [name: string]: Json }) };
  for (const field of wrong) await fill(content, field, prompter);
  return content;
};

const fill = async (content: { [name: string]: Json }, field: Field, prompter: Prompter): Promise<void> => {
  const value = await prompter.field(field);
  if (value === undefined) delete content[field.name];
  else content[field.name] = value as Json;
};

/** Everything that a schema has to say to a person may come from a stranger. */
const describe = (schema: Json): Described => {
  const accepted = acceptSchema(schema);
  if (!accepted.ok) return { flat: false, reason: "this build cannot read the schema" };
  const described = fieldsOf(accepted.schema);
  return described.flat ? { flat: true, fields: described.fields.map(safe) } : described;
};

const safe = (field: Field): Field => ({
  ...field,
  title: printableLine(field.title, 80),
  description: field.description === undefined ? undefined : printableLine(field.description, 200),
  ...("options" in field
    ? { options: field.options.map(({ value, label }) => ({ value, label: printableLine(label, 80) })) }
    : {}),
});

const askForJson = async (schema: JsonSchema, reason: string, prompter: Prompter): Promise<Json> => {
  prompter.say(
    `Answer in JSON (${printableLine(reason)}). It has to fit: ${printableLine(JSON.stringify(schema), 2_000)}`,
  );
  const accepted = acceptSchema(schema);
  const typed = await prompter.text("JSON", (text) => {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      return error instanceof Error ? error.message : "not JSON";
    }
    const problems = accepted.ok ? checkValue(accepted.schema, value) : [];
    return problems.length === 0
      ? undefined
      : problems.map(({ pointer, message }) => `${pointer} ${message}`.trim()).join("; ");
  });
  return JSON.parse(typed) as Json;
};

const isAt = (pointer: string, name: string): boolean =>
  pointer.split("/")[1] === name.replaceAll("~", "~0").replaceAll("/", "~1");
