import { type Decider, type Decision, decided, refused } from "./decider.ts";
import type { EventData, EventTypeName, Fact } from "./event.ts";
import { refusal } from "./refusal.ts";

/** Where an agent wants its questions posted to. One place, because two would make "offered" ambiguous. */
export type Webhook = { readonly status: "none" } | ({ readonly status: "set" } & EventData<"webhook.set">);

export type WebhookFact = Fact<Extract<EventTypeName, `webhook.${string}`>>;

export type WebhookCommand =
  /** `salt`: fresh with every setting, so that setting it again is how its secret is renewed. */
  | { readonly type: "set"; readonly set: EventData<"webhook.set"> }
  | { readonly type: "remove"; readonly reason: string };

const decide = (state: Webhook, command: WebhookCommand): Decision<WebhookFact> => {
  switch (command.type) {
    case "set":
      return decided({ type: "webhook.set", data: command.set });
    case "remove":
      return state.status === "none"
        ? refused(refusal("not_found", "no webhook is set"))
        : decided({ type: "webhook.removed", data: { reason: command.reason } });
  }
};

const evolve = (_state: Webhook, fact: WebhookFact): Webhook => {
  switch (fact.type) {
    case "webhook.set":
      return { status: "set", ...fact.data };
    case "webhook.removed":
      return { status: "none" };
  }
};

export const webhook: Decider<Webhook, WebhookCommand, WebhookFact> = {
  initial: { status: "none" },
  decide,
  evolve,
};
