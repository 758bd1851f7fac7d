import type { Command } from "commander";
import type { IncomingQuestion } from "../client/incoming.ts";
import { type Exchange, type Lighthouse, verifyExchange } from "../client/index.ts";
import type { Outcome } from "../client/outcome.ts";
import { LighthouseRefusal } from "../client/refusal.ts";
import { askForReply, mend } from "./answer/form.ts";
import { linePrompter } from "./answer/lines.ts";
import { NothingSaid, type Prompter } from "./answer/prompter.ts";
import { terminalPrompter } from "./answer/terminal-prompter.ts";
import { type Act, act, command } from "./command.ts";
import { type ConnectionOptions, connecting, withClient } from "./connection.ts";
import { inWords } from "./duration.ts";
import type { Exit } from "./exit.ts";
import { Failure } from "./failure.ts";
import { printable, printableLine } from "./printable.ts";
import { readJson } from "./read-json.ts";
import { realClock } from "./world.ts";

interface Options extends ConnectionOptions {
  readonly json?: boolean;
  readonly content?: string;
  readonly decline?: string;
}

/** `lighthouse answer ID`: fills in the form that the question's schema describes. */
export const answerCommand = (): Command =>
  connecting(
    command("answer", "Answer a question: asks for each field of its schema, or takes the answer from an option.", {
      examples: `
        lighthouse answer el_01ke5q86009dvk0thzvwqqcan9 --as bob
        lighthouse answer --as bob                                  # the one question that waits, or one from a menu
        lighthouse answer el_01ke5q86009dvk0thzvwqqcan9 --as bob --content '{"port": 8765}'
        lighthouse answer el_01ke5q86009dvk0thzvwqqcan9 --as bob --decline "not my department"`,
      endsWith: ["refused", "expired", "unreachable", "unverified"],
    }),
  )
    .argument("[id]", "the elicitation; may be left out when only one waits, and in a terminal")
    .option("--content <json>", "accept with this: JSON written out, a file, or -")
    .option("--decline <reason>", "decline, with this reason")
    .action((id: string | undefined, options: Options) =>
      act(options, (doing) => {
        if (options.content !== undefined && options.decline !== undefined) {
          throw new Failure("usage", "--content and --decline exclude each other.");
        }
        return withClient(options, doing, async (client) => {
          const items = await client.inbox();
          const isAsked = options.content === undefined && options.decline === undefined;
          const chosen = id === undefined && isAsked && items.length > 1 ? await choose(items, doing) : id;
          if (chosen === null) return "interrupted";
          const question = pick(items, chosen, client);
          refuseIfAltered(question, await client.exchange(question.id), doing);
          const outcome = await answerTo(question, options, doing);
          return typeof outcome === "string" ? leftOpen(question, outcome, doing) : recorded(outcome, doing);
        });
      }),
    );

/** Before anything is signed: what came must be what the log has and, where its asker signs, what that has signed. */
const refuseIfAltered = (question: IncomingQuestion, exchange: Exchange, { terminal }: Act): void => {
  const checks = verifyExchange(exchange, { offer: question.offer });
  const failed = checks.filter(({ verdict }) => verdict === "fails");
  if (failed.length > 0) {
    throw new Failure("unverified", `${question.id} is not what ${question.from} asked. Nothing was answered.`, {
      problems: failed.map(({ name, says }) => ({ pointer: name, message: says })),
      remedy: `\`lighthouse verify ${question.id}\` shows every check; ask ${question.from} by another way.`,
    });
  }
  const own = checks.find(({ name, verdict }) => verdict === "holds" && name.startsWith("question: Ed25519"));
  if (own !== undefined) terminal.note(`Signed by ${question.from}: ${own.name.slice("question: ".length)}`);
};

