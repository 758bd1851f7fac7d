import { mkdirSync, writeFileSync } from "node:fs";
import { publishedSchemas, schemaText } from "../src/review/published.ts";

/** `node docs/write-review-schemas.ts` writes docs/review/*.schema.json anew; a test tells when that is due. */
const folder = new URL("review/", import.meta.url);
mkdirSync(folder, { recursive: true });
for (const [name, schema] of Object.entries(publishedSchemas()))
  writeFileSync(new URL(name, folder), schemaText(schema));
