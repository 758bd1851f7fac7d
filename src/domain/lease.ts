import { type Refusal, refusal } from "./refusal.ts";

/**
 * One controller at a time, across processes and machines. Whoever holds the lease acts; its `fence` is higher with each
 * new holder, so that one that was stopped for an hour and wakes up is refused, whatever it still believes.
 */
export interface Lease {
  readonly fence: number;
  readonly holder: string;
  /** Milliseconds since 1970, of the bridge's own time. */
  readonly until: number;
}

export const noLease: Lease = { fence: 0, holder: "", until: 0 };

export type Leased = { readonly ok: true; readonly lease: Lease } | { readonly ok: false; readonly refusal: Refusal };

/** Takes the lease, renews one's own, or is told for how long it is somebody else's. */
export const takeLease = (current: Lease, holder: string, now: number, forMs: number): Leased => {
  if (current.holder === holder) return { ok: true, lease: { ...current, until: now + forMs } };
  if (now < current.until) {
    const retryAfterMs = current.until - now;
    return { ok: false, refusal: refusal("lease_held", `${current.holder} holds it`, { retryAfterMs }) };
  }
  return { ok: true, lease: { fence: current.fence + 1, holder, until: now + forMs } };
};

export const unlessFenced = (current: Lease, fence: number): Refusal | undefined =>
  current.fence === fence
    ? undefined
    : refusal("lease_lost", `you act on fence ${fence}, and it is at ${current.fence} with ${current.holder}`);
