import type { arms } from "./event.ts";

/**
 * The two ways of delivery. Canary: *push*, a question is sent down the target's connections. Stable: the *mailbox*, a
 * question is stored and handed out when its target polls. Which one is decided when it is asked, and is in its event.
 */
export type Arm = (typeof arms)[number];

/** The flag that decides: on is push. Never set, everybody is pushed to. */
export const PUSH_FLAG = "push-elicitation";

/** What a metric calls each arm. */
export const armLabel = { push: "canary", mailbox: "stable" } as const satisfies Readonly<Record<Arm, string>>;
