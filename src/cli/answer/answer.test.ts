import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import type { Json } from "../../domain/json.ts";
import { askForContent, askForReply, mend } from "./form.ts";
import { linePrompter } from "./lines.ts";
import { NothingSaid } from "./prompter.ts";
import { terminalPrompter } from "./terminal-prompter.ts";

const schema: Json = {
  type: "object",
  properties: {
    port: { type: "integer", minimum: 1, title: "Port" },
    why: { type: "string", description: "in a sentence" },
    tls: { type: "boolean" },
    level: { enum: ["low", "high"] },
    zones: { type: "array", items: { enum: ["a", "b", "c"] }, minItems: 1 },
  },
  required: ["port", "level"],
};

const lines = (...typed: string[]) => {
  const [input, output] = [new PassThrough(), new PassThrough()];
  input.end(typed.map((line) => `${line}\n`).join(""));
  return {
    prompter: linePrompter(input, output, new AbortController().signal),
    shown: () => String(output.read() ?? ""),
  };
};

describe("an answer from lines of standard input", () => {
  test("is asked for field by field; what does not fit is asked for again, with the reason", async () => {
    const { prompter, shown } = lines("answer", "many", "0", "8765", "", "yes", "medium", "low", "a, c");

    expect(await askForReply(schema, prompter)).toEqual({
      action: "accept",
      content: { port: 8765, tls: true, level: "low", zones: ["a", "c"] },
    });
    const text = shown();
    expect(text).toContain("Port (a whole number, at least 1)");
    expect(text).toContain("must be a whole number");
    expect(text).toContain("must be one of low, high");
    expect(text.match(/^Port/gm)).toHaveLength(3);
  });

  test("may decline with a reason, or leave the question", async () => {
    expect(await askForReply(schema, lines("what?", "decline", "not mine").prompter)).toEqual({
      action: "decline",
      reason: "not mine",
    });
    expect(await askForReply(schema, lines("leave").prompter)).toBeUndefined();
  });

  test("that ends too early answers nothing", async () => {
    await expect(askForReply(schema, lines("answer", "1").prompter)).rejects.toThrow(NothingSaid);
  });

  test("to a schema that is no form is JSON, checked before it leaves", async () => {
    const { prompter, shown } = lines("nonsense", "[1, 1]", "[1, 2]");
    const unique: Json = { type: "array", items: { type: "integer" }, uniqueItems: true };

    expect(await askForContent(unique, prompter)).toEqual([1, 2]);
    expect(shown()).toContain("JSON (the answer is not an object)");
  });

  test("fills in objects within the object, and asks for what is no form as JSON of its own", async () => {
    const nested: Json = {
      type: "object",
      properties: {
        owner: { type: "object", properties: { name: { type: "string" } }, required: ["name"] },
        pager: { type: "object", properties: { level: { type: "integer" } } },
        hosts: { type: "array", items: { type: "string" } },
        ports: { type: "array", items: { type: "integer" } },
      },
      required: ["owner", "hosts"],
    };
    const { prompter, shown } = lines("eve", "leave", "[1]", '["a"]', "");

    expect(await askForContent(nested, prompter)).toEqual({ owner: { name: "eve" }, hosts: ["a"] });
    const text = shown();
    expect(text).toContain("owner › name");
    expect(text).toContain("/0 must be string");
  });

  test("to a question without a schema is words, and to one for a single value that value", async () => {
    expect(await askForContent({}, lines("", "yes, ship it").prompter)).toBe("yes, ship it");
    expect(await askForContent(true, lines("[1]").prompter)).toEqual([1]);
    const { prompter, shown } = lines("maybe", "no");
    expect(await askForContent({ type: "boolean", title: "Ship?" }, prompter)).toBe(false);
    expect(shown()).toContain("Ship? (yes or no)");
  });

  test("whose question goes away while it is typed answers nothing", async () => {
    const gone = new AbortController();
    const prompter = linePrompter(new PassThrough(), new PassThrough(), gone.signal);
    const said = expect(askForReply(schema, prompter)).rejects.toThrow(NothingSaid);
    gone.abort(new Error("it expired"));
    await said;
  });

  test("is mended where the bridge found problems, and only there", async () => {
    const { prompter, shown } = lines("high");
    const before = { port: 1, level: "medium" };

    expect(await mend(schema, before, [{ pointer: "/level", message: "must be one of" }], prompter)).toEqual({
      port: 1,
      level: "high",
    });
    expect(shown()).not.toContain("Port");
  });

  test("shows a stranger's titles without obeying them", async () => {
    const evil: Json = { type: "object", properties: { a: { type: "string", title: "\u001b[2Jgone" } } };
    const { prompter, shown } = lines("x");
    await askForContent(evil, prompter);
    expect(shown()).toContain("\\u001b[2Jgone");
  });
});

describe("an answer at a terminal", () => {
  /** Types each key only once the prompt that it is for has been drawn. */
  const person = (...script: readonly (readonly [prompt: string, ...keys: string[]])[]) => {
    const [input, output] = [new PassThrough(), new PassThrough()];
    let shown = "";
    const todo = [...script];
    output.on("data", (drawn: Buffer) => {
      shown += drawn.toString();
      const next = todo[0];
      if (next === undefined || !shown.includes(next[0])) return;
      todo.shift();
      shown = "";
      setImmediate(() => {
        for (const key of next.slice(1)) input.write(key);
      });
    });
    return { prompter: terminalPrompter(input, output, new AbortController().signal), todo };
  };
  const [enter, down, space, backspace, interrupt] = ["\r", "\u001b[B", " ", "\u007f", "\u0003"];

  test("is made of menus and of lines that are checked before the next question, and is shown before it is sent", async () => {
    const { prompter, todo } = person(
      ["What do you say?", enter],
      ["Port", "0", enter],
      ["must be", backspace, "8", "7", "6", "5", enter],
      ["why", enter],
      ["tls", down, enter],
      ["level", down, enter],
      ["zones", space, down, down, space, enter],
      ["Is that your answer?", down, enter],
      ["Port", ..."8765", enter],
      ["why", enter],
      ["tls", down, enter],
      ["level", down, enter],
      ["zones", space, down, down, space, enter],
      ["Is that your answer?", enter],
    );

    expect(await askForReply(schema, prompter)).toEqual({
      action: "accept",
      content: { port: 8765, tls: false, level: "high", zones: ["a", "c"] },
    });
    expect(todo).toEqual([]);
  });

  test("of many choices is searched, and JSON is pasted with its lines", async () => {
    const many: Json = {
      type: "object",
      properties: {
        region: { enum: Array.from({ length: 30 }, (_, n) => `zone-${n}`) },
        hosts: { type: "array", items: { type: "string" } },
      },
      required: ["region", "hosts"],
    };
    const { prompter } = person(
      ["region", ..."-27"],
      ["1 match", enter],
      ["Enter twice", "[", '"a"', enter, "]", enter, enter],
    );
    expect(await askForContent(many, prompter)).toEqual({ region: "zone-27", hosts: ["a"] });
  });

  test("left with Ctrl-C answers nothing", async () => {
    const { prompter } = person(["What do you say?", enter], ["Port", interrupt]);
    await expect(askForReply(schema, prompter)).rejects.toThrow(NothingSaid);
  });
});
