import { registerHooks } from "node:module";
import { altered, SABOTAGE_ENV, type Sabotage, sourceUrl } from "./sabotage.ts";

/**
 * `node --import test/sabotage/register.ts`: the process loads sources in which some text was replaced. Every replacement
 * is tried before anything runs, so that one whose text is not there (any more) ends the process instead of leaving a
 * control on.
 */
const byUrl = new Map<string, Sabotage[]>();
for (const sabotage of JSON.parse(process.env[SABOTAGE_ENV] ?? "[]") as readonly Sabotage[]) {
  const url = sourceUrl(sabotage.file);
  byUrl.set(url, [...(byUrl.get(url) ?? []), sabotage]);
}
for (const [url, sabotages] of byUrl) altered(url, sabotages);

registerHooks({
  load: (url, context, nextLoad) => {
    const loaded = nextLoad(url, context);
    const sabotages = byUrl.get(url);
    return sabotages === undefined ? loaded : { ...loaded, source: altered(url, sabotages) };
  },
});
