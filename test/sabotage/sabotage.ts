import { readFileSync } from "node:fs";

/** One control of the product, switched off in its source as it is loaded. */
export interface Sabotage {
  /** From the repository's root: `src/…`. */
  readonly file: string;
  /** Stands there exactly once. */
  readonly find: string;
  readonly replace: string;
}

export const SABOTAGE_ENV = "LIGHTHOUSE_SABOTAGE";

/**
 * The environment in which a Node process, and every one that it starts, runs with these replacements. The product has no
 * switch for it: the sources are changed on their way into the process.
 */
export const sabotaged = (...sabotages: readonly Sabotage[]): Readonly<Record<string, string>> => ({
  NODE_OPTIONS: `--import=${new URL("register.ts", import.meta.url).href}`,
  [SABOTAGE_ENV]: JSON.stringify(sabotages),
});

export const sourceUrl = (file: string): string => new URL(`../../${file}`, import.meta.url).href;

/** A source with its replacements made. Throws unless each text stands there exactly once. */
export const altered = (url: string, sabotages: readonly Sabotage[]): string => {
  let source = readFileSync(new URL(url), "utf8");
  for (const { file, find, replace } of sabotages) {
    const [before, after, ...more] = source.split(find);
    if (before === undefined || after === undefined || more.length > 0) {
      const times = after === undefined ? 0 : more.length + 1;
      throw new Error(`a sabotage is stale: ${file} has this text ${times} times and not once: ${find}`);
    }
    source = `${before}${replace}${after}`;
  }
  return source;
};
