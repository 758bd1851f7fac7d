/**
 * Which of `n` sorted samples (1 is the smallest) is an upper bound of the quantile `q` at `confidence`, whatever the
 * distribution; undefined when there are too few to say. It is n − j for the largest j with P(Bin(n, 1−q) ≤ j) ≤
 * 1 − confidence. Of 1,000 samples the 996th bounds P99 at 95 %; fewer than 299 bound nothing.
 */
export const boundRank = (n: number, q: number, confidence: number): number | undefined => {
  let logTerm = n * Math.log(q);
  let sum = 0;
  for (let j = 0; j < n; j++) {
    sum += Math.exp(logTerm);
    if (sum > 1 - confidence) return j === 0 ? undefined : n - j + 1;
    logTerm += Math.log((n - j) / (j + 1)) + Math.log((1 - q) / q);
  }
  return undefined;
};

/** The nearest-rank quantile of sorted samples. */
export const quantile = (sorted: ArrayLike<number>, q: number): number =>
  sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] as number;

/** What a picture of a distribution is drawn from. */
export const drawnQuantiles = [0, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.995, 0.999, 1] as const;
