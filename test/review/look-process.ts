import { restartBy } from "../../src/cli/review/restart.ts";
import { lookAt } from "./look.ts";

/** `lookAt` as a process of its own, so that the reviewer too can be sabotaged. Prints what the checks came to as JSON. */
const [url, data, probes, restart] = process.argv.slice(2) as [string, string, string, string?];
const ports = restart === undefined ? {} : { restart: restartBy(restart, url, new AbortController().signal) };
process.stdout.write(JSON.stringify(await lookAt({ url, data, probes: probes.split(","), ports })));
