import { InvalidArgumentError } from "commander";

/** A moment in the log's life: a position, or a time in milliseconds since 1970. */
export type Moment = { readonly position: number } | { readonly time: number };

export const parseMoment = (text: string): Moment => {
  if (/^\d+$/.test(text)) return { position: Number(text) };
  const time = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time)) {
    throw new InvalidArgumentError("Write a position of the log (42) or a time (2026-01-05T12:00:00Z).");
  }
  return { time };
};

/** The part of a query that leaves out what came later: what was at that moment is in it, to the millisecond. */
export const untilMoment = (moment: Moment): { readonly before: number } | { readonly until: string } =>
  "position" in moment ? { before: moment.position + 1 } : { until: new Date(moment.time + 1).toISOString() };
