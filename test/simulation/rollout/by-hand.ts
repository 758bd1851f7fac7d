import { PUSH_FLAG } from "../../../src/domain/arm.ts";
import { armNow } from "../../../src/domain/elicitation.ts";
import type { Stage } from "../stage.ts";

const operator = { actor: "operator", trace: null } as const;

/** What a person does to the rollout that is under way, if one is. */
export const byHand = ({ host }: Pick<Stage, "host">, how: "pause" | "resume" | "promote" | "abort"): void => {
  const bridge = host.bridge();
  const { rollout } = bridge?.rollouts.standing() ?? { rollout: null };
  if (bridge === undefined || rollout === null || rollout.stage === "ended") return;
  const { id } = rollout;
  const reason = "by hand";
  const command = how === "abort" ? { type: how, id, reason, trigger: "" } : { type: how, id, reason };
  void bridge.rollouts.advance(command as Parameters<typeof bridge.rollouts.advance>[0], operator);
};

/**
 * Mends what keeps a rollback from its end, when others have worked against it: the flag is off, and what is open is in
 * the mailbox.
 */
export const mend = ({ host }: Pick<Stage, "host">): void => {
  const bridge = host.bridge();
  if (bridge === undefined) return;
  void bridge.flagSet.kill(PUSH_FLAG, "so that the rollback can end", operator);
  for (const { id, state } of [...bridge.elicitations.open()]) {
    if (armNow(state) === "push") void bridge.elicit.reroute(id, "mailbox", "so that the rollback can end", operator);
  }
};
