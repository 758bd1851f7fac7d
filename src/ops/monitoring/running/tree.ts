import { type Duration, inSeconds } from "../spec/parts.ts";
import { type Difference, shown } from "./compared.ts";

/** One place of a wanted configuration, and what runs there. `as`: why it is the same although it is written otherwise. */
export interface Leaf {
  readonly path: string;
  readonly wanted: unknown;
  readonly running: unknown;
  /** Undefined: it is not the same. */
  readonly as: "written" | "hidden" | "default" | "length" | "path" | undefined;
}

/** What of a wanted configuration is not so in a running one. */
export const differencesOf = (wanted: unknown, running: unknown, path: string): readonly Difference[] =>
  leavesOf(wanted, running, path)
    .filter((leaf) => leaf.as === undefined)
    .map((leaf) => ({ path: leaf.path, wanted: shown(leaf.wanted), running: shown(leaf.running) }));

/**
 * Every place of a wanted configuration. Servers fill in their defaults when they say what they run, so what we did not
 * write is theirs to say; lists have to be as long as ours. They blank out secrets, put their folder before paths and
 * write `60s` as `1m`: none of that is a difference.
 */
export const leavesOf = (wanted: unknown, running: unknown, path: string): readonly Leaf[] => {
  if (isRecord(wanted) && isRecord(running)) {
    return Object.entries(wanted).flatMap(([key, value]) => leavesOf(value, running[key], below(path, key)));
  }
  if (Array.isArray(wanted) && (Array.isArray(running) || running === undefined)) {
    const theirs = (running ?? []) as readonly unknown[];
    const length = Math.max(wanted.length, theirs.length);
    return Array.from({ length }, (_, index) => index).flatMap((index): readonly Leaf[] => {
      const at = below(path, nameOf(wanted[index]) ?? nameOf(theirs[index]) ?? String(index));
      return index < wanted.length
        ? leavesOf(wanted[index], theirs[index], at)
        : [{ path: at, wanted: undefined, running: theirs[index], as: undefined }];
    });
  }
  return [{ path, wanted, running, as: sameAs(wanted, running) }];
};

const below = (path: string, key: string): string => (path === "" ? key : `${path}/${key}`);

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Entries of lists by the name that people know them by. */
const nameOf = (value: unknown): string | undefined => {
  if (!isRecord(value)) return undefined;
  const name = value["name"] ?? value["job_name"] ?? value["receiver"];
  return typeof name === "string" ? name : undefined;
};

const hidden = "<secret>";

const sameAs = (wanted: unknown, running: unknown): Leaf["as"] => {
  if (wanted === running) return "written";
  if (running === hidden) return "hidden";
  // A value that is the product's own zero may be left out by it.
  if (running === undefined) return wanted === false || wanted === "" || wanted === 0 ? "default" : undefined;
  if (typeof wanted !== "string" || typeof running !== "string")
    return String(wanted) === String(running) ? "written" : undefined;
  if (isSameLength(wanted, running)) return "length";
  return isSamePath(wanted, running) ? "path" : undefined;
};

const isSameLength = (wanted: string, running: string): boolean => {
  const [ours, theirs] = [secondsOf(wanted), secondsOf(running)];
  return ours !== undefined && Math.abs(ours - (theirs ?? Number.NaN)) < 1e-9;
};

/** `1m30s` as well as `90s`. */
export const secondsOf = (text: string): number | undefined =>
  /^([0-9]+(ms|s|m|h|d|w))+$/.test(text)
    ? [...text.matchAll(/[0-9]+(?:ms|s|m|h|d|w)/g)].reduce((sum, [part]) => sum + inSeconds(part as Duration), 0)
    : undefined;

const isSamePath = (wanted: string, running: string): boolean =>
  !wanted.startsWith("/") && running.endsWith(`/${wanted}`);
