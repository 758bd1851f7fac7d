import { existsSync, readFileSync } from "node:fs";
import type { Spec } from "../../ops/monitoring/spec/schema.ts";
import type { Act } from "../command.ts";
import type { Exit } from "../exit.ts";
import { counted } from "../printable.ts";

export interface SpecOptions {
  readonly json?: boolean;
  readonly file: string;
}

export const DEFAULT_FILE = "monitoring.yaml";
export const DEFAULT_OUT = "monitoring";

/** The text of a `--file`, or undefined when there is none; the default file need not be there. */
export const withSpec = async (
  options: SpecOptions,
  { terminal }: Act,
  use: (spec: Spec, text: string) => Promise<Exit | undefined>,
  /** Whoever reads a runbook was paged, and is not the one to mend this file now. */
  ifBroken: "stop" | "as empty" = "stop",
): Promise<Exit | undefined> => {
  const isThere = existsSync(options.file);
  if (!isThere && options.file !== DEFAULT_FILE) {
    terminal.result(
      { problems: [{ line: 0, path: "", message: `there is no ${options.file}` }] },
      () => `there is no ${options.file}; \`lighthouse monitoring init --file ${options.file}\` makes one`,
    );
    return "usage";
  }
  // Every other command should not pay for thirteen renderers.
  const { readSpec } = await import("../../ops/monitoring/spec.ts");
  const text = isThere ? readFileSync(options.file, "utf8") : "";
  const read = readSpec(text);
  if (!read.ok && ifBroken === "as empty") {
    terminal.note(`${options.file} cannot be read (\`lighthouse monitoring check\`); this is what an empty one gives.`);
    const empty = readSpec("");
    if (empty.ok) return use(empty.spec, "");
  }
  if (!read.ok) {
    terminal.result({ problems: read.problems }, () => [
      `${options.file} has ${counted(read.problems.length, "problem")}:`,
      ...read.problems.map((p) => `  line ${p.line} ${p.path || "/"}: ${p.message}. ${p.fix}`),
    ]);
    return "usage";
  }
  for (const notice of read.notices)
    terminal.note(`line ${notice.line} ${notice.path || "/"}: ${notice.message}. ${notice.fix}`);
  return use(read.spec, text);
};
