import type { TokenCredential } from "../../src/client/credential.ts";
import { connect } from "../../src/client/index.ts";
import { LighthouseFault, LighthouseRefusal } from "../../src/client/refusal.ts";
import { PUSH_FLAG } from "../../src/domain/arm.ts";

type Arm = "push" | "mailbox";
interface Flag {
  readonly status: "none" | "set" | "killed";
  readonly fence: number;
}

/** Half of the agents by each way; then all by the mailbox, and what is open put over; then all by push, and back. */
const turns = ["half", "mailbox", "push"] as const;

/** An operator who changes the way of delivery while everything is under way, and is cut off by crashes as others are. */
export const startSwitching = async (credential: TokenCredential) => {
  const operator = await connect({ credential, patient: true, limits: { backoffBaseMs: 20, backoffMaxMs: 100 } });

  const share = async (percentage: number): Promise<void> => {
    const { status, fence } = await operator.operate<Flag>("flags.get", { name: PUSH_FLAG });
    const change = { name: PUSH_FLAG, percentage, fence, reason: "crash loop" };
    await operator.operate(status === "killed" ? "flags.restore" : "flags.set", change);
  };
  const putInto = async (arm: Arm): Promise<void> => {
    const from = arm === "push" ? "mailbox" : "push";
    const { items } = await operator.operate<{ items: readonly { id: string }[] }>("arms.open", {
      arm: from,
      limit: 1_000,
    });
    const ids = items.map(({ id }) => id);
    if (ids.length > 0) await operator.operate("arms.reroute", { arm, ids, reason: "crash loop" });
  };

  const turn = async (how: (typeof turns)[number]): Promise<void> => {
    if (how === "half") return share(50);
    if (how === "mailbox") await operator.operate("flags.kill", { name: PUSH_FLAG, reason: "crash loop" });
    else await share(100);
    await putInto(how);
  };

  /** A crash may come into it: sent again after one, a change may have been made already, and then its fence is old. */
  const unlessMade = async (change: Promise<void>): Promise<void> => {
    try {
      await change;
    } catch (error) {
      if (error instanceof LighthouseRefusal && error.code === "flag_fenced") return;
      if (error instanceof LighthouseFault && error.kind === "closed") return;
      throw error;
    }
  };

  return {
    /** All by push from now on; open questions stay where they are. */
    pushAll: (): Promise<void> => unlessMade(share(100)),
    /** Begins the next turn. Resolves when it is over, however. */
    next: (n: number): Promise<void> => unlessMade(turn(turns[n % turns.length] as (typeof turns)[number])),
    close: operator.close,
  };
};
