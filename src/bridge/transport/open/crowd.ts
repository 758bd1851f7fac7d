import { type Bucket, full, type Rate, take } from "../../../domain/bucket.ts";
import type { Limits } from "../../../domain/limit.ts";
import { refusal } from "../../../domain/refusal.ts";
import type { Reply } from "../operation.ts";

export interface CrowdPorts {
  readonly limits: Pick<
    Limits,
    "strangersPerMinute" | "strangersBurst" | "strangersPerMinuteOfAll" | "strangersBurstOfAll" | "strangersAtOnceMax"
  >;
  readonly monotonic: () => number;
}

/** Addresses that are counted at once. More than that at one time is a flood, which the common bucket bounds. */
const ADDRESSES_MAX = 4_096;

/**
 * Room for those who are nobody yet. Each address has a bucket, so that one that floods locks out itself; all have one
 * together, and so many places at once, because a signature costs a thread 65 µs whether it is good or not.
 */
export const crowd = ({ limits, monotonic }: CrowdPorts) => {
  const own: Rate = { perMinute: limits.strangersPerMinute, burst: limits.strangersBurst };
  const common: Rate = { perMinute: limits.strangersPerMinuteOfAll, burst: limits.strangersBurstOfAll };
  const buckets = new Map<string, Bucket>();
  let everybody = full(common, monotonic());
  let inside = 0;

  const tooFast = (retryAfterMs: number): Reply<never> => ({
    ok: false,
    refusal: refusal("rate_limited", "too many try to become somebody here at once", { retryAfterMs }),
  });

  return {
    /** Lets one in; gives back how to leave (twice is once). */
    enter: (address: string): Reply<() => void> => {
      const now = monotonic();
      const place = placeOf(address);
      if (!buckets.has(place) && buckets.size >= ADDRESSES_MAX) buckets.clear();
      const mine = take(buckets.get(place) ?? full(own, now), own, now);
      buckets.set(place, mine.bucket);
      if (!mine.ok) return tooFast(mine.retryAfterMs);
      if (inside >= limits.strangersAtOnceMax) return tooFast(BUSY_MS);
      const all = take(everybody, common, now);
      everybody = all.bucket;
      if (!all.ok) return tooFast(all.retryAfterMs);
      inside++;
      let isInside = true;
      return {
        ok: true,
        value: () => {
          if (isInside) inside--;
          isInside = false;
        },
      };
    },
    addresses: (): number => buckets.size,
  };
};

/** When a full room may be tried again, in milliseconds. */
const BUSY_MS = 100;

/** One network gives one customer 2^64 addresses of IPv6: the first half says who it is. */
const placeOf = (address: string): string => {
  if (!address.includes(":") || address.includes(".")) return address;
  return address.split(":", 4).join(":");
};