/** The id of one of several, from a menu; undefined where none can be drawn, null when whoever looks at it leaves. */
const choose = async (items: readonly IncomingQuestion[], { signal }: Act): Promise<string | undefined | null> => {
  const { stdin, stderr } = process;
  if (!canDraw(stdin, stderr)) return undefined;
  const left = (deadline: number): string => `${inWords(deadline - realClock.now())} left`;
  const options = items.map(({ id, from, message, deadline }) => ({
    value: id,
    label: `${from}: ${printableLine(message, 60)} (${left(deadline)})`,
  }));
  try {
    return await terminalPrompter(stdin, stderr, signal).choose("Which one?", options);
  } catch (error) {
    if (!(error instanceof NothingSaid)) throw error;
    stdin.destroy();
    return null;
  }
};

const pick = (items: readonly IncomingQuestion[], id: string | undefined, { agent }: Lighthouse): IncomingQuestion => {
  const [only, another] = items;
  if (id !== undefined) {
    const found = items.find((item) => item.id === id);
    if (found !== undefined) return found;
    throw new Failure("refused", `${id} does not wait for an answer of ${agent}.`, {
      remedy: "`lighthouse inbox` shows what does; `lighthouse receipt` tells what became of it.",
    });
  }
  if (only === undefined) throw new Failure("refused", `Nothing waits for an answer of ${agent}.`);
  if (another === undefined) return only;
  throw new Failure("usage", `${items.length} questions wait for ${agent}: name one.`, {
    remedy: "`lighthouse inbox` lists them.",
  });
};

/** An outcome, or with which exit the question was left where it is. */
const answerTo = async (question: IncomingQuestion, options: Options, doing: Act): Promise<Outcome | Exit> => {
  if (options.decline !== undefined) return question.decline(options.decline);
  if (options.content !== undefined) return question.accept(readJson(options.content, "--content"));
  const { stdin, stderr } = process;
  const signal = AbortSignal.any([doing.signal, question.withdrawn]);
  const prompter = (canDraw(stdin, stderr) ? terminalPrompter : linePrompter)(stdin, stderr, signal);
  try {
    return (await fillIn(question, prompter)) ?? "ok";
  } catch (error) {
    if (!(error instanceof NothingSaid)) throw error;
    if (question.withdrawn.aborted) throw question.withdrawn.reason;
    // A terminal that is asked key by key tells Ctrl-C as a key.
    if (error.message === "") return "interrupted";
    throw new Failure("usage", `Nothing was answered: ${error.message}.`);
  } finally {
    stdin.destroy();
  }
};

/** Menus need keys one by one, and a screen that has a width: some terminals in containers say that theirs is 0. */
const MENU_COLUMNS_MIN = 20;
const canDraw = (stdin: NodeJS.ReadStream, stderr: NodeJS.WriteStream): boolean =>
  stdin.isTTY === true && stderr.isTTY === true && stderr.columns >= MENU_COLUMNS_MIN;

/** Asks until the bridge takes the answer; `undefined` when it is left for later. */
const fillIn = async (question: IncomingQuestion, prompter: Prompter): Promise<Outcome | undefined> => {
  const { from, message, deadline, schema } = question;
  prompter.say(`${from} asks: ${printable(message)}`);
  prompter.say(`(${question.id}, ${inWords(deadline - realClock.now())} left)`);
  const reply = await askForReply(schema, prompter);
  if (reply === undefined) return undefined;
  if (reply.action === "decline") return question.decline(reply.reason);
  for (let { content } = reply; ; ) {
    try {
      return await question.accept(content);
    } catch (error) {
      if (!(error instanceof LighthouseRefusal) || error.code !== "content_invalid") throw error;
      content = await mend(schema, content, error.problems, prompter);
    }
  }
};

const leftOpen = ({ id }: IncomingQuestion, exit: Exit, { terminal }: Act): Exit => {
  terminal.result({ id, status: "open" }, () => `Nothing was answered; ${id} stays open.`);
  return exit;
};

const recorded = (outcome: Outcome, { terminal }: Act): Exit => {
  terminal.result(outcome, () => `Recorded: ${outcome.id} is ${outcome.status}.`);
  return "ok";
};
