import { idOf, type Recorded } from "../../domain/event.ts";
import { type Webhook, type WebhookFact, webhook } from "../../domain/webhook.ts";

/** Who wants questions posted, and where to. A revoked agent wants nothing any more. */
export const webhookView = () => {
  const hooks = new Map<string, { readonly state: Webhook; readonly revision: number }>();
  const revoked = new Set<string>();
  return {
    fold: (event: Recorded): void => {
      if (event.type === "agent.revoked") revoked.add(idOf(event.stream));
      if (event.type !== "webhook.set" && event.type !== "webhook.removed") return;
      const agent = idOf(event.stream);
      const before = hooks.get(agent)?.state ?? webhook.initial;
      const state = webhook.evolve(before, event as Recorded & WebhookFact);
      hooks.set(agent, { state, revision: event.revision });
    },
    snapshot: (agent: string) => hooks.get(agent) ?? none,
    of: (agent: string): Extract<Webhook, { readonly status: "set" }> | undefined => {
      const state = hooks.get(agent)?.state;
      return state?.status === "set" && !revoked.has(agent) ? state : undefined;
    },
  };
};

export type WebhookView = ReturnType<typeof webhookView>;

const none = { state: webhook.initial, revision: -1 } as const;
