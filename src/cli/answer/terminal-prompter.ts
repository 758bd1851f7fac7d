import type { Readable, Writable } from "node:stream";
import { isCancel, log, multiselect, select, text } from "@clack/prompts";
import { checkValue } from "../../schema/check.ts";
import type { Field } from "../../schema/field.ts";
import { parseField } from "../../schema/parse-field.ts";
import { hintOf } from "./hint.ts";
import { NothingSaid, type Prompter } from "./prompter.ts";

/** Asks a person at a terminal: menus for choices, and every line checked before the next question. */
export const terminalPrompter = (input: Readable, output: Writable, signal: AbortSignal): Prompter => {
  const io = { input, output, signal };

  const said = <V>(value: V): Exclude<V, symbol> => {
    if (isCancel(value)) throw new NothingSaid(undefined, { cause: signal.reason });
    return value as Exclude<V, symbol>;
  };

  const typed = async (field: Field): Promise<unknown> => {
    const answer = said(
      await text({
        ...io,
        message: labelOf(field),
        ...(field.default === undefined ? {} : { placeholder: String(field.default) }),
        validate: (line) => {
          const parsed = parseField(field, line ?? "");
          return parsed.ok ? undefined : parsed.problem.message;
        },
      }),
    );
    const parsed = parseField(field, answer ?? "");
    return parsed.ok ? parsed.value : undefined;
  };

  /** Menus hold places in a list, because two options may be told apart by their type alone: 1 and "1". */
  const picked = async (field: Field, values: readonly unknown[], labels: readonly string[]): Promise<unknown> => {
    const options = labels.map((label, index) => ({ value: index, label }));
    if (!field.required) options.push({ value: -1, label: "(leave it out)" });
    const preset = values.indexOf(field.default);
    const index = said(
      await select({ ...io, message: labelOf(field), options, ...(preset < 0 ? {} : { initialValue: preset }) }),
    );
    return index === -1 ? undefined : values[index];
  };

  const several = async (field: Extract<Field, { readonly kind: "choices" }>): Promise<unknown> => {
    for (;;) {
      const options = field.options.map(({ label }, index) => ({ value: index, label }));
      const indices = said(await multiselect({ ...io, message: labelOf(field), options, required: false }));
      if (indices.length === 0 && !field.required) return undefined;
      const values = indices.map((index) => field.options[index]?.value);
      const [problem] = checkValue(field.schema, values);
      if (problem === undefined) return values;
      log.warn(problem.message, { output });
    }
  };

  return {
    say: (line) => log.message(line, { output }),
    choose: async (message, options) => said(await select({ ...io, message, options: [...options] as never })),
    text: async (message, problem) =>
      said(await text({ ...io, message, validate: (line) => problem(line ?? "") })) ?? "",
    field: (field) => {
      switch (field.kind) {
        case "text":
        case "number":
          return typed(field);
        case "boolean":
          return picked(field, [true, false], ["yes", "no"]);
        case "choice":
          return picked(
            field,
            field.options.map(({ value }) => value),
            field.options.map(({ label }) => label),
          );
        case "choices":
          return several(field);
      }
    },
  };
};

const labelOf = (field: Field): string => {
  const hint = hintOf(field);
  return hint === "" ? field.title : `${field.title} (${hint})`;
};
