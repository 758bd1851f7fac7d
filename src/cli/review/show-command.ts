import { statSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import type { Certificate } from "../../review/certificate/statement.ts";
import { measurementInWords, stateInWords } from "../../review/diff.ts";
import type { Outcome } from "../../review/result.ts";
import { readCertificate } from "../certificate/files.ts";
import { type Act, act, command } from "../command.ts";
import { Failure } from "../failure.ts";
import { printableLine } from "../printable.ts";
import { BUNDLE_FILE } from "./conduct.ts";
import { foundOf } from "./told.ts";

interface Options {
  readonly json?: boolean;
  readonly check?: string;
}

/** `lighthouse review show`: what a review found, at a glance; or one of its checks with every number. */
export const showCommand = (): Command =>
  command(
    "show",
    "Show what a review found, as `review run` did when it ended; or one check with its numbers and its evidence. Nothing " +
      "is checked again: `certificate verify` does that.",
    {
      examples: `
      lighthouse review show ./review
      lighthouse review show ./review --check performance.p99
      lighthouse review show ./review --json | jq '.checks[] | select(.state != "pass")'`,
    },
  )
    .argument("[folder]", "where `review run --out` wrote to, or the certificate itself", "review")
    .option("--check <id>", "this check alone, with every number")
    .action((folder: string, options: Options) =>
      act(options, async ({ terminal }) => {
        const path = statSync(folder, { throwIfNoEntry: false })?.isDirectory() ? join(folder, BUNDLE_FILE) : folder;
        const { certificate, sha256 } = readCertificate(path);
        const { predicate } = certificate;
        if (options.check !== undefined) {
          const check = predicate.checks.find(({ id }) => id === options.check);
          if (check === undefined) throw noSuch(options.check, certificate);
          terminal.result({ ...check, verified: false }, () => checkLines(check));
        } else
          terminal.result({ ...predicate, sha256, verified: false }, () => [
            ...foundOf(predicate, terminal),
            ...peopleLines(certificate, terminal),
            "",
            `Certificate ${sha256}`,
            `  in ${path}, valid until ${predicate.validUntil}`,
          ]);
        return "ok";
      }),
    );

const noSuch = (id: string, { predicate }: Certificate): Failure =>
  new Failure("usage", `There is no check ${id} in it.`, {
    remedy: `Its checks: ${predicate.checks.map((check) => check.id).join(", ")}.`,
  });

const WORDS_CHARS_MAX = 160;

const peopleLines = ({ predicate }: Certificate, { style }: Act["terminal"]): readonly string[] => [
  ...predicate.conditions
    .filter(({ standing }) => standing !== "closed")
    .map(({ standing, check, owner = "nobody", due }) => `  condition ${standing}: ${check}, ${owner}'s, due ${due}`),
  ...predicate.signOffs.map(({ agent, decision, reason }) => {
    const colour = decision === "approve" ? "green" : "red";
    return `  ${style(colour, decision)} by ${printableLine(`${agent}: ${reason}`, WORDS_CHARS_MAX)}`;
  }),
];

const checkLines = (check: Outcome): readonly string[] => {
  const found = check.state === "waived" ? check.underlying : check;
  return [
    `${check.id}: ${check.title}`,
    `  ${check.severity}, ${printableLine(stateInWords(check), WORDS_CHARS_MAX)}`,
    `  probe ${check.probe.id} ${check.probe.version}, ${check.startedAt} to ${check.endedAt}`,
    ...("measurements" in found ? found.measurements : []).map(
      (one) => `  ${one.within ? "within " : "outside"}  ${one.name}: ${measurementInWords(one)}`,
    ),
    ...("evidence" in found ? found.evidence : []).map(
      ({ name, digest, annotations }) => `  evidence ${digest.sha256}  ${name}, ${annotations.bytes} bytes`,
    ),
  ];
};
