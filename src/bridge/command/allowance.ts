import { type Bucket, capacity, full, type Rate, take } from "../../domain/bucket.ts";
import type { Recorded } from "../../domain/event.ts";
import type { Limits } from "../../domain/limit.ts";
import { type Refusal, refusal } from "../../domain/refusal.ts";

export type Charge = "ask" | "answer";

/** What a role may do in a minute; an agent has the best of its roles, and at least the defaults of `Limits`. */
export interface RoleRate {
  readonly asksPerMinute: number;
  readonly answersPerMinute: number;
  readonly burst: number;
}

/** Systems and operators are not slowed down by what protects them from others. */
export const defaultRoleRates: Readonly<Record<string, RoleRate>> = {
  expert: { asksPerMinute: 60, answersPerMinute: 120, burst: 10 },
  admin: { asksPerMinute: 600, answersPerMinute: 600, burst: 60 },
  system: { asksPerMinute: 600_000, answersPerMinute: 600_000, burst: 10_000 },
};

/** What `RateLimit` headers say: tokens left, and in how many milliseconds the bucket is full again. */
export interface Allowance {
  readonly policy: Charge;
  readonly perMinute: number;
  readonly left: number;
  readonly fullInMs: number;
}

export type Charged =
  | { readonly ok: true; readonly allowance: Allowance }
  | { readonly ok: false; readonly refusal: Refusal; readonly isFirst: boolean };

export interface AllowancePorts {
  readonly limits: Limits;
  readonly roleRates: Readonly<Record<string, RoleRate>>;
  readonly rolesOf: (agent: string) => readonly string[];
  /** Monotonic milliseconds: a wall clock that is set back must not lock anybody out. */
  readonly monotonic: () => number;
}

const MINUTE_MS = 60_000;

/**
 * Token buckets, one for each agent's questions and answers, and one for everybody's questions. An agent's own bucket is
 * asked first, so that a flood empties its own and never the common one.
 */
export const allowances = ({ limits, roleRates, rolesOf, monotonic }: AllowancePorts) => {
  const buckets = new Map<string, Bucket>();
  const refusedAt = new Map<string, number>();
  const common: Rate = { perMinute: limits.asksPerMinuteOfAll, burst: 0 };
  let everybody: Bucket = full(common, monotonic());

  const rateOf = (agent: string, charge: Charge): Rate => {
    let perMinute = charge === "ask" ? limits.asksPerMinute : limits.answersPerMinute;
    let burst = limits.burst;
    for (const role of rolesOf(agent)) {
      const rate = roleRates[role];
      if (rate === undefined) continue;
      perMinute = Math.max(perMinute, charge === "ask" ? rate.asksPerMinute : rate.answersPerMinute);
      burst = Math.max(burst, rate.burst);
    }
    return { perMinute, burst };
  };

  const charge = (agent: string, what: Charge): Charged => {
    const now = monotonic();
    const key = `${what} ${agent}`;
    const rate = rateOf(agent, what);
    const own = take(buckets.get(key) ?? full(rate, now), rate, now);
    buckets.set(key, own.bucket);
    if (!own.ok) return refuse(key, now, `${rate.perMinute} a minute and ${rate.burst} at once`, own.retryAfterMs);
    if (what === "ask") {
      const all = take(everybody, common, now);
      everybody = all.bucket;
      if (!all.ok) return refuse("everybody", now, "the bridge takes no more questions this minute", all.retryAfterMs);
    }
    const missing = capacity(rate) - own.bucket.tokens;
    const fullInMs = rate.perMinute <= 0 ? MINUTE_MS : Math.ceil((missing * MINUTE_MS) / rate.perMinute);
    return { ok: true, allowance: { policy: what, perMinute: rate.perMinute, left: own.left, fullInMs } };
  };

  /** The first refusal of a minute is worth an event; the flood behind it is not worth a disk. */
  const refuse = (key: string, now: number, detail: string, retryAfterMs: number): Charged => {
    const isFirst = now - (refusedAt.get(key) ?? Number.NEGATIVE_INFINITY) >= MINUTE_MS;
    if (isFirst) refusedAt.set(key, now);
    return { ok: false, isFirst, refusal: refusal("rate_limited", detail, { retryAfterMs }) };
  };

  /**
   * Replayed events of the last minute take what they took, so that a restart is no way around a limit. `ago` is how
   * long before now the event was, in milliseconds.
   */
  const replayed = (event: Recorded, ago: number): void => {
    const what = chargeOf(event.type);
    // An attempt was paid for with its inquiry.
    const isAttempt = event.type === "elicitation.asked" && event.data.inquiry !== undefined;
    if (what === undefined || isAttempt || ago > MINUTE_MS) return;
    const key = `${what} ${event.actor}`;
    const rate = rateOf(event.actor, what);
    const at = monotonic() - ago;
    buckets.set(key, take(buckets.get(key) ?? full(rate, at), rate, at).bucket);
  };

  return { charge, replayed };
};

export type Allowances = ReturnType<typeof allowances>;

const chargeOf = (type: Recorded["type"]): Charge | undefined => {
  switch (type) {
    case "elicitation.asked":
    case "inquiry.asked":
      return "ask";
    case "elicitation.accepted":
    case "elicitation.declined":
    case "elicitation.answer_refused":
      return "answer";
    default:
      return undefined;
  }
};
