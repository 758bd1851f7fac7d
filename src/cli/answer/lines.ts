import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { parseField } from "../../schema/parse-field.ts";
import { hintOf } from "./hint.ts";
import { NothingSaid, type Prompter } from "./prompter.ts";

/** Asks on `output`, one line for each answer from `input`: for pipes, screen readers and scripts. */
export const linePrompter = (input: Readable, output: Writable, signal: AbortSignal): Prompter => {
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  const iterator = lines[Symbol.asyncIterator]();
  const aborted = new Promise<never>((_, reject) => {
    const stop = (): void => {
      lines.close();
      reject(new NothingSaid(undefined, { cause: signal.reason }));
    };
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
  });
  aborted.catch(() => undefined);

  const say = (text: string): void => void output.write(`${text}\n`);
  const line = async (): Promise<string> => {
    const next = await Promise.race([iterator.next(), aborted]);
    if (next.done === true) throw new NothingSaid("the input ended before the answer was complete");
    return next.value;
  };

  const text: Prompter["text"] = async (message, problem) => {
    for (;;) {
      say(message);
      const typed = await line();
      const wrong = problem(typed);
      if (wrong === undefined) return typed;
      say(`  ${wrong}`);
    }
  };

  return {
    say,
    choose: async (message, options) => {
      const names = options.map(({ value }) => value);
      for (;;) {
        say(`${message} (${names.join(", ")})`);
        const typed = (await line()).trim();
        const chosen = names.find((name) => name === typed);
        if (chosen !== undefined) return chosen;
        say(`  ${JSON.stringify(typed)} is none of them`);
      }
    },
    field: async (field) => {
      for (;;) {
        say(`${field.title} (${hintOf(field)})`);
        const parsed = parseField(field, await line());
        if (parsed.ok) return parsed.value;
        say(`  ${parsed.problem.message}`);
      }
    },
    text,
    json: text,
    sure: async () => "send",
  };
};
