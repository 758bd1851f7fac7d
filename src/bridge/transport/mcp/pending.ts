import { type Static, Type } from "typebox";
import type { Desk } from "./desk.ts";
import { type InboxPage, QuestionShown, questionText, showQuestion } from "./views.ts";

export const PendingShown = Type.Object(
  {
    waiting: Type.Integer({ minimum: 0, description: "questions that wait for you, these included" }),
    questions: Type.Array(QuestionShown),
  },
  { description: "questions for you that nobody had shown you yet; answer them with lighthouse_answer" },
);
export type PendingShown = Static<typeof PendingShown>;

/** How much of a result the questions beside it may take: a model asked for something else. */
const QUESTIONS_MAX = 3;
const CHARS_MAX = 8_000;

/**
 * Questions that came in while the agent was busy with something else. A client that nothing can wake learns of them
 * with the next thing it does. Each is shown so once; those that are too long are only counted.
 */
export const pendingFor = async (
  desk: Desk,
): Promise<{ readonly value: PendingShown; readonly text: string } | null> => {
  const page = await desk.call<InboxPage>("inbox.list", { peek: true, limit: LOOK_AT });
  if (!page.ok || page.value.items.length === 0) return null;
  const { items } = page.value;
  const questions: QuestionShown[] = [];
  let chars = 0;
  for (const { offer, status } of items) {
    if (status !== "asked" || questions.length === QUESTIONS_MAX) continue;
    const question = showQuestion(offer, status);
    chars += questionText(question).length;
    if (chars > CHARS_MAX) break;
    questions.push(question);
  }
  const isNew = items.some(({ status }) => status === "asked");
  if (!isNew) return null;
  desk.handing(questions.map(({ id }) => id));
  const text = [
    `Beside that: ${items.length} question(s) wait for you.`,
    ...questions.map(questionText),
    questions.length < items.length ? "lighthouse_inbox shows all of them." : "",
  ];
  return { value: { waiting: items.length, questions }, text: text.filter((line) => line !== "").join("\n") };
};

const LOOK_AT = 50;
