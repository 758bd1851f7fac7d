import { streamOf } from "../../domain/event.ts";
import { type Webhook, type WebhookCommand, type WebhookFact, webhook } from "../../domain/webhook.ts";
import type { Rng } from "../../domain/world.ts";
import { base64url } from "../../signing/digest.ts";
import { webhookSecret, webhookSecretText } from "../../signing/webhook.ts";
import type { Log } from "../log/log.ts";
import { type Handled, handler, type Load } from "./handle.ts";
import type { Masters } from "./master.ts";
import { type Caller, draft } from "./world.ts";

export interface WebhookPorts {
  readonly log: Log;
  readonly rng: Rng;
  readonly now: () => number;
  readonly load: Load<Webhook>;
  readonly masters: Pick<Masters, "current">;
}

const SALT_BYTES = 16;

export const webhookCommands = ({ log, rng, now, load, masters }: WebhookPorts) => {
  const handle = handler<Webhook, WebhookCommand, WebhookFact["type"], WebhookFact>(log, webhook, load);
  const run = (agent: string, command: WebhookCommand, caller: Caller): Promise<Handled<Webhook>> => {
    const stream = streamOf.webhook(agent);
    const time = now();
    return handle(stream, command, (fact) =>
      draft(fact, { stream, time, caller, parties: [agent], correlation: stream }),
    );
  };
  return {
    /** Its secret is in the reply and nowhere else. */
    set: async (agent: string, url: string, caller: Caller) => {
      const salt = rng.bytes(SALT_BYTES).slice();
      const { epoch, secret } = masters.current();
      const set = { url, salt: base64url(salt), ...(epoch === 1 ? {} : { epoch }) };
      const outcome = await run(agent, { type: "set", set }, caller);
      if (!outcome.ok) return outcome;
      return { ok: true, secret: webhookSecretText(webhookSecret(secret, agent, salt)) } as const;
    },
    remove: (agent: string, reason: string, caller: Caller) => run(agent, { type: "remove", reason }, caller),
  };
};
