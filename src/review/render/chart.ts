import { rounded } from "../diff.ts";
import type { Chart } from "./document.ts";
import { escaped } from "./escape.ts";

const WIDTH = 720;
const HEIGHT = 220;
const LEFT = 56;
const RIGHT = 16;
const TOP = 14;
const BOTTOM = 34;

/**
 * A distribution as its quantile function. The horizontal axis is −log10(1 − q): the tail, which is what one looks for,
 * gets as much room as the middle. The last mark is the largest sample.
 */
export const chartSvg = ({ title, unit, quantiles, bound, max }: Chart): string => {
  const shown = quantiles.filter(({ q }) => q > 0);
  const top = Math.max(...shown.map(({ value }) => value), bound?.value ?? 0) * 1.1 || 1;
  const isMaxShown = max !== undefined && max <= top * 3;
  const ceiling = isMaxShown ? Math.max(top, max * 1.08) : top;
  const x = (q: number): number => LEFT + (Math.min(nines(q), NINES_MAX) / NINES_MAX) * (WIDTH - LEFT - RIGHT);
  const y = (value: number): number => TOP + (1 - value / ceiling) * (HEIGHT - TOP - BOTTOM);
  const at = (px: number): string => px.toFixed(1);
  const line = shown.map(({ q, value }, i) => `${i === 0 ? "M" : "L"}${at(x(q))} ${at(y(value))}`).join("");
  const area = `${line}L${at(x(1))} ${at(y(0))}L${at(x(shown[0]?.q ?? 0))} ${at(y(0))}Z`;
  const grid = [0, 0.5, 1].map((share) => {
    const value = share * ceiling;
    return `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at(y(value))}" y2="${at(y(value))}"/><text x="${LEFT - 8}" y="${at(y(value) + 4)}" text-anchor="end">${rounded(value)}</text>`;
  });
  const ticks = marks.map(
    ([q, name]) =>
      `<text x="${at(x(q))}" y="${HEIGHT - 12}" text-anchor="${q === 1 ? "end" : "middle"}">${name}</text>`,
  );
  const limit = isMaxShown
    ? `<line class="limit" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at(y(max))}" y2="${at(y(max))}"/><text class="limit" x="${LEFT + 6}" y="${at(y(max) - 5)}">tolerated: ${rounded(max)} ${escaped(unit)}</text>`
    : "";
  const judged =
    bound === undefined
      ? ""
      : `<circle class="bound" cx="${at(x(bound.q))}" cy="${at(y(bound.value))}" r="4.5"/><text class="bound" x="${at(x(bound.q) - 8)}" y="${at(y(bound.value) - 9)}" text-anchor="end">judged: ${rounded(bound.value)} ${escaped(unit)}</text>`;
  return `<figure><figcaption>${escaped(title)}${max !== undefined && !isMaxShown ? `; tolerated: ${rounded(max)} ${escaped(unit)}` : ""}</figcaption><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escaped(title)}">${grid.join("")}<path class="area" d="${area}"/><path class="line" d="${line}"/>${limit}${judged}${ticks.join("")}</svg></figure>`;
};

const NINES_MAX = 3.4;
const nines = (q: number): number => (q >= 1 ? NINES_MAX : -Math.log10(1 - q));

const marks: readonly (readonly [number, string])[] = [
  [0.5, "P50"],
  [0.9, "P90"],
  [0.99, "P99"],
  [0.999, "P99.9"],
  [1, "max"],
];
