import { dirname, join } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { Subject } from "../../review/check.ts";
import { BUNDLE_BYTES_MAX } from "../../review/verify/bundle.ts";
import { readUnverified } from "../../review/verify/read.ts";
import { requireCertificate } from "../../review/verify/require.ts";
import { readTrust } from "../../review/verify/trust.ts";
import { type Verification, type VerifyOptions, verifyCertificate } from "../../review/verify/verify.ts";
import { type Act, act, command } from "../command.ts";
import type { Exit } from "../exit.ts";
import { Failure } from "../failure.ts";
import { readMonitoring } from "../monitoring-file.ts";
import { printable } from "../printable.ts";
import { readJson } from "../read-json.ts";
import { EVIDENCE_FOLDER } from "../review/evidence-folder.ts";
import { buildOf, subjectsOf } from "../review/subjects.ts";
import { realClock } from "../world.ts";
import { readBounded, readEvidence } from "./files.ts";

interface Options {
  readonly json?: boolean;
  readonly trust: string;
  readonly evidence?: string;
  readonly policy?: string;
  readonly live?: string;
  readonly liveData?: string;
  readonly liveMonitoring?: string;
  readonly accept: "go" | "conditional" | "any";
  readonly at?: number;
  readonly digest?: boolean;
}

/** `lighthouse certificate verify`: believes the trust file and nothing else, and makes every number again. */
export const verifyCommand = (): Command =>
  command(
    "verify",
    "Check a certificate: signatures, raw evidence, every number, every outcome, the verdict, proofs, age. Needs no " +
      "network and no secret; says what is wrong, and where.",
    {
      examples: `
        lighthouse certificate verify review/certificate.intoto.jsonl --trust trust.json
        lighthouse certificate verify c.intoto.jsonl --trust trust.json --evidence ./evidence --policy policy.json --json
        lighthouse certificate verify c.intoto.jsonl --trust trust.json --live https://bridge.example --accept conditional`,
      endsWith: ["unverified", "stale", "conditional", "noGo", "unreachable"],
    },
  )
    .argument("<file>", "the certificate, `.intoto.jsonl`")
    .requiredOption("--trust <file>", "whose keys, which logs and which policies you believe")
    .option("--evidence <folder>", "the raw evidence (default: evidence/ beside the certificate)")
    .option("--policy <file>", "the policy to judge by (default: the one with the evidence, if the trust file has it)")
    .option("--live <url>", "a running bridge: the certificate has to be about the build that runs there")
    .option("--live-data <folder>", "its data folder: about this configuration too")
    .option("--live-monitoring <file>", "its monitoring.yaml: about these rules too")
    .addOption(
      new Option("--accept <verdict>", "the worst verdict that ends with 0")
        .choices(["go", "conditional", "any"])
        .default("go"),
    )
    .addOption(new Option("--at <moment>", "judge its age as of this moment (default: now)").argParser(time))
    .option("--digest", "print nothing but the digest of the certificate, when it will do: for pipelines")
    .action((file: string, options: Options) => act(options, (doing) => verify(file, options, doing)));

const verify = async (file: string, options: Options, { terminal }: Act): Promise<Exit> => {
  const bundle = readBounded(file, BUNDLE_BYTES_MAX);
  const demand = await optionsFor(file, bundle, options);
  const found = verifyCertificate(bundle, demand);
  const exit = exitOf(found, options.accept);
  const { predicate, sha256 } = found;
  if (options.digest === true) {
    const accept = options.accept === "go" ? "GO" : "CONDITIONAL";
    const required = requireCertificate(bundle, { ...demand, accept });
    if (required.ok) terminal.result(required, () => required.certificate);
    else terminal.note(`There is no certificate that will do: ${printable(required.why)}.`);
    return exit;
  }
  const document = {
    status: found.status,
    ...(predicate === undefined
      ? {}
      : { id: predicate.id, verdict: predicate.verdict, validUntil: predicate.validUntil, sha256 }),
    findings: found.findings,
    looked: found.looked,
  };
  terminal.result(document, () => told(found, terminal));
  return exit;
};

