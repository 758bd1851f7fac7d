/**
 * A token bucket: so much at once, so much over time. Pure; time arrives as an argument and may stand still or step
 * back, which then costs and gives nothing.
 */
export interface Bucket {
  readonly tokens: number;
  /** Milliseconds, of whatever clock the caller counts in. */
  readonly at: number;
}

export interface Rate {
  readonly perMinute: number;
  /** On top of a minute's worth, after a pause long enough. */
  readonly burst: number;
}

const MINUTE_MS = 60_000;

export const capacity = (rate: Rate): number => rate.perMinute + rate.burst;

export const full = (rate: Rate, at: number): Bucket => ({ tokens: capacity(rate), at });

const refilled = (bucket: Bucket, rate: Rate, now: number): Bucket => {
  const elapsed = Math.max(0, now - bucket.at);
  return {
    tokens: Math.min(capacity(rate), bucket.tokens + (elapsed * rate.perMinute) / MINUTE_MS),
    at: Math.max(now, bucket.at),
  };
};

export type Taken =
  | { readonly ok: true; readonly bucket: Bucket; readonly left: number }
  | { readonly ok: false; readonly bucket: Bucket; readonly retryAfterMs: number };

/** Takes one token, or says in how many milliseconds there will be one. */
export const take = (bucket: Bucket, rate: Rate, now: number): Taken => {
  const current = refilled(bucket, rate, now);
  if (current.tokens >= 1) {
    const left = current.tokens - 1;
    return { ok: true, bucket: { tokens: left, at: current.at }, left: Math.floor(left) };
  }
  const retryAfterMs = rate.perMinute <= 0 ? MINUTE_MS : Math.ceil(((1 - current.tokens) * MINUTE_MS) / rate.perMinute);
  return { ok: false, bucket: current, retryAfterMs };
};
