import { type LabelsOf, type Signal, seriesOf } from "../../domain/signal.ts";

/**
 * The numbers behind every signal, in plain cells: adding to one costs 40 ns. prom-client's own counters and histograms
 * take 290 and 550 ns for each observation because they hash the labels every time; a round trip makes about twenty,
 * which would be a tenth of the 60 µs that it takes the bridge. So prom-client writes the text, and does not count.
 */

/** A measured example of one bucket: which trace it was in. */
export interface Exemplar {
  readonly traceId: string;
  readonly value: number;
  /** Seconds since 1970. */
  readonly time: number;
}

export interface Cell {
  readonly labels: Readonly<Record<string, string>>;
  /** Counter: the sum of all additions. Gauge: the value, NaN until it is known. Histogram: the sum of observations. */
  value: number;
  /** Observations of a histogram by bucket, not cumulative, `+Inf` last; empty otherwise. */
  readonly buckets: number[];
  /** The newest example of each bucket, where there is one. */
  readonly exemplars: (Exemplar | undefined)[];
}

export interface Family {
  readonly signal: Signal;
  readonly cells: Iterable<Cell>;
}

export interface Series {
  readonly families: readonly Family[];
  readonly add: <S extends Signal & { readonly type: "counter" }>(signal: S, labels: LabelsOf<S>, by?: number) => void;
  readonly set: <S extends Signal & { readonly type: "gauge" }>(signal: S, labels: LabelsOf<S>, value: number) => void;
  /** `value` in the signal's unit. `trace`: the W3C traceparent that it happened under, if that trace is kept. */
  readonly record: <S extends Signal & { readonly type: "histogram" }>(
    signal: S,
    labels: LabelsOf<S>,
    value: number,
    exemplar?: Exemplar,
  ) => void;
}

/** Series of one signal with labels that nobody could list beforehand. Further ones are not made: a label went wild. */
const OPEN_SERIES_MAX = 20;

/** All series that can be written down beforehand, at 0. `onRefused` hears of label values that have no place. */
export const openSeries = (
  signals: readonly Signal[],
  onRefused: (signal: Signal, labels: Readonly<Record<string, string>>) => void,
): Series => {
  const families = new Map(signals.map((signal) => [signal, familyOf(signal)]));

  const cellOf = (signal: Signal, labels: Readonly<Record<string, string>>): Cell | undefined => {
    const family = families.get(signal);
    if (family === undefined) return undefined;
    const cell = find(family.tree, family.names, labels);
    if (cell !== undefined) return cell;
    if (!family.isOpen || family.cells.length >= OPEN_SERIES_MAX) {
      onRefused(signal, labels);
      return undefined;
    }
    return newCell(family, labels);
  };

  return {
    families: [...families.values()],
    add: (signal, labels, by = 1) => {
      const cell = cellOf(signal, labels as Readonly<Record<string, string>>);
      if (cell !== undefined) cell.value += by;
    },
    set: (signal, labels, value) => {
      const cell = cellOf(signal, labels as Readonly<Record<string, string>>);
      if (cell !== undefined) cell.value = value;
    },
    record: (signal, labels, value, exemplar) => {
      const cell = cellOf(signal, labels as Readonly<Record<string, string>>);
      if (cell === undefined) return;
      let bucket = 0;
      while (bucket < signal.buckets.length && value > (signal.buckets[bucket] as number)) bucket++;
      cell.buckets[bucket] = (cell.buckets[bucket] as number) + 1;
      cell.value += value;
      if (exemplar !== undefined) cell.exemplars[bucket] = exemplar;
    },
  };
};

interface OwnFamily extends Family {
  readonly cells: Cell[];
  readonly tree: Branch;
  readonly names: readonly string[];
  readonly isOpen: boolean;
}

/** Cells by the values of their labels, one after the other: to join them to one key first took three times as long. */
interface Branch {
  cell: Cell | undefined;
  readonly branches: Map<string, Branch>;
}

const newBranch = (): Branch => ({ cell: undefined, branches: new Map() });

const find = (tree: Branch, names: readonly string[], labels: Readonly<Record<string, string>>): Cell | undefined => {
  let at: Branch | undefined = tree;
  for (let i = 0; i < names.length && at !== undefined; i++) at = at.branches.get(labels[names[i] as string] as string);
  return at?.cell;
};

const familyOf = (signal: Signal): OwnFamily => {
  const names = Object.keys(signal.labels);
  const isOpen = Object.values(signal.labels).includes("open");
  const family: OwnFamily = { signal, cells: [], tree: newBranch(), names, isOpen };
  for (const labels of seriesOf(signal)) newCell(family, labels as Readonly<Record<string, string>>);
  return family;
};

const newCell = ({ signal, cells, tree, names }: OwnFamily, labels: Readonly<Record<string, string>>): Cell => {
  const size = signal.type === "histogram" ? signal.buckets.length + 1 : 0;
  const value = signal.type === "gauge" ? Number.NaN : 0;
  const cell: Cell = { labels, value, buckets: Array(size).fill(0), exemplars: Array(size).fill(undefined) };
  cells.push(cell);
  let at = tree;
  for (const name of names) {
    const value = labels[name] as string;
    const next = at.branches.get(value) ?? newBranch();
    at.branches.set(value, next);
    at = next;
  }
  at.cell = cell;
  return cell;
};
