import { createHmac, hkdfSync } from "node:crypto";
import { MIN_SECRET_BYTES } from "./keys.ts";

/**
 * The secret that an agent's webhook is signed with: HKDF-SHA256 of the master, salted afresh whenever the webhook is
 * set. It is told once and can be derived again; it is in no log and no file.
 */
export const webhookSecret = (master: Uint8Array, agent: string, salt: Uint8Array): Uint8Array => {
  if (master.byteLength < MIN_SECRET_BYTES) throw new RangeError(`a master key has at least ${MIN_SECRET_BYTES} bytes`);
  return new Uint8Array(hkdfSync("sha256", master, salt, `lighthouse/v1/webhook|${agent}`, 32));
};

/** As Standard Webhooks writes a secret down. */
export const webhookSecretText = (secret: Uint8Array): string => `whsec_${Buffer.from(secret).toString("base64")}`;

/** The three headers of Standard Webhooks 1.0. `at` is in whole seconds since 1970. */
export const webhookHeaders = (
  secret: Uint8Array,
  id: string,
  at: number,
  body: string,
): Readonly<Record<"webhook-id" | "webhook-timestamp" | "webhook-signature", string>> => ({
  "webhook-id": id,
  "webhook-timestamp": String(at),
  "webhook-signature": `v1,${createHmac("sha256", secret).update(`${id}.${at}.${body}`).digest("base64")}`,
});
