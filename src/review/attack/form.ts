import type { Offer } from "../../domain/answer.ts";
import { base64url } from "../../signing/digest.ts";
import type { Attack } from "./attack.ts";
import type { Actor } from "./cast.ts";
import { answerCall, type Trial } from "./trial.ts";

const over = { codes: ["not_found"] } as const;
const shown = (token: string) => ({ path: "/v1/forms/show", body: { token } });
const said = (key: string, content: unknown) => ({
  path: "/v1/forms/say",
  body: { key, said: { action: "accept", content } },
});

/** A question, as a form for the person behind the agent that is asked. */
const formOf = async (
  trial: Trial,
): Promise<{ readonly target: Actor; readonly offer: Offer; readonly token: string }> => {
  const [asker, target] = [await trial.agent("asker"), await trial.agent("target")];
  const offer = await trial.ask(asker, target, { schema: { type: "string", maxLength: 10 } });
  const opened = await trial.door.call({ path: `/v1/elicitations/${offer.id}/form`, body: {}, token: target.token });
  const { path = "" } = (opened.json ?? {}) as { readonly path?: string };
  const token = path.split("#")[1];
  if (token === undefined) trial.skip(`this bridge makes no forms: ${opened.status} ${opened.code}`);
  trial.door.redactor.know(token ?? "", "token of a form");
  return { target, offer, token: token ?? "" };
};

/** A page that is open to whoever holds its URL, once. */
export const form: readonly Attack[] = [
  {
    id: "form.guessed",
    title: "A guessed form",
    does: "Opens a form with a token of the right form and 192 other bits.",
    tries: "a form is known by its hash",
    run: async (trial) => {
      const { target, offer, token } = await formOf(trial);
      await trial.attempt("with a guess", null, shown(base64url(trial.bytes(24))), over);
      await trial.control("with the token", null, shown(token));
      await trial.control("answered", target, answerCall(offer.id, trial.sign(target, offer)));
    },
  },
  {
    id: "form.reused",
    title: "A form that was opened before",
    does: "Opens a form a second time with the token of its URL, and says something there twice.",
    tries: "a form's URL opens it once, and what is said is said once",
    run: async (trial) => {
      const { target, offer, token } = await formOf(trial);
      const first = await trial.control("opened", null, shown(token));
      const { key = "" } = (first.json ?? {}) as { readonly key?: string };
      trial.door.redactor.know(key, "key of an open form");
      await trial.attempt("opened again", null, shown(token), over);
      await trial.attempt("said with the URL's token", null, said(token, "yes"), over);
      await trial.attempt("what does not fit", null, said(key, "x".repeat(11)), { codes: ["content_invalid"] });
      await trial.control("said", null, said(key, "yes"));
      await trial.attempt("said again", null, said(key, "no"), over);
      await trial.control("answered", target, answerCall(offer.id, trial.sign(target, offer)));
    },
  },
];