const optionsFor = async (file: string, bundle: Uint8Array, options: Options): Promise<VerifyOptions> => {
  const trust = readTrust(readJson(options.trust, "--trust"));
  if (!trust.ok) {
    throw new Failure("usage", "The trust file has to be mended.", { problems: trust.problems });
  }
  const folder = options.evidence ?? join(dirname(file), EVIDENCE_FOLDER);
  const read = readUnverified(bundle);
  const named = read.ok ? [...read.evidence, read.certificate.predicate.policy.digest.sha256] : [];
  const live = options.live === undefined ? undefined : await liveSubject(options.live, options);
  return {
    trust: trust.trust,
    evidence: readEvidence(folder, named),
    now: options.at ?? realClock.now(),
    ...(options.policy === undefined ? {} : { policy: readJson(options.policy, "--policy") }),
    ...(live === undefined ? {} : { live }),
  };
};

/** What can be seen from here: the build from anywhere, configuration and rules with the files that they are made from. */
const liveSubject = async (url: string, { liveData: data, liveMonitoring }: Options): Promise<Subject> => {
  if (data === undefined && liveMonitoring === undefined)
    return [{ name: "build", digest: { sha256: await buildOf(url) } }];
  if (data === undefined) throw new Failure("usage", "`--live-monitoring` needs `--live-data`.");
  const spec = liveMonitoring === undefined ? undefined : readMonitoring(liveMonitoring, true);
  return subjectsOf({ url, data, spec });
};

const exitOf = ({ status, predicate }: Verification, accept: Options["accept"]): Exit => {
  if (status === "invalid" || predicate === undefined) return "unverified";
  if (status !== "valid") return "stale";
  switch (predicate.verdict) {
    case "GO":
      return "ok";
    case "CONDITIONAL":
      return accept === "go" ? "conditional" : "ok";
    case "NO-GO":
      return accept === "any" ? "ok" : "noGo";
  }
};

const time = (text: string): number => {
  const at = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at)) throw new InvalidArgumentError("Write a time: 2026-01-05T12:00:00Z.");
  return at;
};

const SHOWN_FINDINGS = 40;

const told = ({ status, findings, predicate, looked, sha256 }: Verification, { style }: Act["terminal"]) => {
  const { checks, numbers, evidenceFiles, evidenceBytes, proofs, signatures } = looked;
  const seen =
    `${signatures} signed statements, ${evidenceFiles} files of raw evidence (${evidenceBytes.toLocaleString("en")} bytes), ` +
    `${numbers} numbers of ${checks} checks made again, ${proofs} proofs from the log`;
  if (status === "valid" && predicate !== undefined) {
    const colour = ({ GO: "green", CONDITIONAL: "yellow", "NO-GO": "red" } as const)[predicate.verdict];
    return [
      `${style("green", "It holds.")} ${printable(predicate.id)} says ${style(colour, predicate.verdict)}, until ${predicate.validUntil}`,
      style("dim", `  ${seen}`),
      ...predicate.reasons.map(({ code, detail }) => `  ${style(colour, code)} ${printable(detail)}`),
    ];
  }
  return [
    `${style("red", status === "invalid" ? "It does not hold." : `It held, and is ${status}.`)}${sha256 === undefined ? "" : ` ${style("dim", sha256)}`}`,
    ...findings
      .slice(0, SHOWN_FINDINGS)
      .map(
        ({ code, where, pointer, detail }) =>
          `  ${style("yellow", code)} ${where}${pointer === "" ? "" : `#${printable(pointer)}`}: ${printable(detail)}`,
      ),
    ...(findings.length > SHOWN_FINDINGS ? [`  and ${findings.length - SHOWN_FINDINGS} more`] : []),
  ];
};
