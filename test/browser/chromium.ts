import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

/** Where Debian's package puts it. Another one can be named; without any the tests fail, because they did not run. */
const places = [process.env["CHROMIUM"], "/usr/bin/chromium"];

export const launchChromium = (): Promise<Browser> => {
  const executablePath = places.find((place): place is string => place !== undefined && existsSync(place));
  if (executablePath === undefined) {
    throw new Error("no Chromium here: `sh test/browser/install-chromium.sh`, or name one in CHROMIUM");
  }
  // As root, as in a container, it has no sandbox of its own; the pages are ours.
  return chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
};
