import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Command, Option } from "commander";
import { digestOf } from "../../review/digest.ts";
import { type Policy, policyDefs, policyShape } from "../../review/policy.ts";
import { renderHtml } from "../../review/render/html.ts";
import { renderMarkdown } from "../../review/render/markdown.ts";
import { problemsOf } from "../../review/shape/problems.ts";
import { parseBounded } from "../../review/verify/bundle.ts";
import { act, command } from "../command.ts";
import { Failure } from "../failure.ts";
import { EVIDENCE_FOLDER } from "../review/evidence-folder.ts";
import { type Read, readCertificate, readEvidence } from "./files.ts";
import { pageScript } from "./page-script.ts";

interface Options {
  readonly json?: boolean;
  readonly format: "markdown" | "html";
  readonly out?: string;
  readonly evidence?: string;
}

/** `lighthouse certificate show`: a certificate for eyes, as it presents itself. */
export const showCommand = (): Command =>
  command(
    "show",
    "Show a certificate as a document, from its data alone. It is not checked: `certificate verify` does that.",
    {
      examples: `
      lighthouse certificate show review/certificate.intoto.jsonl
      lighthouse certificate show review/certificate.intoto.jsonl --format html --out certificate.html
      lighthouse certificate show review/certificate.intoto.jsonl --json`,
    },
  )
    .argument("<file>", "the certificate, `.intoto.jsonl`")
    .addOption(new Option("--format <format>", "of the document").choices(["markdown", "html"]).default("markdown"))
    .option("--out <file>", "write it there")
    .option(
      "--evidence <folder>",
      "where the policy is, to show what is tolerated (default: evidence/ beside the certificate)",
    )
    .action((file: string, options: Options) =>
      act(options, async ({ terminal }) => {
        const read = readCertificate(file);
        const page = () => pageOf(file, read, options);
        if (options.out !== undefined) {
          try {
            writeFileSync(options.out, page(), { flag: "wx" });
          } catch (error) {
            if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
            throw new Failure("usage", `${options.out} exists already.`, { remedy: "Choose another name." });
          }
          terminal.result({ file: options.out }, () => `Wrote ${options.out}`);
        } else terminal.result({ ...read.certificate, sha256: read.sha256, verified: false }, page);
        terminal.note("Nobody has checked it here; `lighthouse certificate verify` does.");
        return "ok";
      }),
    );

const pageOf = (file: string, read: Read, { format, evidence }: Options): string => {
  const { certificate, sha256, keyids, bytes } = read;
  const policy = policyOf(read, evidence ?? join(dirname(file), EVIDENCE_FOLDER));
  const shown = { certificate, sha256, keyids, ...(policy === undefined ? {} : { policy }) };
  return format === "html"
    ? renderHtml(shown, Buffer.from(bytes).toString("utf8"), pageScript())
    : renderMarkdown(shown);
};

/** The policy that the certificate names by digest, if it lies with the evidence. */
const policyOf = ({ certificate }: Read, folder: string): Policy | undefined => {
  const { sha256 } = certificate.predicate.policy.digest;
  try {
    const bytes = readEvidence(folder, [sha256]).get(sha256);
    const parsed = bytes === undefined ? undefined : parseBounded(Buffer.from(bytes).toString("utf8"));
    if (parsed === undefined || "detail" in parsed || problemsOf(policyShape, parsed.value, policyDefs).length > 0)
      return undefined;
    return digestOf(parsed.value) === sha256 ? (parsed.value as Policy) : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
};
