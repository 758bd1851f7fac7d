import type { Offer, Reply } from "../../../domain/answer.ts";
import type { Json } from "../../../domain/json.ts";
import { refusal } from "../../../domain/refusal.ts";
import type { FormState } from "../../command/forms.ts";
import type { ElicitationView } from "../views.ts";
import { type Desk, type Told, troubleOf, unsigned } from "./desk.ts";
import { formFor, visitFor } from "./form.ts";
import { type Form, type Person, type Shown, shown, WAIT_MS_MAX } from "./tool.ts";
import { type EndShown, endText, type InboxPage, showEnd } from "./views.ts";

type Answered = Promise<Told<Shown<EndShown>>>;

/**
 * Puts a question to the person at the client: as the client's own form where the schema is flat, else on a page of the
 * bridge. What the person does is what is recorded: accept and decline are answers, and to close a form is neither.
 */
export const answerByPerson = async (desk: Desk, id: string, person: Person): Promise<Awaited<Answered> | Form> => {
  if (!desk.canSign) return { ok: false, trouble: unsigned };
  if (person.can === "nothing") return notAsked("this client does not let its person be asked");
  const page = await desk.call<FormState>("forms.wait", { id });
  if (!page.ok) return page;
  const { state } = page.value;
  if (person.can === "said") {
    if (state === "none") return byForm(desk, id, person);
    // The person only said whether they go to the page; what they say is said there.
    return person.action === "accept" ? byPage(desk, id) : notAsked("the person did not open the page");
  }
  if (page.value.state === "said" && page.value.said.action !== "cancel") return byPage(desk, id);
  const offer = await offerIn(desk, id);
  if (!offer.ok) return offer;
  const form = formFor(offer.value);
  if (form.ok === "ask" && person.forms) return form;
  if (!person.pages)
    return notAsked(form.ok === "ask" ? "this client shows no forms" : `the schema is no form: ${form.why}`);
  const opened = await desk.call<{ readonly path: string }>("forms.open", { id });
  return opened.ok ? visitFor(offer.value, desk.urlOf(opened.value.path)) : opened;
};

const byForm = (desk: Desk, id: string, { action, content }: Extract<Person, { readonly can: "said" }>): Answered => {
  if (action === "accept") return given(desk, id, { action, content: (content ?? {}) as Json });
  if (action === "decline") return given(desk, id, { action, reason: "the person declined" });
  return Promise.resolve(notAsked("the person closed the form without an answer"));
};

const byPage = async (desk: Desk, id: string): Answered => {
  const page = await desk.call<FormState>("forms.wait", { id, waitMs: WAIT_MS_MAX });
  if (!page.ok) return page;
  switch (page.value.state) {
    case "said": {
      const { said } = page.value;
      return said.action === "cancel"
        ? notAsked("the person closed the page without an answer")
        : given(desk, id, said);
    }
    case "sent":
    case "shown":
      return {
        ok: false,
        trouble: {
          code: "person_busy",
          title: "The person has not answered yet.",
          detail: `the page is ${page.value.state === "shown" ? "open" : "not opened yet"}; the question is still open`,
          remedy: "Call this tool again with the same id and askPerson in a while; do something else meanwhile.",
        },
      };
    case "none":
      return notAsked("the page's time has passed without an answer");
  }
};

const notAsked = (detail: string): Told<never> => ({
  ok: false,
  trouble: {
    code: "person_not_asked",
    title: "No person has answered.",
    detail: `${detail}; the question is still open`,
    remedy: "Ask your user in your own words and answer with `content`, or decline with a reason.",
  },
});

export const given = async (desk: Desk, id: string, said: Reply, signed?: unknown): Promise<Told<Shown<EndShown>>> => {
  const answered = await desk.answer(id, said, signed);
  if (!answered.ok) return answered;
  const end = showEnd(answered.value as ElicitationView);
  return shown(end, `${endText(end).split("\n", 1)[0]}\nThe asker has it.`.replace("and answers:", "(your answer)"));
};

const offerIn = async (desk: Desk, id: string): Promise<Told<Offer>> => {
  let after: number | null = 0;
  while (after !== null) {
    const page: Told<InboxPage> = await desk.call<InboxPage>("inbox.list", { peek: true, after, limit: PAGE_MAX });
    if (!page.ok) return page;
    const found = page.value.items.find(({ offer }) => offer.id === id);
    if (found !== undefined) return { ok: true, value: found.offer };
    after = page.value.next;
  }
  return { ok: false, trouble: troubleOf(refusal("not_found", "no open question of that id is in your inbox")) };
};

const PAGE_MAX = 1_000;
