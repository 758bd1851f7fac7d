/**
 * Whether `value` is a whole multiple of `divisor`, taken as the decimals that they are written as: 19.99 is a multiple
 * of 0.01, which binary division denies. Big integers do it exactly; the largest power of ten between two finite
 * numbers is 632, so the work is bounded.
 */
export const isMultiple = (value: number, divisor: number): boolean => {
  if (Number.isSafeInteger(value) && Number.isSafeInteger(divisor)) return value % divisor === 0;
  const [a, b] = [decimal(value), decimal(divisor)];
  const exponent = Math.min(a.exponent, b.exponent);
  return scaled(a, exponent) % scaled(b, exponent) === 0n;
};

/** What one such division may cost, in steps of a check: 3 µs between 1e300 and 1e-300. */
export const MULTIPLE_STEPS = 20;

type Decimal = { readonly digits: bigint; readonly exponent: number };

const decimal = (value: number): Decimal => {
  const [mantissa = "0", exponent = "0"] = value.toExponential().split("e");
  const [whole = "0", fraction = ""] = mantissa.split(".");
  return { digits: BigInt(whole + fraction), exponent: Number(exponent) - fraction.length };
};

const scaled = ({ digits, exponent }: Decimal, to: number): bigint => digits * 10n ** BigInt(exponent - to);
