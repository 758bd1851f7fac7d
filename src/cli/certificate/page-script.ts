import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { extname, join, posix, resolve } from "node:path";
import { link } from "../../review/page/link.ts";

/** `.ts` in a clone, `.js` in an installed package. */
const suffix = extname(import.meta.filename);
const root = resolve(import.meta.dirname, "../..");

/** The verifier of this very build as one script for a page, together with what shows its findings there. */
export const pageScript = (): string =>
  withoutWarning(() =>
    link(`review/page/check${suffix}`, {
      read: (module) => withBuffer(module, trimmed(read(module))),
      resolve: (specifier, importer) =>
        inPages[specifier] ?? posix.join(posix.dirname(importer), specifier.replace(/\.[jt]s$/, suffix)),
    }),
  );

/** What a page has in the place of Node's own. */
const inPages: Readonly<Record<string, string>> = {
  "node:crypto": `review/page/crypto${suffix}`,
  "node:buffer": `review/page/buffer${suffix}`,
};

const withBuffer = (module: string, text: string): string =>
  /\bBuffer\b/.test(text) && module !== inPages["node:buffer"]
    ? `import { PageBuffer as Buffer } from "node:buffer";\n${text}`
    : text;

const read = (module: string): string => {
  const text = readFileSync(join(root, module), "utf8");
  return suffix === ".ts" ? stripTypeScriptTypes(text) : text;
};

/** Comments are for those who read the source; types leave blanks behind. */
const trimmed = (text: string): string =>
  text
    .replaceAll(/^\s*\/\*\*?[\s\S]*?\*\/\s*$/gm, "")
    .replaceAll(/[ \t]+$/gm, "")
    .replaceAll(/\n{2,}/g, "\n");

/** Node says of its own stripper that it is experimental; that is no news for whoever shows a certificate. */
const withoutWarning = <T>(work: () => T): T => {
  const { emitWarning } = process;
  process.emitWarning = () => undefined;
  try {
    return work();
  } finally {
    process.emitWarning = emitWarning;
  }
};
