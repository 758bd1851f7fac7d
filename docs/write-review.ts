import { readFileSync, writeFileSync } from "node:fs";
import { BEGIN, END, probesTable } from "../test/review/probes-table.ts";

/** Brings the table of docs/review.md up to date: `node docs/write-review.ts`. A test holds it against the probes. */
const path = new URL("review.md", import.meta.url);
const text = readFileSync(path, "utf8");
const [before, after] = [text.split(BEGIN)[0], text.split(END)[1]];
writeFileSync(path, `${before}${BEGIN}\n\n${probesTable()}\n\n${END}${after}`);
