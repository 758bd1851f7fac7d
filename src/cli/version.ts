import { readFileSync } from "node:fs";

/** This build's version: the package's, from source and from `dist` alike. */
export const version: string = (
  JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { readonly version: string }
).version;
