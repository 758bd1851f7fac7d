/**
 * Two sequential tests on counts. Each yields the logarithm of a likelihood ratio, "bad" against "sound", that may be
 * looked at after every batch. By Ville's inequality such a ratio reaches 1/α with a chance of at most α when all is
 * sound, however often one looks and however large the batches are: no correction for peeking is needed, which a fixed
 * window does need and never has.
 */

/** Bad ones among so many. */
export interface Count {
  readonly bad: number;
  readonly of: number;
}

/**
 * Wald's test of one share: `ok` against `bad`. Sound is every share up to `ok`, because the ratio only falls faster
 * below it.
 */
export const shareRatio = ({ bad, of }: Count, bounds: { readonly ok: number; readonly bad: number }): number =>
  bad * Math.log(bounds.bad / bounds.ok) + (of - bad) * Math.log((1 - bounds.bad) / (1 - bounds.ok));

/**
 * Who fails: given the failures of both arms in one interval, how many fell on the canary, against how many would by its
 * part of the traffic. Needs no assumption about the share of failures, so it is not misled when the whole system has a
 * bad day. Given the failures, their split is hypergeometric; the binomial one used here has the same mean and is more
 * spread out, so the ratio's mean stays at most 1 (Hoeffding 1963) and the bound holds.
 */
export const splitRatio = (canary: Count, stable: Count, times: number): number => {
  if (canary.of === 0 || stable.of === 0) return 0;
  const equal = canary.of / (canary.of + stable.of);
  const worse = (times * canary.of) / (times * canary.of + stable.of);
  return canary.bad * Math.log(worse / equal) + stable.bad * Math.log((1 - worse) / (1 - equal));
};
