import { serve } from "../../src/cli/serve.ts";

/** A bridge with a bug: it acknowledges before it commits. The crash loop must find it, or the crash loop is worthless. */
const data = process.argv[process.argv.indexOf("--data") + 1] as string;
const running = await serve(
  { data, port: 0, host: "127.0.0.1", unsafeAckBeforeCommit: true },
  "0.0.0-hasty",
  () => undefined,
);
process.stdout.write(`${JSON.stringify({ ready: true, url: running.url })}\n`);
