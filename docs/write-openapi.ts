import { writeFileSync } from "node:fs";
import { openApiText } from "../src/bridge/transport/http/openapi.ts";

/** `node docs/write-openapi.ts` writes docs/openapi.json anew; a test tells when that is due. */
writeFileSync(new URL("openapi.json", import.meta.url), openApiText());
