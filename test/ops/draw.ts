/** Panels as SVG, from what Prometheus answered. Enough of a drawing to see what a dashboard shows; no Grafana. */

export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly Panel[];
}
interface Panel {
  readonly title: string;
  readonly type: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string; readonly legendFormat?: string }[];
  readonly fieldConfig?: { readonly defaults?: { readonly unit?: string } };
}
export interface Answered {
  readonly legend?: string;
  readonly series: readonly {
    readonly labels: Readonly<Record<string, string>>;
    readonly points: readonly (readonly [seconds: number, value: number])[];
  }[];
}

const WIDTH = 1200;
const COLUMN = WIDTH / 24;
const ROW = 26;
const HEAD = 46;
const colours = ["#3274d9", "#e0752d", "#299c46", "#8f3bb8", "#c4162a", "#0e9aa7", "#b8860b", "#6b7280"];
/** More lines than that nobody can tell apart. */
const SERIES_MAX = 8;

export const draw = (
  { title, panels }: Dashboard,
  answers: ReadonlyMap<number, readonly Answered[]>,
  seconds: number,
  about: string,
): string => {
  const rows = Math.max(...panels.map(({ gridPos: { y, h } }) => y + h));
  const height = HEAD + rows * ROW + 8;
  const drawn = panels.map((panel, index) => box(panel, answers.get(index) ?? [], seconds));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui,sans-serif" font-size="11">
<title>${escaped(title)}</title>
<rect width="${WIDTH}" height="${height}" fill="#f4f5f5"/>
<text x="8" y="20" font-size="16" font-weight="600">${escaped(title)}</text><text x="8" y="38" fill="#555">${escaped(about)}</text>
${drawn.join("\n")}
</svg>
`;
};

/** All of them on one page, with the list of what had no data. */
export const page = (
  all: readonly { readonly dashboard: Dashboard; readonly answers: ReadonlyMap<number, readonly Answered[]> }[],
  seconds: number,
  about: string,
): string => `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Lighthouse dashboards</title>
<style>body{font-family:system-ui,sans-serif;max-width:1240px;margin:1em auto}svg{width:100%;margin-bottom:1.5em}</style>
<h1>Lighthouse dashboards</h1><p>${escaped(about)} A panel without data says so.</p>
${all.map(({ dashboard, answers }) => draw(dashboard, answers, seconds, dashboard.uid)).join("\n")}</html>
`;

const box = (panel: Panel, answers: readonly Answered[], seconds: number): string => {
  const { x, y, w, h } = panel.gridPos;
  const [left, top, width, height] = [x * COLUMN + 3, HEAD + y * ROW + 3, w * COLUMN - 6, h * ROW - 6];
  const unit = panel.fieldConfig?.defaults?.unit;
  return `<g transform="translate(${left},${top})"><rect width="${width}" height="${height}" rx="3" fill="#fff" stroke="#ddd"/><text x="8" y="15" font-weight="600">${escaped(panel.title)}</text>${inside(panel, answers, width, height, seconds, unit)}</g>`;
};

interface Line {
  readonly name: string;
  readonly points: readonly (readonly [number, number])[];
}

const inside = (
  panel: Panel,
  answers: readonly Answered[],
  width: number,
  height: number,
  seconds: number,
  unit: string | undefined,
): string => {
  if (panel.type === "text") return note(width, height, "text: links to the runbooks");
  const lines = answers.flatMap(({ legend, series }) =>
    series.map(({ labels, points }): Line => ({ name: named(legend, labels), points: points.filter(isNumber) })),
  );
  const filled = lines.filter(({ points }) => points.length > 0);
  if (filled.length === 0) return note(width, height, "no data: the expression returned nothing");
  if (panel.type === "stat" || panel.type === "gauge") return numbers(filled, width, height, unit);
  if (panel.type === "table") return rows(filled, height);
  return curves(filled, width, height, seconds, unit);
};

const isNumber = ([, value]: readonly [number, number]): boolean => Number.isFinite(value);

const note = (width: number, height: number, text: string): string =>
  `<text x="${width / 2}" y="${height / 2 + 8}" text-anchor="middle" fill="#999">${escaped(text)}</text>`;

const numbers = (lines: readonly Line[], width: number, height: number, unit: string | undefined): string =>
  lines
    .slice(0, SERIES_MAX)
    .map(({ name, points }, index) => {
      const across = (width / Math.min(lines.length, SERIES_MAX)) * (index + 0.5);
      const label =
        lines.length === 1
          ? ""
          : `<tspan x="${across}" dy="16" font-size="10" font-weight="400">${escaped(name)}</tspan>`;
      return `<text x="${across}" y="${height / 2 + 12}" text-anchor="middle" font-size="20" font-weight="600" fill="#299c46">${shown(points.at(-1)?.[1] ?? 0, unit)}${label}</text>`;
    })
    .join("");

const rows = (lines: readonly Line[], height: number): string =>
  lines
    .slice(0, Math.floor((height - 24) / 15))
    .map(({ name, points }, index) => {
      const [first, last] = [points[0]?.[0] ?? 0, points.at(-1)?.[0] ?? 0];
      return `<text x="8" y="${34 + index * 15}" fill="#333">${escaped(name.slice(0, 70))}: from ${Math.round(first)} s to ${Math.round(last)} s</text>`;
    })
    .join("");

const curves = (
  lines: readonly Line[],
  width: number,
  height: number,
  seconds: number,
  unit: string | undefined,
): string => {
  const some = [...lines].sort((a, b) => peak(b) - peak(a)).slice(0, SERIES_MAX);
  const [left, right, top, bottom] = [46, 8, 24, 34];
  const [plotWidth, plotHeight] = [width - left - right, height - top - bottom];
  const most = Math.max(...some.map(peak), 0) || 1;
  const least = Math.min(0, ...some.flatMap(({ points }) => points.map(([, value]) => value)));
  const px = (at: number): number => Math.round(left + (at / seconds) * plotWidth);
  const py = (value: number): number => Math.round(top + plotHeight - ((value - least) / (most - least)) * plotHeight);
  const grid = [least, (least + most) / 2, most]
    .map(
      (value) =>
        `<path d="M${left} ${py(value)}h${plotWidth}" stroke="#eee"/><text x="${left - 4}" y="${py(value) + 4}" text-anchor="end" fill="#777" font-size="9">${shown(value, unit)}</text>`,
    )
    .join("");
  const paths = some
    .map(({ points }, index) => {
      const d = points.map(([at, value], n) => `${n === 0 ? "M" : "L"}${px(at)} ${py(value)}`).join("");
      return `<path d="${d}" fill="none" stroke="${colours[index]}" stroke-width="1.4"/>`;
    })
    .join("");
  const room = Math.max(1, Math.floor(plotWidth / 110));
  const legend = some
    .slice(0, room)
    .map(
      ({ name }, index) =>
        `<text x="${left + index * 110}" y="${height - 8}" fill="${colours[index]}" font-size="9">${escaped(name.slice(0, 20))}</text>`,
    )
    .join("");
  const times = `<text x="${left}" y="${height - 21}" fill="#999" font-size="9">0 s</text><text x="${width - right}" y="${height - 21}" text-anchor="end" fill="#999" font-size="9">${Math.round(seconds)} s</text>`;
  return grid + paths + legend + times;
};

const peak = ({ points }: Line): number => Math.max(...points.map(([, value]) => value));

/** Grafana's own way of naming a line. */
const named = (legend: string | undefined, labels: Readonly<Record<string, string>>): string => {
  if (legend !== undefined && legend !== "" && legend !== "__auto")
    return legend.replaceAll(/\{\{\s*(\w+)\s*\}\}/g, (_, label: string) => labels[label] ?? "");
  const own = Object.entries(labels).filter(([key]) => key !== "environment");
  const alert = labels["alertname"];
  if (alert !== undefined) return alert;
  return own.length === 1 ? (own[0]?.[1] ?? "") : own.map(([key, value]) => `${key}=${value}`).join(" ") || "value";
};

const shown = (value: number, unit: string | undefined): string => {
  switch (unit) {
    case "percentunit":
      return `${short(value * 100)} %`;
    case "percent":
      return `${short(value)} %`;
    case "s":
      return value !== 0 && Math.abs(value) < 1 ? `${short(value * 1000)} ms` : `${short(value)} s`;
    case "ms":
      return `${short(value)} ms`;
    case "bytes":
      return `${short(value / 1_048_576)} MiB`;
    case "ops":
      return `${short(value)}/s`;
    default:
      return short(value);
  }
};

const short = (value: number): string => {
  const size = Math.abs(value);
  if (size >= 1000) return `${Math.round(value)}`;
  return String(Number(value.toPrecision(size >= 1 ? 3 : 2)));
};

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
