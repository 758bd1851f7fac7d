import { parseArgs } from "node:util";
import { serve } from "../../src/cli/serve.ts";

/** A bridge with a bug: it acknowledges before it commits. The crash loop must find it, or the crash loop is worthless. */
const { values } = parseArgs({
  options: { data: { type: "string" }, port: { type: "string" }, json: { type: "boolean" } },
  allowPositionals: true,
});
const running = await serve(
  { data: values.data ?? "", port: Number(values.port), host: "127.0.0.1", unsafeAckBeforeCommit: true },
  "0.0.0-hasty",
  () => undefined,
);
process.stdout.write(`${JSON.stringify({ ready: true, url: running.url })}\n`);
