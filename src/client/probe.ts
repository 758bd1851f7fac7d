import type { Lighthouse } from "./lighthouse.ts";
import { LighthouseRefusal } from "./refusal.ts";
import type { ElicitationView, Mail } from "./wire.ts";

/** How a probe of a way of delivery went. */
export interface Probe {
  readonly ok: boolean;
  /** From asking for it to reading its outcome, in milliseconds. */
  readonly ms: number;
  /** What was seen, or where it stopped. */
  readonly says: string;
}

/**
 * Goes the whole way of one question by an arm: the bridge asks this agent, which gets the question by that arm, answers
 * it with its own key, and reads the outcome. Needs the policy's `operate`. `monotonic`: milliseconds of a clock that
 * never goes back.
 */
export const probeArm = async (
  client: Lighthouse,
  arm: "push" | "mailbox",
  { timeoutMs = 10_000, monotonic }: { readonly timeoutMs?: number; readonly monotonic: () => number },
): Promise<Probe> => {
  const began = monotonic();
  const end = (ok: boolean, says: string): Probe => ({ ok, ms: monotonic() - began, says });
  try {
    // The deadline is the bridge's to keep: it ends the question, and with it every wait here.
    const { id } = await client.operate<{ readonly id: string }>("arms.probe", { arm, timeoutMs });
    const arrived = arm === "push" ? pushed(client, id, timeoutMs) : polled(client, id, timeoutMs, monotonic);
    if (!(await arrived)) return end(false, `${id} did not come by ${arm} within ${timeoutMs} ms`);
    const { status } = await client.operate<ElicitationView>("elicitations.get", { id });
    return status === "accepted"
      ? end(true, `${id} came by ${arm} and was answered`)
      : end(false, `${id} is ${status}`);
  } catch (error) {
    if (error instanceof LighthouseRefusal) return end(false, `${error.code}: ${error.message}`);
    throw error;
  }
};

/** Takes its question as it comes, and leaves others to whoever takes questions here. */
const pushed = async (client: Lighthouse, id: string, timeoutMs: number): Promise<boolean> => {
  for await (const question of client.questions({ signal: AbortSignal.timeout(timeoutMs) })) {
    if (question.id !== id) continue;
    await question.accept(true);
    return true;
  }
  return false;
};

const polled = async (client: Lighthouse, id: string, timeoutMs: number, monotonic: () => number): Promise<boolean> => {
  const until = monotonic() + timeoutMs;
  for (let left = timeoutMs; left > 0; left = Math.floor(until - monotonic())) {
    // A short lease: what else is taken along comes again soon to whoever it is for.
    const { messages } = await client.operate<Mail>("messages.wait", { waitMs: left, leaseMs: LEASE_MS });
    const message = messages.find(({ offer }) => offer.id === id);
    if (message === undefined) continue;
    await client.operate("messages.ack", { ids: [id] });
    await client.questionOf(message.offer).accept(true);
    return true;
  }
  return false;
};

const LEASE_MS = 1_000;
