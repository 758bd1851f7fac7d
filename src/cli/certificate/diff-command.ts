import type { Command } from "commander";
import { diffCertificates } from "../../review/diff.ts";
import { act, command } from "../command.ts";
import { printableLine } from "../printable.ts";
import { readCertificate } from "./files.ts";

const LINE_CHARS_MAX = 240;

/** `lighthouse certificate diff A B`: what changed from one review to the next, as `git diff` would say it. */
export const diffCommand = (): Command =>
  command("diff", "What changed from one certificate to another. Neither is checked: `certificate verify` does that.", {
    examples: `
      lighthouse certificate diff monday/certificate.intoto.jsonl friday/certificate.intoto.jsonl
      lighthouse certificate diff a.intoto.jsonl b.intoto.jsonl --json`,
  })
    .argument("<before>", "a certificate")
    .argument("<after>", "a later one")
    .action((before: string, after: string, options: { readonly json?: boolean }) =>
      act(options, async ({ terminal: { result, style } }) => {
        const [a, b] = [readCertificate(before), readCertificate(after)];
        const changes = diffCertificates(a.certificate, b.certificate);
        result({ before: a.sha256, after: b.sha256, changes }, () => {
          if (changes.length === 0) return "They say the same.";
          const lines = [style("bold", `--- ${before}  ${a.sha256}`), style("bold", `+++ ${after}  ${b.sha256}`)];
          let section = "";
          for (const change of changes) {
            if (change.section !== section) lines.push(style("cyan", `@@ ${change.section} @@`));
            section = change.section;
            const line = (text: string): string => printableLine(`${change.about}: ${text}`, LINE_CHARS_MAX);
            if (change.before !== undefined) lines.push(style("red", `-${line(change.before)}`));
            if (change.after !== undefined) lines.push(style("green", `+${line(change.after)}`));
          }
          return lines;
        });
        return "ok";
      }),
    );
