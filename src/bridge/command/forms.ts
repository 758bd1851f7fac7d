import type { Offer, Reply as Said } from "../../domain/answer.ts";
import type { Json } from "../../domain/json.ts";
import type { Limits } from "../../domain/limit.ts";
import { problemsIn, type Refusal, refusal } from "../../domain/refusal.ts";
import type { Rng, Scheduler } from "../../domain/world.ts";
import { checkValue } from "../../schema/check.ts";
import type { JsonSchema } from "../../schema/node.ts";
import { base64url } from "../../signing/digest.ts";
import { tokenHash } from "../../signing/keys.ts";

export interface FormPorts {
  readonly rng: Rng;
  readonly now: () => number;
  readonly scheduler: Scheduler;
  readonly limits: Pick<Limits, "formMs" | "formsPerAgentMax" | "formsMax">;
}

/** What the person at the form did; `cancel`: closed it, and the question is as open as before. */
export type FormSaid = Said | { readonly action: "cancel" };

/** How a form is doing. `shown`: somebody has opened it. */
export type FormState =
  | { readonly state: "none" }
  | { readonly state: "sent" | "shown"; readonly until: number }
  | { readonly state: "said"; readonly said: FormSaid };

interface Form {
  readonly agent: string;
  readonly offer: Offer;
  readonly until: number;
  /** Hash of what opens it: the token of its URL until that was used, then the key that the open page holds. */
  hash: string;
  stage: "sent" | "shown" | "said";
  said?: FormSaid;
  tell: () => void;
}

const SECRET_BYTES = 24;

/**
 * Questions as forms for the person behind an agent: open to whoever holds the form's one-time token, for some minutes.
 * The token opens it once, for a key that only the opened page knows, because a URL is seen by more than its reader.
 * Kept in memory, as hashes: after a restart a form is over, and the question is not.
 */
export const oneTimeForms = ({ rng, now, scheduler, limits }: FormPorts) => {
  const forms = new Map<string, Form>();
  const secret = (): string => base64url(rng.bytes(SECRET_BYTES));
  const idOf = (agent: string, elicitation: string): string => `${agent} ${elicitation}`;
  const sweep = (): void => {
    for (const [id, { until }] of forms) if (until <= now()) forms.delete(id);
  };
  const held = (hash: string, stage: Form["stage"]): Form | undefined => {
    sweep();
    for (const form of forms.values()) if (form.hash === hash && form.stage === stage) return form;
    return undefined;
  };
  const stateOf = (agent: string, elicitation: string): FormState => {
    sweep();
    const form = forms.get(idOf(agent, elicitation));
    if (form === undefined) return { state: "none" };
    if (form.said !== undefined) return { state: "said", said: form.said };
    return { state: form.stage === "sent" ? "sent" : "shown", until: form.until };
  };

  return {
    /** Makes a form of a question. One that was there before for the same question is over. */
    open: (agent: string, offer: Offer): { readonly token: string; readonly until: number } | Refusal => {
      sweep();
      const id = idOf(agent, offer.id);
      forms.get(id)?.tell();
      forms.delete(id);
      const own = [...forms.values()].filter((form) => form.agent === agent).length;
      if (own >= limits.formsPerAgentMax || forms.size >= limits.formsMax) {
        return refusal("too_busy", "too many forms are open", { retryAfterMs: limits.formMs });
      }
      const token = secret();
      const until = Math.min(now() + limits.formMs, offer.deadline);
      forms.set(id, { agent, offer, until, hash: tokenHash(token), stage: "sent", tell: () => undefined });
      return { token, until };
    },
    /** Uses the token of the URL up. */
    show: (token: string): { readonly key: string; readonly offer: Offer; readonly until: number } | Refusal => {
      const form = held(tokenHash(token), "sent");
      if (form === undefined) return over;
      const key = secret();
      form.hash = tokenHash(key);
      form.stage = "shown";
      return { key, offer: form.offer, until: form.until };
    },
    /** Takes what was said, if it fits the question; once. */
    say: (key: string, said: FormSaid): Refusal | undefined => {
      const form = held(tokenHash(key), "shown");
      if (form === undefined) return over;
      if (said.action === "accept") {
        const problems = checkValue(form.offer.schema as JsonSchema, said.content as Json);
        if (problems.length > 0) return refusal("content_invalid", problemsIn("the content", problems), { problems });
      }
      form.stage = "said";
      form.said = said;
      form.tell();
      return undefined;
    },
    stateOf,
    /** The same, once something was said or the time is over. */
    wait: async (agent: string, elicitation: string, ms: number, signal: AbortSignal): Promise<FormState> => {
      const form = forms.get(idOf(agent, elicitation));
      const state = stateOf(agent, elicitation).state;
      if (form === undefined || ms <= 0 || (state !== "sent" && state !== "shown")) return stateOf(agent, elicitation);
      await new Promise<void>((resolve) => {
        const over = (): void => {
          cancel();
          signal.removeEventListener("abort", over);
          resolve();
        };
        const cancel = scheduler.after(ms, over);
        signal.addEventListener("abort", over, { once: true });
        const before = form.tell;
        form.tell = () => {
          before();
          over();
        };
        if (signal.aborted) over();
      });
      return stateOf(agent, elicitation);
    },
    count: (): number => forms.size,
  };
};

const over = refusal("not_found", "this form is over: it was used, replaced, or its time has passed");

export const isRefusal = (value: object): value is Refusal => "code" in value;
