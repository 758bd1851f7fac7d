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

  return {
    /** Begins the next turn; a crash may come into it. Resolves when it is over, however. */
    next: async (n: number): Promise<void> => {
      try {
        await turn(turns[n % turns.length] as (typeof turns)[number]);
      } catch (error) {
        // Sent again after a crash, the change may have been made already: then its fence is old.
        if (error instanceof LighthouseRefusal && error.code === "flag_fenced") return;
        if (error instanceof LighthouseFault && error.kind === "closed") return;
        throw error;
      }
    },
    close: operator.close,
  };
};
