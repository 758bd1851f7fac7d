/** Things that a simulation worth the name has seen. A counter that stays at 0 means that the faults are too kind. */
export const interesting = [
  // disk
  "unsynced write at a power cut",
  "unacknowledged write survived",
  "torn tail cut off",
  "write error",
  "sync error",
  "read error",
  "disk full",
  // bridge
  "power cut",
  "kill",
  "graceful restart",
  "start failed",
  "crash during recovery",
  "log unavailable",
  "rate limited",
  "clock jumped forward",
  "clock jumped back",
  "bridge frozen",
  // net
  "connection dropped",
  "message lost on its way",
  "connection refused",
  "connection swallowed",
  "agent frozen",
  "slow reader cut off",
  // elicitations
  "accepted",
  "declined",
  "cancelled",
  "expired",
  "expired while down",
  "offered to two sessions",
  "offered again",
  "offered by poll",
  "lease lapsed",
  "claim refused",
  "answer refused and mended",
  "answer within 2 ms of the deadline",
  "answer after the deadline",
  "answer repeated",
  "answer after the end",
  "key asked again",
  "key asked again after a crash",
  "key conflict",
  "cancelled too late",
  "forgery refused",
  "used number refused",
  "stranger turned away",
  "revoked agent refused",
  "target queued",
  "target never seen",
  "custom event conflict",
  // inquiries
  "inquiry agreed",
  "inquiry default",
  "inquiry failed",
  "inquiry cancelled",
  // arms
  "flag changed",
  "flag killed",
  "put into the mailbox",
  "put into the push arm",
  "handed out of a mailbox",
  "handed out again",
  "acknowledged",
  // resuming
  "outcome replayed",
  "resume replayed more than a page",
] as const;

export type Interesting = (typeof interesting)[number];

export interface Sometimes {
  readonly saw: (what: Interesting) => void;
  readonly counts: () => ReadonlyMap<Interesting, number>;
}

export const sometimes = (): Sometimes => {
  const counts = new Map<Interesting, number>();
  return { saw: (what) => void counts.set(what, (counts.get(what) ?? 0) + 1), counts: () => counts };
};
