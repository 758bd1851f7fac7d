import type { Readable, Writable } from "node:stream";
import {
  autocomplete,
  autocompleteMultiselect,
  isCancel,
  log,
  multiline,
  multiselect,
  select,
  text,
} from "@clack/prompts";
import { checkValue } from "../../schema/check.ts";
import type { Field } from "../../schema/field.ts";
import { parseField } from "../../schema/parse-field.ts";
import { printable } from "../printable.ts";
import { hintOf, menuHintOf } from "./hint.ts";
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
    const menu = { ...io, message: menuLabelOf(field), options, ...(preset < 0 ? {} : { initialValue: preset }) };
    const index = said(await (options.length > MENU_LINES_MAX ? autocomplete(shortened(menu)) : select(menu)));
    return index === -1 ? undefined : values[index];
  };

  const several = async (field: Extract<Field, { readonly kind: "choices" }>): Promise<unknown> => {
    for (;;) {
      const options = field.options.map(({ label }, index) => ({ value: index, label }));
      const menu = { ...io, message: menuLabelOf(field), options, required: false };
      const indices = said(
        await (options.length > MENU_LINES_MAX ? autocompleteMultiselect(shortened(menu)) : multiselect(menu)),
      );
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
    json: async (message, problem) =>
      said(
        await multiline({
          ...io,
          message: `${message} (Enter twice ends it)`,
          validate: (lines) => problem(lines ?? ""),
        }),
      ),
    sure: async (answer) => {
      log.message(printable(answer), { output });
      const options = [
        { value: "send", label: "Send it: it is signed, and final" },
        { value: "again", label: "Fill it in again" },
        { value: "leave", label: "Leave the question for later" },
      ] as const;
      return said(await select({ ...io, message: "Is that your answer?", options: [...options] }));
    },
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

const labelOf = (field: Field): string => withHint(field.title, hintOf(field));

/** A menu shows its choices itself. */
const menuLabelOf = (field: Field): string => withHint(field.title, menuHintOf(field));

const withHint = (title: string, hint: string): string => (hint === "" ? title : `${title} (${hint})`);

/** Longer menus are searched by typing, and show so many lines at once. */
const MENU_LINES_MAX = 10;
const shortened = <M extends object>(menu: M): M & { readonly maxItems: number } => ({
  ...menu,
  maxItems: MENU_LINES_MAX,
});
